#!/usr/bin/env bash
# Many small requests: penstock serve and Samba's smbd in turn, in one run, on loopback, as a Mac asks for them (signed, AAPL).
#   scripts/bench-smb-requests.sh [files (10000)] [rounds (3)]
# Prints operations per second and the server's CPU per operation, then the ratios of the medians, penstock to smbd. smbd has Samba's modules for
# Macs. What a JVM compiles at first is not measured: one round goes before those that count.
# Needs root, samba, and the test classes (./mvnw -pl smb-server -am test-compile); works in a temporary folder on the disk of TMPDIR.
set -euo pipefail
FILES=${1:-10000} ROUNDS=${2:-3}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/scripts/find-jdk.sh"
find_jdk bench-smb-requests
. "$here/scripts/peers.sh"
start_servers mac
classes=$here/smb-server/target/test-classes:$here/smb-server/target/classes:$here/rdma-transport/target/classes
for jar in "$here"/tools/target/lib/*.jar; do classes=$classes:$jar; done
for d in p s; do
  dd if=/dev/urandom of="$work/$d/random" bs=1M count=256 status=none
  mkdir "$work/$d/listed"
  (cd "$work/$d/listed" && seq -f "an entry of the usual length %05g.txt" "$FILES" | xargs touch)
done
load() { # PORT DEPTH WHAT...: prints operations and seconds
  "$PENSTOCK_JDK/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -Dmac.credits=1 -cp "$classes" \
    dev.penstock.smb.macclient.MacLoad 127.0.0.1 "$1" bench "$user" "$pass" "${@:2}"
}
row() { # ROUND NAME PORT PID LABEL DEPTH WHAT...
  local c0 c1 r
  c0=$(settled "$4"); r=$(load "$3" "${@:6}"); c1=$(settled "$4")
  [ "$1" = 0 ] || awk -v n="$2" -v w="$5" -v r="$r" -v c=$((c1 - c0)) -v hz="$hz" \
    'BEGIN { split(r, x, " "); printf "%s\t%s\t%.0f\t%.1f\n", w, n, x[1] / x[2], c / hz * 1e6 / x[1] }' | tee -a "$work/rows"
}
a="penstock $pport $ppid p" b="smbd 14459 $spid s"
printf 'what\tserver\tper second\tCPU us each\n'
for round in $(seq 0 "$ROUNDS"); do
  for p in "$a" "$b"; do
    set -- $p
    n=$FILES reads=20000
    [ "$round" = 0 ] && reads=80000 # the compiler is busy for some 40,000
    [ "$round$1" = 0smbd ] && n=100 reads=100 # it has nothing to warm
    row "$round" "$1" "$2" "$3" "create $FILES files in a folder" 16 create files "$n"
    row "$round" "$1" "$2" "$3" "rename them" 16 rename files "$n"
    rm -rf "$work/$4/files"
    row "$round" "$1" "$2" "$3" "list $FILES files for a Mac, entries" 1 list listed 5
    row "$round" "$1" "$2" "$3" "connect to logoff" 1 connect 100
    row "$round" "$1" "$2" "$3" "4 KiB random reads, one at a time" 1 read random "$reads"
    row "$round" "$1" "$2" "$3" "4 KiB random reads, 32 at once" 32 read random 60000
  done
  p=$a a=$b b=$p
done
echo
echo "medians, penstock / smbd (per second: more is better; CPU: less is better)"
ratios "per second" "CPU each"

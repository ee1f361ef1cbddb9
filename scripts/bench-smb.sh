#!/usr/bin/env bash
# smbclient get and put of one page-cached file: penstock serve and Samba's smbd in turn, in one run, on loopback.
#   scripts/bench-smb.sh [MiB (2048)] [rounds (3)] [modes ("plain sign-gmac enc-gcm128")]
# Prints for each round and mode: MiB/s and the server's CPU seconds per GiB, then the ratios of the medians, penstock to smbd.
# Needs root (smbd wants it), samba and smbclient; works in a temporary folder on the disk of TMPDIR, which it removes.
set -euo pipefail
MB=${1:-2048} ROUNDS=${2:-3} MODES=${3:-plain sign-gmac enc-gcm128}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/scripts/peers.sh"
src=$(mktemp -p /dev/shm)
dd if=/dev/urandom of="$src" bs=1M count="$MB" status=none
start_servers
client() { # PORT MODE COMMAND
  local o=()
  case $2 in
    plain) o=(--client-protection=off) ;;
    sign-gmac) o=(--client-protection=sign '--option=client smb3 signing algorithms=AES-128-GMAC') ;;
    sign-cmac) o=(--client-protection=sign '--option=client smb3 signing algorithms=AES-128-CMAC') ;;
    enc-gcm128) o=(--client-protection=encrypt '--option=client smb3 encryption algorithms=AES-128-GCM') ;;
    enc-ccm128) o=(--client-protection=encrypt '--option=client smb3 encryption algorithms=AES-128-CCM') ;;
    *) echo "bench-smb: no mode $2" >&2; exit 2 ;;
  esac
  smbclient //127.0.0.1/bench -s /dev/null -p "$1" -U "$user%$pass" -t 300 "${o[@]}" -c "$3" > /dev/null 2>&1
}
run() { # NAME PID PORT MODE WHAT COMMAND
  local c0 c1 t0 t1
  c0=$(settled "$2"); t0=$(date +%s%N)
  client "$3" "$4" "$6" || { echo "$1 $4 $5 failed" >&2; return 1; }
  t1=$(date +%s%N); c1=$(settled "$2")
  awk -v n="$1" -v m="$4" -v w="$5" -v s=$(((t1 - t0) / 1000)) -v c=$((c1 - c0)) -v hz="$hz" -v mb="$MB" \
    'BEGIN { printf "%s %s\t%s\t%.0f\t%.3f\n", m, w, n, mb / (s / 1e6), c / hz / (mb / 1024) }' | tee -a "$work/rows"
}
for p in "$pport penstock $ppid" "14459 smbd $spid"; do
  set -- $p
  client "$1" plain "put $src f.get" || { echo "cannot put the file on $2" >&2; exit 1; }
  for m in $MODES; do client "$1" "$m" 'get f.get /dev/null'; client "$1" "$m" 'get f.get /dev/null'; done   # warm
done
printf 'what\tserver\tMiB/s\tCPU s/GiB\n'
# A guest of a hypervisor gives memory back that is free for a while, and gets it again at a hundred times the cost of copying: so each put
# finds pages that were in use a moment ago, and the servers take turns at being first.
pages() { dd if=/dev/zero of="$work/pages" bs=1M count="$MB" status=none; rm "$work/pages"; }
a="$pport penstock $ppid" b="14459 smbd $spid"
for _ in $(seq "$ROUNDS"); do
  for m in $MODES; do
    for p in "$a" "$b"; do
      set -- $p
      run "$2" "$3" "$1" "$m" get 'get f.get /dev/null'
      pages
      run "$2" "$3" "$1" "$m" put "put $src f.put"
      client "$1" plain 'del f.put'
      sync
    done
  done
  p=$a a=$b b=$p
done
echo
echo "medians, penstock / smbd (throughput: more is better; CPU: less is better)"
ratios throughput "CPU per GiB"

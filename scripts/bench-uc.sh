#!/usr/bin/env bash
# RDMA WRITE over unreliable connections (rdma.thunderbolt) against perftest's ib_send_bw on such connections, in turns, in one boot of the guest,
# over rxe on one device: each has two processes on the guest's one processor.
#   scripts/bench-uc.sh [rounds (5)] [MiB of a round (64)] [MiB before the first (1024)]
#   scripts/bench-uc.sh calls
# BENCH_BULK=true has ours bring its messages past the frames, which it else does on adapters of hardware only.
# Prints MiB/s of each round, then the medians and our ratios to perftest's. Ours sends 4 KiB frames with 48 bytes of header and a checksum, and copies twice;
# perftest's sends the same buffer over and over, and is asked in four ways: as it is (it spins), with events, with events and lists of 32, and with
# events and messages of 64 KiB, which the kernel cuts up.
# "calls" has JMH say what one message of 64 bytes takes from post to completion, alone and in lists. (perftest has nothing to set beside it: its lists of
# messages so short overrun its receives, and it waits for ever for what is lost.)
# Needs the guest of scripts/guest/build.sh in PENSTOCK_UML, perftest and rdma-core (scripts/install-peers.sh), and the test classes
# (./mvnw -pl rdma-transport -am test-compile).
set -euo pipefail
CALLS=
[ "${1:-}" = calls ] && CALLS=1 && shift
ROUNDS=${1:-5} MIB=${2:-64} WARM=${3:-1024}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/scripts/find-jdk.sh"
find_jdk bench-uc
[ -x "${PENSTOCK_UML:-}/umlrun" ] || { echo 'bench-uc: PENSTOCK_UML names no guest; scripts/guest/build.sh builds one' >&2; exit 2; }
command -v ib_send_bw > /dev/null || { echo 'bench-uc: no ib_send_bw; scripts/install-peers.sh installs perftest' >&2; exit 2; }
module=$here/rdma-transport
[ -d "$module/target/test-classes/dev/penstock/rdma/verbs" ] || { echo 'bench-uc: compile the tests first' >&2; exit 2; }
jar() { find "${MAVEN_REPO:-$HOME/.m2/repository}/$1" -name '*.jar' | sort -V | tail -n 1; } # FOLDER: the newest
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
guest() { case $1 in /tmp/* | /run/*) echo "/host$1" ;; *) echo "$1" ;; esac; } # where the guest has a file of the host's
classes=
for part in "$module/target/test-classes" "$module/target/classes" "$(jar org/slf4j/slf4j-api)" "$(jar org/openjdk/jmh/jmh-core)" \
  "$(jar net/sf/jopt-simple/jopt-simple)" "$(jar org/apache/commons/commons-math3)"; do
  classes=$classes:$(guest "$part")
done
{
  printf 'BULK=%q CALLS=%q JAVA=%q CLASSES=%q ROUNDS=%q MIB=%q WARM=%q\n' "${BENCH_BULK:-false}" "$CALLS" "$(guest "$PENSTOCK_JDK")/bin/java" "$classes" "$ROUNDS" "$MIB" "$WARM"
  cat << 'G'
set -u
. /guest.sh
dum dummy0 10.8.0.1
rxe dummy0
java() { "$JAVA" -Xmx96m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED "-Dverbs.bulk=$BULK" -cp "$CLASSES" dev.penstock.rdma.verbs."$@" 2> /tmp/errors; }
# perftest measures the processor's clock before it believes it, and prints 0.00 where two measurements differ: then it is asked again.
perftest() { # OPTION...: prints MiB/s
  local rate='' try
  for try in 1 2 3 4 5 6; do
    timeout 60 ib_send_bw -c UC -F "$@" > /tmp/bw.server 2>&1 &
    sleep 0.4
    timeout 60 ib_send_bw -c UC -F "$@" 10.8.0.1 > /tmp/bw.client 2>&1
    wait $!
    rate=$(awk '/^ *[0-9]+ +[0-9]+ +[0-9.]+ +[0-9.]+/ && $4 > 0 { print $4; exit }' /tmp/bw.client /tmp/bw.server)
    [ -n "$rate" ] && break
  done
  echo "${rate:-0}"
}
if [ -n "$CALLS" ]; then
  java UcCallBenchmark 10.8.0.1 | grep -E '^(Benchmark|UcCall|# (Benchmark|Parameters)|Iteration)' || cat /tmp/errors
  exit 0
fi
mkfifo /tmp/serve /tmp/served /tmp/write /tmp/written
java UcGoodput serve 10.8.0.1 7471 < /tmp/serve > /tmp/served &
exec 5> /tmp/serve 6< /tmp/served
read -r -t 60 line <&6
java UcGoodput write 10.8.0.1 7471 < /tmp/write > /tmp/written &
exec 7> /tmp/write 8< /tmp/written
goodput() { # MIB: prints what the writing side says
  echo "$1" >&5
  echo "$1" >&7
  read -r -t 120 line <&6 && read -r -t 120 line <&8 && echo "$line" || { cat /tmp/errors; exit 1; }
}
for ((warm = 0; warm < WARM; warm += MIB)); do goodput "$MIB" > /tmp/warm || { cat /tmp/warm; exit 1; }; done
frames=$((MIB * 256)) blocks=$((MIB * 16))
for ((round = 1; round <= ROUNDS; round++)); do
  line=$(goodput "$MIB") || { echo "$line"; exit 1; }
  echo "# $line"
  printf 'ours\t%s\n' "$(echo "$line" | cut -d' ' -f2)"
  printf '4 KiB, spinning\t%s\n' "$(perftest -s 4096 -n $((frames / 4)))"
  printf '4 KiB, events\t%s\n' "$(perftest -s 4096 -n "$frames" -e)"
  printf '4 KiB, events, lists of 32\t%s\n' "$(perftest -s 4096 -n "$frames" -e -l 32 -t 512 -r 512)"
  printf '64 KiB, events\t%s\n' "$(perftest -s 65536 -n "$blocks" -e)"
done
exit 0
G
} > "$work/script"
[ -z "$CALLS" ] || ROUNDS=6
"$here/scripts/guest/boot.sh" 0 -m 2048 -t $((60 + WARM / 8 + ROUNDS * (20 + MIB / 4))) "$(readlink -f "$work/script")" | tee "$work/rows"
[ -z "$CALLS" ] || exit 0
awk -F'\t' '
  NF == 2 && $2 > 0 { n[$1]++; v[$1, n[$1]] = $2; if (n[$1] == 1) order[++kinds] = $1 }
  function median(k,   i, j, t, m) {
    m = n[k]
    for (i = 1; i <= m; i++) for (j = i + 1; j <= m; j++) if (v[k, j] < v[k, i]) { t = v[k, i]; v[k, i] = v[k, j]; v[k, j] = t }
    return m % 2 ? v[k, (m + 1) / 2] : (v[k, m / 2] + v[k, m / 2 + 1]) / 2
  }
  END {
    if (!n["ours"]) exit 1
    mine = median("ours")
    printf "\nmedians, MiB/s, and ours to them\n"
    for (i = 1; i <= kinds; i++) printf "%s\t%.1f\t%.2f\n", order[i], median(order[i]), mine / median(order[i])
  }' "$work/rows"

#!/usr/bin/env bash
# SMB Direct to the Linux kernel's client: penstock serve and the kernel's own server, ksmbd, in one guest, in turn.
#   scripts/bench-smbdirect.sh [-p PASSES (6)] [-w WARM-UP PASSES (4)] [-m MiB (256)] [-P FOLDER] [siw] [rxe]
# Each kind is one boot of the guest, in which both servers have a folder in memory (tmpfs), each mounted once with rdma,cache=none. A pass writes
# a file by dd bs=4M and reads it; the two take turns at being first. What a JVM compiles at first is not measured: before the passes that count,
# both have as many in blocks of 64 KiB, and two more. Prints the median, least and most of each, and the ratios of the medians; the same for the
# CPU time of the whole guest, client included, which says more where other work is on the machine; and the CPU time of our server's threads.
# -P: profiles the passes after those that count, too, with perf on the host's side, into that folder (as root): the guest's kernel is a process
# of the host's, its processes are others.
# Needs what docs/testing.md says of the guest: PENSTOCK_UML, or the folder where scripts/guest/build.sh puts it; cifs-utils, ksmbd-tools, iproute2.
set -euo pipefail
passes=6 warm=4 mib=256 profile=''
while getopts p:w:m:P: option; do
  case $option in
    p) passes=$OPTARG ;; w) warm=$OPTARG ;; m) mib=$OPTARG ;; P) profile=$OPTARG ;;
    *) sed -n 2,10p "$0" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- siw rxe
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/scripts/find-jdk.sh"
find_jdk bench-smbdirect
export PENSTOCK_UML=${PENSTOCK_UML:-${XDG_CACHE_HOME:-$HOME/.cache}/penstock/guest}
[ -x "$PENSTOCK_UML/umlrun" ] || { echo "bench-smbdirect: no guest in $PENSTOCK_UML; scripts/guest/build.sh builds it" >&2; exit 1; }
if [ -z "${BENCH_CLASSPATH:-}" ]; then # other classes than those that are built
  "$here/penstock" --version > /dev/null
  BENCH_CLASSPATH=$(echo "$here"/tools/target/penstock.jar "$here"/tools/target/lib/*.jar | tr ' ' :)
fi
in_guest() { printf %s "$1" | sed -E 's#(^|:)/(tmp|run)/#\1/host/\2/#g'; } # the guest has these two for itself
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/body" <<'GUEST'
. /guest.sh
dum dummy0 10.8.0.1
$KIND dummy0
ip addr add 10.8.0.2/24 dev dummy0
ip addr add fd00::2/64 dev dummy0 nodad
mkdir -p /srv /k /p
mount -t tmpfs tmpfs /srv
mkdir /srv/p
[ -x /usr/libexec/ksmbd.tools ] && for t in adduser addshare control mountd; do ln -sf ../libexec/ksmbd.tools /usr/sbin/ksmbd.$t; done
ksmbd_up /srv/k || { echo "ksmbd: not there"; dmesg | tail -20; exit 1; }
echo p > /tmp/password
# The client asks port 5445, then 445, whatever it is told. ksmbd has 5445 of all IPv4 addresses for iWARP, and 445 for RoCE.
[ $KIND = siw ] && ours="--rdma-provider iwarp" address=fd00::2 at=[fd00::2] || ours= address=10.8.0.2 at=10.8.0.2
$JAVA -Xmx192m -XX:+UseSerialGC $OPTIONS --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp "$CLASSPATH_" dev.penstock.tools.Main \
  serve /srv/p --share t --listen 10.8.0.2:4450 --rdma-listen $at:5445 $ours --signing optional \
  --user u --password-file /tmp/password > /tmp/log 2>&1 &
P=$!
for i in $(seq 300); do grep -q 'ready: smb-direct' /tmp/log && break; sleep 0.1; done
on() { # FOLDER ADDRESS; ksmbd over siw may miss the first message, which its successors mend
  for try in 1 2 3; do
    timeout 60 mount.cifs //$2/t "$1" -o user=u,pass=p,vers=3.1.1,cache=none,nosharesock,rdma,ip="$2" && return
  done
  echo "mount $2: failed"; dmesg | tail -20; cat /tmp/log; exit 1
}
on /k 10.8.0.1
on /p $address
dd if=/dev/urandom of=/tmp/src bs=1M count=$MIB 2> /dev/null
now() { date +%s%N; }
mark() { if [ $1 = pass ]; then echo "$2"; sleep 0.2; fi; } # for the host, which then looks at the clock of the guest's processes
pass() { # FOLDER NAME PHASE BLOCK
  local a b c d
  mark $3 "cpu from"
  a=$(now)
  dd if=/tmp/src of="$1/f" bs=$4 conv=fsync 2> /dev/null || echo "$2: cannot write"
  b=$(now)
  mark $3 "cpu $2 write"
  mark $3 "cpu from"
  c=$(now)
  dd if="$1/f" of=/dev/null bs=$4 2> /dev/null || echo "$2: cannot read"
  d=$(now)
  mark $3 "cpu $2 read"
  echo "$3 $2 $((MIB * 1048576000 / (b - a))) $((MIB * 1048576000 / (d - c)))"
}
both() { # COUNT PHASE BLOCK
  local i
  for i in $(seq $1); do
    if [ $((i % 2)) = 1 ]; then pass /k ksmbd $2 $3; pass /p penstock $2 $3; else pass /p penstock $2 $3; pass /k ksmbd $2 $3; fi
  done
}
threads() { # CPU of our server's threads in hundredths of a second: user, system, name
  for t in /proc/$P/task/*; do sed 's/^[0-9]* (\(.*\)) \(.*\)/\2 \1/' $t/stat 2> /dev/null | awk '{n = $51; for (i = 52; i <= NF; i++) n = n " " $i; print $12, $13, n}'; done
}
both $WARM warm 64k # a compiler counts calls, not bytes
both 2 warm 4M
threads > /tmp/before
both $PASSES pass 4M
threads > /tmp/after
awk 'NR == FNR { u[$0] = 1; n = $0; sub(/^[0-9]+ [0-9]+ /, "", n); a[n] += $1; b[n] += $2; next }
  { n = $0; sub(/^[0-9]+ [0-9]+ /, "", n); c[n] += $1; d[n] += $2 }
  END { for (n in c) if (c[n] - a[n] + d[n] - b[n] > 1) printf "thread %s: user %.2f s, system %.2f s\n", n, (c[n] - a[n]) / 100, (d[n] - b[n]) / 100 }' /tmp/before /tmp/after
if [ -n "$PROFILED" ]; then
  for s in k:ksmbd p:penstock; do
    for what in write read; do
      echo "profile ${s#*:}-$what begins"
      sleep 1
      for i in $(seq 6); do
        if [ $what = write ]; then dd if=/tmp/src of=/${s%:*}/f bs=4M conv=fsync; else dd if=/${s%:*}/f of=/dev/null bs=4M; fi 2> /dev/null
      done
      echo "profile ${s#*:}-$what ends"
      sleep 1
    done
  done
fi
s=$(sha256sum < /tmp/src)
[ "$(sha256sum < /srv/k/f)" = "$s" ] && [ "$(sha256sum < /k/f)" = "$s" ] && echo "content ksmbd: ok" || echo "content ksmbd: WRONG"
[ "$(sha256sum < /srv/p/f)" = "$s" ] && [ "$(sha256sum < /p/f)" = "$s" ] && echo "content penstock: ok" || echo "content penstock: WRONG"
umount /k
umount /p
kill $P
wait $P
grep -o 'rdmaBytes[A-Za-z]*=[0-9]*' /tmp/log | tail -2
exit 0
GUEST

below() { # PID: its descendants, with commas
  local p
  for p in $(pgrep -P "$1"); do printf '%s,' "$p"; below "$p"; done
}
cpu() { # milliseconds that our descendants have taken so far, which are those of the guest
  { cat /proc/[0-9]*/stat 2> /dev/null || true; } | awk -v top=$$ -v hz="$(getconf CLK_TCK)" '
    { pid = $1; sub(/^.*\) /, ""); parent[pid] = $2; time[pid] = $12 + $13 + $14 + $15 }
    END { for (p in parent) { for (q = p; q in parent && q != top; q = parent[q]); if (q == top) sum += time[p] }; printf "%d", sum * 1000 / hz }'
}
report() { # DATA: by file, then by function; "(deleted)" is the guest's memory, in which its programs run
  local sort
  for sort in dso dso,symbol; do
    perf report -q -i "$1" --pid "$(cat "$1.pids")" --comms linux,linux-uml --percentage relative --sort "$sort" --percent-limit 0.5 2> /dev/null |
      sed 's/ *- *- *$//' | grep .
    echo
  done
}
watched() { # perf, and the processes' clocks, when the guest says so
  local line name recorder='' from=0
  # Of the whole machine, since the guest's processes come and go; but only they are shown.
  while read -r line; do
    name=${line#profile }
    case $line in
      "cpu from") from=$(cpu) ;;
      cpu*) echo "$line $(($(cpu) - from))" >> "$work/cpu" ;;
      profile*begins)
        name=$kind-${name% begins}
        perf record -q -a -e cpu-clock -F 1999 -o "$profile/$name.data" > "$work/perf" 2>&1 &
        recorder=$!
        ;;
      profile*ends)
        name=$kind-${name% ends}
        below $$ | sed 's/,$//' > "$profile/$name.data.pids"
        kill -INT "$recorder"; wait "$recorder" || true
        ;;
      *) echo "$line" ;;
    esac
  done
}
for kind in "$@"; do
  {
    printf 'KIND=%s\nMIB=%s\nPASSES=%s\nWARM=%s\nPROFILED=%s\n' "$kind" "$mib" "$passes" "$warm" "$profile"
    printf 'JAVA=%q\nCLASSPATH_=%q\nOPTIONS=%q\n' "$(in_guest "$PENSTOCK_JDK/bin/java")" "$(in_guest "$BENCH_CLASSPATH")" \
      "${PENSTOCK_JAVA_OPTS:-}"
    cat "$work/body"
  } > "$work/script"
  [ -z "$profile" ] || mkdir -p "$profile"
  echo "== $kind"
  : > "$work/cpu"
  "$here/scripts/guest/boot.sh" 0 -m 3072 -t 300 "$work/script" | watched | tee "$work/out"
  if [ -n "$profile" ]; then
    for name in "$profile/$kind"-*.data; do report "$name" > "${name%.data}.txt" || true; done
  fi
  awk -v kind="$kind" '
    function sorted(list, a,   n, i, j, t) { n = split(list, a, " "); for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }; return n }
    function median(list,   a, n) { n = sorted(list, a); return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2 }
    function text(list,   a, n) { n = sorted(list, a); return sprintf("%.0f (%.0f to %.0f)", median(list), a[1], a[n]) }
    $1 == "cpu" { c[$3 " " $2] = c[$3 " " $2] " " $4 }
    $1 == "pass" { w[$2] = w[$2] " " $3; r[$2] = r[$2] " " $4 }
    END {
      for (n in w) printf "%s %s: MB/s write %s, read %s\n", kind, n, text(w[n]), text(r[n])
      printf "%s penstock / ksmbd: write %.2f, read %.2f\n", kind, median(w["penstock"]) / median(w["ksmbd"]), median(r["penstock"]) / median(r["ksmbd"])
      split("ksmbd penstock", names, " ")
      for (i = 1; i <= 2; i++) printf "%s %s: CPU of the guest, ms a pass: write %s, read %s\n", kind, names[i], text(c["write " names[i]]), text(c["read " names[i]])
      printf "%s ksmbd / penstock, CPU: write %.2f, read %.2f\n", kind, median(c["write ksmbd"]) / median(c["write penstock"]), median(c["read ksmbd"]) / median(c["read penstock"])
    }' "$work/out" "$work/cpu"
done

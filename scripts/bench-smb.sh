#!/usr/bin/env bash
# smbclient get and put of one page-cached file: penstock serve and Samba's smbd in turn, in one run, on loopback.
#   scripts/bench-smb.sh [MiB (2048)] [rounds (3)] [modes ("plain sign-gmac enc-gcm128")]
# Prints for each round and mode: MiB/s and the server's CPU seconds per GiB, then the ratios of the medians, penstock to smbd.
# Needs root (smbd wants it), samba and smbclient; works in a temporary folder on the disk of TMPDIR, which it removes.
set -euo pipefail
MB=${1:-2048} ROUNDS=${2:-3} MODES=${3:-plain sign-gmac enc-gcm128}
here=$(cd "$(dirname "$0")/.." && pwd)
command -v smbd >/dev/null || PATH=$PATH:/usr/sbin
command -v smbd >/dev/null && command -v smbclient >/dev/null || { echo "bench-smb: needs samba and smbclient" >&2; exit 1; }
work=$(mktemp -d)
chmod 755 "$work"
pids=()
finish() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work" "$src"; }
src=$(mktemp -p /dev/shm)
trap finish EXIT
dd if=/dev/urandom of="$src" bs=1M count="$MB" status=none
mkdir -p "$work"/{p,s,var,var/private}
user=$(id -un) pass=Passw0rd1
echo "$pass" > "$work/password"

"$here/penstock" serve "$work/p" --share bench --listen 127.0.0.1:0 --rdma-listen none --signing optional \
  --user "$user" --password-file "$work/password" > "$work/p.log" 2> "$work/p.err" &
pids+=($!) ppid=$!
cat > "$work/smb.conf" <<C
[global]
  server role = standalone server
  passdb backend = tdbsam:$work/var/private/passdb.tdb
  private dir = $work/var/private
  lock directory = $work/var
  state directory = $work/var
  cache directory = $work/var
  pid directory = $work/var
  ncalrpc dir = $work/var
  log file = $work/var/log
  load printers = no
  disable spoolss = yes
  disable netbios = yes
  smb ports = 14459
  interfaces = 127.0.0.1
  bind interfaces only = yes
  server min protocol = SMB3_11
  aio read size = 1
  aio write size = 1
  usershare path =
[bench]
  path = $work/s
  read only = no
C
printf '%s\n%s\n' "$pass" "$pass" | smbpasswd -c "$work/smb.conf" -s -a "$user" > /dev/null
smbd -s "$work/smb.conf" -F --no-process-group < /dev/null > "$work/s.log" 2>&1 &
pids+=($!) spid=$!
until grep -q '^ready: smb ' "$work/p.log"; do kill -0 $ppid; sleep 0.2; done
pport=$(sed -n 's/^ready: smb [^ ]*:\([0-9]*\) .*/\1/p' "$work/p.log")
until (exec 3<>/dev/tcp/127.0.0.1/14459) 2>/dev/null; do kill -0 $spid; sleep 0.2; done

ticks() { # of a process, its children and those it has reaped
  local p t=0 a
  for p in $1 $(pgrep -P "$1" || true) $(for c in $(pgrep -P "$1" || true); do pgrep -P "$c" || true; done); do
    a=$(sed 's/.*) //' "/proc/$p/stat" 2>/dev/null | awk '{print $12+$13}') || a=0
    t=$((t + ${a:-0}))
  done
  a=$(sed 's/.*) //' "/proc/$1/stat" | awk '{print $14+$15}')
  echo $((t + a))
}
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
hz=$(getconf CLK_TCK)
run() { # NAME PID PORT MODE WHAT COMMAND
  local c0 c1 t0 t1
  sleep 0.3; c0=$(ticks "$2"); t0=$(date +%s%N)
  client "$3" "$4" "$6" || { echo "$1 $4 $5 failed" >&2; return 1; }
  t1=$(date +%s%N); sleep 0.3; c1=$(ticks "$2")
  awk -v n="$1" -v m="$4" -v w="$5" -v s=$(((t1 - t0) / 1000)) -v c=$((c1 - c0)) -v hz="$hz" -v mb="$MB" \
    'BEGIN { printf "%s\t%s\t%s\t%.0f\t%.3f\n", m, w, n, mb / (s / 1e6), c / hz / (mb / 1024) }' | tee -a "$work/rows"
}
for p in "$pport penstock $ppid" "14459 smbd $spid"; do
  set -- $p
  client "$1" plain "put $src f.get" || { echo "cannot put the file on $2" >&2; exit 1; }
  for m in $MODES; do client "$1" "$m" 'get f.get /dev/null'; client "$1" "$m" 'get f.get /dev/null'; done   # warm
done
printf 'mode\twhat\tserver\tMiB/s\tCPU s/GiB\n'
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
python3 - "$work/rows" <<'P'
import collections, statistics, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    m, w, n, speed, cpu = line.split()
    rows[m, w, n].append((float(speed), float(cpu)))
for m, w in dict.fromkeys((k[0], k[1]) for k in rows):
    a, b = ([statistics.median(x) for x in zip(*rows[m, w, n])] for n in ("penstock", "smbd"))
    print(f"{m}\t{w}\tthroughput {a[0]/b[0]:.2f}\tCPU per GiB {a[1]/max(b[1], 1e-9):.2f}")
P

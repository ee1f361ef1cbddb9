# Starts penstock serve and Samba's smbd side by side for the benchmarks; to be sourced. Leaves: work (a temporary folder, removed at the end; the
# shares "bench" are p and s in it), user, pass, pport and ppid of penstock, spid of smbd, whose port is 14459, and hz.
command -v smbd >/dev/null || PATH=$PATH:/usr/sbin
command -v smbd >/dev/null && command -v smbclient >/dev/null || { echo "this needs samba and smbclient" >&2; exit 1; }
work=$(mktemp -d)
chmod 755 "$work"
pids=() src=
hz=$(getconf CLK_TCK)
finish() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work" ${src:+"$src"}; }
trap finish EXIT
user=$(id -un) pass=Passw0rd1

start_servers() { # [mac: with Samba's modules for Macs]
mkdir -p "$work"/{p,s,var,var/private}
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
$([ -z "${1:-}" ] || printf '  fruit:aapl = yes\n  ea support = yes\n')
[bench]
  path = $work/s
  read only = no
$([ -z "${1:-}" ] || printf '  vfs objects = catia fruit streams_xattr\n  fruit:metadata = stream\n')
C
printf '%s\n%s\n' "$pass" "$pass" | smbpasswd -c "$work/smb.conf" -s -a "$user" > /dev/null
smbd -s "$work/smb.conf" -F --no-process-group < /dev/null > "$work/s.log" 2>&1 &
pids+=($!) spid=$!
until grep -q '^ready: smb ' "$work/p.log"; do kill -0 $ppid; sleep 0.2; done
pport=$(sed -n 's/^ready: smb [^ ]*:\([0-9]*\) .*/\1/p' "$work/p.log")
until (exec 3<>/dev/tcp/127.0.0.1/14459) 2>/dev/null; do kill -0 $spid; sleep 0.2; done
}

ticks() { # of a process, its children and those it has reaped
  local p t=0 a
  for p in $1 $(pgrep -P "$1" || true) $(for c in $(pgrep -P "$1" || true); do pgrep -P "$c" || true; done); do
    a=$(sed 's/.*) //' "/proc/$p/stat" 2>/dev/null | awk '{print $12+$13}') || a=0
    t=$((t + ${a:-0}))
  done
  a=$(sed 's/.*) //' "/proc/$1/stat" | awk '{print $14+$15}')
  echo $((t + a))
}
settled() { # its ticks once it has come to rest: children are counted when they have ended
  local before now
  sleep 0.3; now=$(ticks "$1")
  for _ in $(seq 20); do before=$now; sleep 0.1; now=$(ticks "$1"); [ $((now - before)) -gt 1 ] || break; done
  echo "$now"
}
ratios() { # what the two numbers of each row of $work/rows are
  python3 - "$work/rows" "$@" <<'R'
import collections, statistics, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    what, server, one, other = line.rstrip("\n").split("\t")
    rows[what, server].append((float(one), float(other)))
for what in dict.fromkeys(k[0] for k in rows):
    a, b = ([statistics.median(x) for x in zip(*rows[what, n])] for n in ("penstock", "smbd"))
    print(f"{what}\t{sys.argv[2]} {a[0]/b[0]:.2f}\t{sys.argv[3]} {a[1]/max(b[1], 1e-9):.2f}")
R
}

# Runs in a guest that has cifs and siw: programs on the kernel's client, with two mounts of one share, over TCP and over SMB Direct.
# JAVA, JAVAC, CLASSPATH_, ROOT, SEED, RUNS, OPERATIONS and SECONDS_ are set in front of it.
. /guest.sh
dum dummy0 10.8.0.1
siw dummy0
mkdir -p /tmp/store /tmp/local /a /b
echo Passw0rd1 > /tmp/password
OPTIONS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
$JAVA -Xmx192m -XX:+UseSerialGC $OPTIONS -cp "$CLASSPATH_" dev.penstock.tools.Main \
  serve /tmp/store --share t --listen 10.8.0.1:4450 --rdma-listen 10.8.0.1:5445 --rdma-provider iwarp --signing optional \
  --user u --password-file /tmp/password > /tmp/log 2>&1 &
P=$!
for i in $(seq 300); do grep -q 'ready: smb-direct' /tmp/log && break; sleep 0.1; done
run() { timeout $((SECONDS_ + 900)) $JAVA -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 $OPTIONS $WITHOUT -cp "$CLASSPATH_" dev.penstock.tools.exercise."$@"; }
# What the client of Linux 6.12 gets wrong with any server, tried with Samba's, is left out: collapsing and inserting; copies in the server
# together with mapped pages; pages taken from it while it writes.
OWN=-Dwithout=FORGET,COLLAPSE,INSERT
# Seeds whose copies in the server it loses: with Samba's, at the same operation and the same byte.
LOST='106 110'
on() { timeout 60 mount.cifs //10.8.0.1/t "$1" -o user=u,pass=Passw0rd1,vers=3.1.1,nosharesock,noperm,"$2"; }
off() { umount "$@" || echo "umount: failed"; }
built() { # FOLDER: the source tree in it, built
  rm -rf "$1/classes" && mkdir "$1/classes" &&
    $JAVAC -J-Xmx512m -proc:none -nowarn -d "$1/classes" -cp "$CLASSPATH_" \
      $(cd "$1" && find "$1/src" -name '*.java' ! -name module-info.java | LC_ALL=C sort) 2>&1 | { grep -v '^Note:' || true; }
}
mkdir -p /tmp/local/tree && tar -C "$ROOT/rdma-transport" -cf /tmp/tree.tar src/main && tar -C /tmp/local/tree -xf /tmp/tree.tar && built /tmp/local/tree
# Its SMB Direct cannot register memory that does not fill its pages, which is most of what these programs write: with the kernel's own server,
# too, it then says that ib_map_mr_sg failed, connects again and hangs. It sends the data in messages where the session is signed. That data goes by RDMA, too, is tried by whole files (kernel-client.sh).
for o in port=4450 rdma,port=5445,sec=ntlmsspi; do
  echo "== $o"
  on /a $o || { echo "mount $o: failed"; dmesg | tail -5; continue; }
  n=0
  for i in $(seq $RUNS); do
    [ $((i % 2)) = 1 ] && WITHOUT=$OWN,COPY || WITHOUT=$OWN,MAPPED_READ,MAPPED_WRITE
    [[ " $LOST " = *" $((SEED + i)) "* ]] && WITHOUT=$WITHOUT,COPY
    run FileExercise $((SEED + i)) $OPERATIONS /tmp/store /a && n=$((n+1))
  done
  echo "one mount $o: $n"
  off /a
  # What a client keeps beyond what its leases say is asked for again each time: with it, two mounts cannot agree, whatever the server does.
  on /a closetimeo=0,actimeo=0,$o && on /b closetimeo=0,actimeo=0,$o || { echo "mount $o: failed"; dmesg | tail -5; continue; }
  n=0
  WITHOUT=$OWN
  for i in $(seq $RUNS); do run FileExercise $((SEED - i)) $((OPERATIONS / 4)) /tmp/store /a /b && n=$((n+1)); done
  echo "two mounts $o: $n"
  off /a /b
  on /a $o && on /b $o || { echo "mount $o: failed"; continue; }
  # Compared by mounts of their own: a client keeps the times of files for as long as it has a lease, and Windows breaks none for a change of them.
  run TreeExercise $SEED $SECONDS_ 6 /a /b && sync && off /a /b && on /a $o && on /b $o &&
    run TreeComparison /tmp/store /a /b && echo "crowd $o: ok"
  rm -rf /a/* || { sleep 2; rm -rf /a/*; }
  mkdir /a/tree && tar -C /a/tree -xf /tmp/tree.tar && built /a/tree && sync && sleep 3 &&
    diff -r /tmp/local/tree /a/tree && diff -r /tmp/local/tree /b/tree && diff -r /tmp/local/tree /tmp/store/tree && echo "tree $o: ok"
  if command -v git > /dev/null; then
    (cd /a/tree && git init -q . && git add -A && git -c user.name=u -c user.email=u@localhost commit -qm all && git gc -q &&
      git fsck --strict && cd /b/tree && git -c safe.directory='*' status --porcelain | grep . || echo "repository $o: ok")
  else
    echo "repository $o: ok, but there is no git"
  fi
  sleep 2 # until the other mount has closed what it keeps open in case it is opened again
  rm -rf /a/tree
  off /a /b
done
kill $P
wait $P
echo "server ended: $?"
cat /tmp/log
dmesg | grep -E 'WARN|BUG|Oops|out of memory|CIFS: VFS'
exit 0

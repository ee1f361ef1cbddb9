# Runs in a guest that has cifs and siw: the kernel's client against penstock serve, over TCP and over SMB Direct.
# JAVA, CLASSPATH_, MB and MOUNTS are set in front of it.
. /guest.sh
dum dummy0 10.8.0.1
siw dummy0
mkdir -p /tmp/store /m
echo Passw0rd1 > /tmp/password
$JAVA -Xmx192m -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.log.dev.penstock.smb.transport.rdma.RdmaTransport=debug --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp "$CLASSPATH_" dev.penstock.tools.Main \
  serve /tmp/store --share t --listen 10.8.0.1:4450 --rdma-listen 10.8.0.1:5445 --rdma-provider iwarp --signing optional \
  --user u --password-file /tmp/password > /tmp/log 2>&1 &
P=$!
for i in $(seq 300); do grep -q 'ready: smb-direct' /tmp/log && break; sleep 0.1; done
dd if=/dev/urandom of=/tmp/src bs=1M count=$MB 2>/dev/null
S=$(sha256sum < /tmp/src)
for o in port=4450 port=4450,seal port=4450,sign rdma,port=5445; do
  case $o in *sign) O=$(echo $o | sed s/sign/sec=ntlmsspi/) ;; *) O=$o ;; esac
  timeout 60 mount.cifs //10.8.0.1/t /m -o user=u,pass=Passw0rd1,vers=3.1.1,cache=none,$O || { echo "mount $o: failed"; dmesg | tail -5; continue; }
  dd if=/tmp/src of=/m/f bs=4M conv=fsync 2>/dev/null
  echo 3 > /proc/sys/vm/drop_caches
  dd if=/m/f of=/tmp/back bs=4M 2>/dev/null
  [ "$(sha256sum < /tmp/store/f)" = "$S" ] && [ "$(sha256sum < /tmp/back)" = "$S" ] && echo "copy $o: ok" || echo "copy $o: WRONG"
  mkdir /m/d && mv /m/f /m/d/g && rm -r /m/d && [ -z "$(ls /m)" ] && echo "names $o: ok"
  ln -s g /m/l && [ "$(readlink /m/l)" = g ] && [ "$(readlink /tmp/store/l)" = g ] && rm /m/l && [ -z "$(ls /m)" ] && echo "links $o: ok"
  grep -q 'Capabilities: .*rdma' /proc/fs/cifs/DebugData && echo "interfaces $o: rdma"
  umount /m || echo "umount $o: failed"
done
# What the server holds without a connection, as it says itself, and its descriptors.
held() { sleep 1; echo "$(grep -o 'no connection is left: .*' /tmp/log | tail -1), descriptors $(ls /proc/$P/fd | wc -l)"; }
mark() { grep -c 'no connection is left' /tmp/log; }
BEFORE=$(held)
TOLD=$(mark)
n=0
for i in $(seq $MOUNTS); do
  timeout 30 mount.cifs //10.8.0.1/t /m -o user=u,pass=Passw0rd1,vers=3.1.1,cache=none,rdma,port=5445 || break
  head -c 100000 /tmp/src > /m/x && cmp -n 100000 /tmp/src /m/x && n=$((n+1))
  umount /m
done
echo "mounts: $n"
for i in $(seq 50); do AFTER=$(held); [ "$AFTER" = "$BEFORE" ] && [ $(mark) -gt $TOLD ] && break; done
[ "$AFTER" = "$BEFORE" ] && [ $(mark) -gt $TOLD ] && echo "left behind: nothing ($AFTER)" || echo "left behind: $AFTER instead of $BEFORE"
kill $P
wait $P
echo "server ended: $?"
sed 's/ DEBUG / /' /tmp/log
dmesg | grep -E 'WARN|BUG|out of memory' | head -5
exit 0

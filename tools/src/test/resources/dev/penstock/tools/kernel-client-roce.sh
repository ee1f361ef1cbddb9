# Runs in a guest that has cifs and rxe: the kernel's client against penstock serve by SMB Direct over RoCE, ours by libibverbs.
# JAVA, CLASSPATH_, MB and MOUNTS are set in front of it.
. /guest.sh
dum dummy0 10.8.0.1
rxe dummy0
mkdir -p /tmp/store /m
echo Passw0rd1 > /tmp/password
OPTIONS="-Xmx192m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
$JAVA $OPTIONS -cp "$CLASSPATH_" dev.penstock.tools.Main devices
$JAVA $OPTIONS -cp "$CLASSPATH_" dev.penstock.tools.Main \
  serve /tmp/store --share t --listen 10.8.0.1:4450 --rdma-listen 10.8.0.1:5445 --signing optional \
  --user u --password-file /tmp/password > /tmp/log 2>&1 &
P=$!
for i in $(seq 300); do grep -q 'ready: smb-direct' /tmp/log && break; sleep 0.1; done
held() { # what the server holds of the adapter: the objects that the kernel counts, without its own queue pair
  rdma resource show | sed 's/.*: pd \([0-9]*\) cq \([0-9]*\) qp \([0-9]*\) cm_id \([0-9]*\) mr \([0-9]*\).*/pd=\1 cq=\2 qp=\3 cm_id=\4 mr=\5/'
}
BEFORE=$(held)
try() { timeout 60 mount.cifs //10.8.0.1/t /m -o user=u,pass=Passw0rd1,vers=3.1.1,cache=none,rdma,port=5445; }
dd if=/dev/urandom of=/tmp/src bs=1M count=$MB 2>/dev/null
S=$(sha256sum < /tmp/src)
if try; then
  dd if=/tmp/src of=/m/f bs=4M conv=fsync 2>&1 | sed -n 's/^[0-9]* bytes/written:/p'
  echo 3 > /proc/sys/vm/drop_caches
  dd if=/m/f of=/tmp/back bs=4M 2>&1 | sed -n 's/^[0-9]* bytes/read:/p'
  [ "$(sha256sum < /tmp/store/f)" = "$S" ] && [ "$(sha256sum < /tmp/back)" = "$S" ] && echo "copy: ok" || echo "copy: WRONG"
  mkdir /m/d && mv /m/f /m/d/g && rm -r /m/d && [ -z "$(ls /m)" ] && echo "names: ok"
  umount /m || echo "umount: failed"
else
  echo "mount: failed"
fi
# Every five: the client may panic, and what it had done until then counts.
nothing_left() {
  for t in $(seq 50); do AFTER=$(held); [ "$AFTER" = "$BEFORE" ] && break; sleep 0.1; done
  [ "$AFTER" = "$BEFORE" ] && echo "left behind: nothing after $1 ($AFTER)" || echo "left behind: $AFTER instead of $BEFORE"
}
n=0
for i in $(seq $MOUNTS); do
  try || break
  head -c 100000 /tmp/src > /m/x && cmp -n 100000 /tmp/src /m/x && n=$((n+1))
  umount /m
  [ $((n % 5)) = 0 ] && nothing_left $n
done
echo "mounts: $n"
nothing_left $n
kill $P
wait $P
echo "server ended: $?"
cat /tmp/log
dmesg | grep -E 'WARN|BUG|out of memory' | head -5
exit 0

# Runs in a guest that has ksmbd: the nodes' own client against the kernel's server by SMB Direct over KIND (siw or rxe).
# JAVA, CLASSPATH_, KIND, MB and ROUNDS are set in front of it.
. /guest.sh
dum dummy0 10.8.0.1
$KIND dummy0
sleep 1
mkdir -p /srv
mount -t tmpfs tmpfs /srv
# Debian's tools are one program under several names.
[ -x /usr/libexec/ksmbd.tools ] && for t in adduser addshare control mountd; do ln -sf ../libexec/ksmbd.tools /usr/sbin/ksmbd.$t; done
ksmbd_up /srv/t || { echo "ksmbd: not there"; dmesg | tail -20; exit 1; }
cat /dev/kmsg > /tmp/kmsg 2> /dev/null &
LOG=$!
OPTIONS="-Xmx160m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
pen() { $JAVA $OPTIONS -cp "$CLASSPATH_" dev.penstock.tools.Main "$@"; }
for i in $(seq 100); do ss -ltn | grep -q ':445 ' && break; sleep 0.1; done
echo p > /tmp/password
counters() { grep -H . /sys/class/infiniband/*/ports/1/hw_counters/{sent_pkts,rdma_sends} 2> /dev/null | sed 's/.*hw_counters.//' | tr '\n' ' '; }
# What the kernel's server says of each RDMA request of its own: the bytes, then the direction.
by_kernel() {
  sed -n 's/.*RDMA r.w request .* length 0x\([0-9a-f]*\).*/length \1/p; s/.*smb_direct: RDMA \(read\|write\), len.*/\1/p' /tmp/kmsg |
    { n=0; b=0; while read -r w l; do case $w in length) b=$((b + 0x$l)) ;; $1) n=$((n + b)) b=0 ;; *) b=0 ;; esac; done; echo $n; }
}
echo rdma > /sys/class/ksmbd-control/debug
echo "counters before: $(counters)"
$JAVA $OPTIONS $DEBUG -cp "$CLASSPATH_" dev.penstock.tools.exercise.StoreExercise smb://u@10.8.0.1/t 0 p $MB 0 2>&1 | tee /tmp/out
echo "counters after: $(counters)"
echo rdma > /sys/class/ksmbd-control/debug
sleep 0.5
echo "the kernel read: $(by_kernel read)"
echo "the kernel wrote: $(by_kernel write)"
[ "$(sha256sum < /srv/t/exercise/data | cut -d' ' -f1)" = "$(sed -n 's/^sha256: //p' /tmp/out)" ] && echo "there: the same" || echo "there: WRONG"
[ "$(ls -A /srv/t/exercise)" = data ] && echo "names: ok"
$JAVA $OPTIONS -cp "$CLASSPATH_" dev.penstock.tools.exercise.StoreExercise smb://u@10.8.0.1/t 0 p 1 $ROUNDS 2>&1 | sed -n '/^rounds:/,$p'
head -c 3000001 /dev/urandom > /tmp/m.gguf
pen models put /tmp/m.gguf --to smb://u@10.8.0.1/t --folder models --store-signing optional --password-file /tmp/password
pen models list smb://u@10.8.0.1/t --store-signing optional --password-file /tmp/password
cmp /tmp/m.gguf /srv/t/models/m.gguf && echo "command: ok"
kill $LOG
dmesg | grep -E 'WARN|BUG|out of memory' | head -5
exit 0

# Runs in two guests that are joined by vec0: a store (ROLE=store) and its client (ROLE=client), with an adapter of the kind KIND at each of four
# cables between them. ROLE, KIND, MB, JAVA and CLASSPATH_ are set in front of it.
. /guest.sh
OPTIONS="-Xmx160m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
[ $ROLE = store ] && me=1 || me=2
# A cable ends at c1 to c4, whose other ends p1 to p4 are plugged into a bridge with vec0. One that is unplugged there is out as cables are: the
# device still has its carrier. All are in one segment, so each answers for its own address only.
echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore
echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce
ip link add br0 type bridge
ip link set vec0 master br0
ip link set vec0 up
ip link set br0 mtu 4300 up
for i in 1 2 3 4; do
  ip link add c$i mtu 4300 address 02:00:00:0$me:0c:0$i type veth peer name p$i mtu 4300
  ip link set p$i master br0 up
  ip link set c$i up
  ip addr add 10.77.$i.$me/24 dev c$i
  $KIND c$i
done
# An interface that goes down takes rxe's queue pair of the connection manager with it for good (Linux 6.12), so there only the link does.
[ $KIND = rxe ] && last=p4 || last=c4
echo p > /tmp/password
if [ $ROLE = store ]; then
  mkdir /tmp/store
  # Adapters of RoCE are served without being asked for, beside iWARP in user space, whose ports those of iWARP would want.
  [ $KIND = rxe ] && provider=auto || provider=verbs
  $JAVA $OPTIONS -cp $CLASSPATH_ dev.penstock.tools.Main serve /tmp/store --share s --user u --password-file /tmp/password --listen 0.0.0.0:4450 \
    --rdma-listen 0.0.0.0:5445 --rdma-provider $provider --bonjour off 2>&1 &
  until [ -e /tmp/store/done ]; do sleep 0.2; done
  echo "there: $(sha256sum < /tmp/store/f | cut -d' ' -f1)"
  echo "names: $(ls -A /tmp/store | tr '\n' ' ')"
  kill $!
  wait $!
else
  $JAVA $OPTIONS -cp $CLASSPATH_ dev.penstock.tools.exercise.RailsExercise smb://u@10.77.1.1:4450/s 5445 p $MB \
    'put c3 ip link set p3 nomaster=ip link set p3 master br0' 'get c2 ip link set p2 nomaster=ip link set p2 master br0' \
    "get c4 ip link set $last down=ip link set $last up" 2> /tmp/log
  failed=$?
  [ $failed = 0 ] || { cat /tmp/log; dmesg | tail -20; }
fi
echo "left: $(rdma resource | grep -v ' pd 1 cq 1 qp 1 cm_id 0 mr 0 ctx 0' | grep -v ' pd 0 cq 0 qp 0 cm_id 0 mr 0 ctx 0')"
exit ${failed:-0}

# Runs in a guest: a store that is told nothing of adapters, with one of RoCE and one of iWARP; then again where too little memory may be locked for
# the one of RoCE. JAVA and CLASSPATH_ are set in front of it.
. /guest.sh
dum dummy0 10.8.0.1
rxe dummy0
dum dummy1 10.8.1.1
siw dummy1
mkdir -p /tmp/store
echo Passw0rd1 > /tmp/password
SERVE="$JAVA -Xmx128m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp $CLASSPATH_
  dev.penstock.tools.Main serve /tmp/store --share t --user u --password-file /tmp/password --bonjour off"
serve() { # with what is put in front of it, until the last of its listeners is ready, which is that of sockets
  $* $SERVE > /tmp/log 2>&1 &
  P=$!
  for i in $(seq 300); do grep -q 'ready: smb-direct.*iwarp' /tmp/log && break; sleep 0.1; done
  cat /tmp/log
  echo "regions: $(rdma resource show | sed -n 's/.*rxe_dummy0.* mr \([0-9]*\).*/\1/p')"
  kill $P
  wait $P
}
echo "store: whole"
serve
echo "store: refused"
serve setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock prlimit --memlock=1048576

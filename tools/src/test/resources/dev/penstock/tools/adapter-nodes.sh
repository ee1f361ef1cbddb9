# Runs in a guest: a store and two nodes that hold half a model each, over every kind of RDMA that the kernel's software adapters have.
# JAVA and CLASSPATH_ are set in front of it.
. /guest.sh
OPTIONS="-Xmx160m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
START="$JAVA $OPTIONS -cp $CLASSPATH_ dev.penstock.tools.Main"
echo p > /tmp/password
echo "nobody else" > /tmp/secret
mkdir -p /tmp/store
$START models make --shape tiny /tmp/store/m.gguf

# answer NAME ADDRESS PROVIDER: nothing of it is left running, nor registered.
answer() {
  echo "carrier: $1"
  $START serve /tmp/store --share s --user u --password-file /tmp/password --listen $2:4450 --rdma-listen $2:5445 --rdma-provider $3 --bonjour off > /tmp/serve.log 2>&1 &
  processes=$!
  for i in $(seq 300); do grep -q smb-direct /tmp/serve.log && break; sleep 0.1; done
  for rank in 0 1; do
    $START node --store smb://u@$2:4450/s --password-file /tmp/password --model m.gguf --peers $2:7001,$2:7002 --rank $rank --http 127.0.0.1:8080 \
      --rdma-provider $3 --store-rdma-provider $3 --secret-file /tmp/secret --threads 1 > /tmp/node$rank.log 2>&1 &
    processes="$processes $!"
    # One processor starts one program at a time.
    for i in $(seq 300); do grep -q ^joins: /tmp/node$rank.log && break; sleep 0.1; done
  done
  for i in $(seq 300); do grep -q ^ready: /tmp/node0.log && break; sleep 0.1; done
  curl -s http://127.0.0.1:8080/v1/completions -d '{"prompt":"once upon","max_tokens":12,"temperature":0}' > /tmp/answer
  echo "answer: $(grep -o '"text":"[^"]*"' /tmp/answer | base64 -w0)"
  grep -h ^loaded: /tmp/node0.log /tmp/node1.log
  grep -q choices /tmp/answer || { cat /tmp/answer /tmp/serve.log /tmp/node0.log /tmp/node1.log; dmesg | tail -20; }
  kill $processes
  wait $processes
  echo "left: $(rdma resource | grep -v ' pd 1 cq 1 qp 1 cm_id 0 mr 0 ctx 0' | grep -v ' pd 0 cq 0 qp 0 cm_id 0 mr 0 ctx 0')"
}

dum dummy0 10.8.0.1
rxe dummy0
answer "verbs on rxe" 10.8.0.1 verbs
answer "thunderbolt on rxe" 10.8.0.1 thunderbolt
rdma link del rxe_dummy0
siw dummy0
answer "verbs on siw" 10.8.0.1 verbs
exit 0

# Runs in a guest: three nodes of one model, each two of which meet at an adapter of their own, as Macs do with a cable for each pair.
# Over reliable connections of all its adapters as one device, and over unreliable ones. JAVA, CLASSPATH_ and MODEL are set in front of it.
. /guest.sh
OPTIONS="-Xmx96m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
START="$JAVA $OPTIONS -cp $CLASSPATH_ dev.penstock.tools.Main"
echo "nobody else" > /tmp/secret
mkdir -p /tmp/store
cp $MODEL /tmp/store/m.gguf

# peers RANK PROVIDER: the ranks are told apart by their ports, since all are on this machine.
peers() {
  case $1 in
    0) list=:7001,10.8.1.1:7002,10.8.2.1:7003 ;;
    1) list=10.8.1.1:7001,:7002,10.8.3.1:7003 ;;
    2) list=10.8.2.1:7001,10.8.3.1:7002,:7003 ;;
  esac
  echo "--peers $list --rank $1 --rdma-provider $2"
}

# ask NAME: until there is an answer. Three nodes on one processor may take each other for lost while they begin, and find together again.
ask() {
  for i in $(seq 100); do
    curl -s http://127.0.0.1:8080/v1/completions -d '{"prompt":"once upon","max_tokens":12,"temperature":0}' > /tmp/answer
    grep -q '"text"' /tmp/answer && break
    sleep 0.5
  done
  echo "$1: $(grep -o '"text":"[^"]*"' /tmp/answer | base64 -w0)"
}

for i in 0 1 2; do
  dum dummy$i 10.8.$((i + 1)).1
  rxe dummy$i
done

$START node --store /tmp/store --model m.gguf --threads 1 > /tmp/node.log 2>&1 &
alone=$!
ask alone
kill $alone
wait $alone

# mesh PROVIDER: nothing of it is left running, nor registered.
mesh() {
  echo "carrier: $1"
  processes=
  for rank in 0 1 2; do
    # Without a secret it says so when it has found its adapters; one processor starts one program at a time.
    $START node --store /tmp/store --model m.gguf --threads 1 $(peers $rank $1) > /tmp/node$rank.log 2>&1 &
    processes="$processes $!"
    for i in $(seq 300); do grep -q secret-file /tmp/node$rank.log && break; sleep 0.1; done
  done
  ask together
  grep -h ^loaded: /tmp/node?.log
  for i in 0 1 2; do echo "pairs: $(rdma resource show qp link rxe_dummy$i | grep -c 'state RTS.*comm inference')"; done
  grep -q '"text"' /tmp/answer || cat /tmp/answer /tmp/node?.log
  kill $processes
  wait $processes

  echo "left: $(rdma resource | grep -v ' pd 1 cq 1 qp 1 cm_id 0 mr 0 ctx 0' | grep -v ' pd 0 cq 0 qp 0 cm_id 0 mr 0 ctx 0')"
}

# links PROVIDER: measured by each node.
links() {
  for i in 1 2 3; do # as of the nodes
    processes=
    for rank in 0 1 2; do
      $START fabric links --json --secret-file /tmp/secret --wait 30 $(peers $rank $1) > /tmp/links$rank.log 2>&1 &
      processes="$processes $!"
    done
    wait $processes
    grep -q '"up":false' /tmp/links?.log || break
  done
  cat /tmp/links?.log
}

mesh verbs
links verbs
mesh thunderbolt
links thunderbolt
exit 0

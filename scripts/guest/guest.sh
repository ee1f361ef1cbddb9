# Functions for scripts that run in the guest: . /guest.sh

# dum NAME ADDRESS: a network device that leads nowhere; RDMA between its address and itself goes by loopback.
dum() {
  ip link show "$1" > /dev/null 2>&1 || ip link add "$1" type dummy # the first is there from the start
  # siw and rxe make their GID of the hardware address.
  ip link set "$1" mtu 9000 address "02:00:00:00:09:0${1##*[a-z]}" up
  ip addr add "$2/24" dev "$1"
}

# siw DEVICE: software iWARP on it. rxe DEVICE: software RoCE.
siw() { rdma link add "siw_$1" type siw netdev "$1"; }
rxe() { rdma link add "rxe_$1" type rxe netdev "$1"; }

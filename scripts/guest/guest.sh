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

# ksmbd_up FOLDER: the kernel's own server, with that folder as the share t for the user u with the password p. It serves as the system's user of
# that name, or as nobody.
ksmbd_up() {
  mkdir -p /etc/ksmbd "$1"
  chmod 777 "$1"
  cat > /etc/ksmbd/smb.conf << C
[global]
	netbios name = GUEST
	map to guest = never
	server signing = auto
	tcp port = 445
	smb2 max read = 8MB
	smb2 max write = 8MB
	smbd max io size = 8MB
	deadtime = 0
[t]
	path = $1
	read only = no
	browseable = yes
	create mask = 0644
	store dos attributes = no
C
  cp /etc/ksmbd/smb.conf /etc/ksmbd/ksmbd.conf # its name since version 3.4.8
  ksmbd.adduser -a u -p p && ksmbd.mountd
}

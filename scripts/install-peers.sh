#!/bin/sh
# Installs the real clients that the integration tests use, where they are missing: Debian and its kin, as root.
set -eu
packages=
need() { # COMMAND PACKAGE
  command -v "$1" >/dev/null 2>&1 || packages="$packages $2"
}
need smbclient smbclient
need smbtorture samba-testsuite
need rclone rclone
need rsync rsync
need busybox busybox-static
need python3 python3
need ip iproute2
need curl curl
# The kernel's own server: one program under several names.
[ -x /usr/libexec/ksmbd.tools ] || need ksmbd.mountd ksmbd-tools
[ -x /sbin/mount.cifs ] || need mount.cifs cifs-utils
/usr/bin/python3 -c 'import smbc' >/dev/null 2>&1 || packages="$packages python3-smbc"
# The verbs libraries, and their headers for the test that compares layouts.
[ -e /usr/include/infiniband/verbs.h ] || packages="$packages libibverbs-dev"
[ -e /usr/include/rdma/rdma_cma.h ] || packages="$packages librdmacm-dev"
[ -d /etc/libibverbs.d ] || packages="$packages ibverbs-providers"
# The programs that RDMA is measured with.
need ib_send_bw perftest
need gcc "gcc libc6-dev"
# ggml's natives use GNU's OpenMP.
[ -e /usr/lib/x86_64-linux-gnu/libgomp.so.1 ] || [ -e /usr/lib/aarch64-linux-gnu/libgomp.so.1 ] || packages="$packages libgomp1"
[ -z "$packages" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "install-peers: missing:$packages; install them with your system's package manager (as root on Debian: apt-get install$packages)" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words on purpose
apt-get install -y -qq --no-install-recommends $packages >/dev/null

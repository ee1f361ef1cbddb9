#!/usr/bin/env bash
# Builds the guest kernel that the tests with the Linux kernel's client run in, from Debian's source, and puts it where they look for it.
#   scripts/guest/build.sh [FOLDER]      default: $XDG_CACHE_HOME/penstock/guest, or below ~/.cache
# Prints the folder, which PENSTOCK_UML may name. Takes about 12 minutes of CPU and 2 GB for the time being, once; needs root on Debian for
# the packages that are missing. Does nothing where the kernel is there already.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
out=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/penstock/guest}
version=6.12
mark=$(cat "$here"/kernel.config "$here"/build.sh | sha256sum | cut -c1-16)
if [ "$(cat "$out/built-from" 2>/dev/null)" != "$mark" ]; then
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || { echo "build-guest: User Mode Linux needs Linux on x86-64" >&2; exit 1; }
  missing=
  for p in gcc-12 make flex bison bc libelf-dev xz-utils libc6-dev; do
    dpkg -s $p >/dev/null 2>&1 || missing="$missing $p"
  done
  if [ -n "$missing" ]; then
    [ "$(id -u)" = 0 ] || { echo "build-guest: as root: apt-get install$missing" >&2; exit 1; }
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of words on purpose
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing > /dev/null
  fi
  mkdir -p "$out"
  work=$(mktemp -d "$out/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  echo "build-guest: fetching the source of Linux $version" >&2
  chmod 755 "$work"
  apt-get download -qq "linux-source-$version" 2>/dev/null || { apt-get update -qq && apt-get download -qq "linux-source-$version"; }
  dpkg-deb --fsys-tarfile linux-source-*.deb | tar -xO "./usr/src/linux-source-$version.tar.xz" | xz -dc -T0 | tar -x
  cd "linux-source-$version"
  cp "$here/kernel.config" .config
  make -s ARCH=um CC=gcc-12 olddefconfig
  for option in INFINIBAND RDMA_SIW RDMA_RXE CIFS CIFS_SMB_DIRECT HOSTFS OVERLAY_FS INFINIBAND_USER_ACCESS; do
    grep -q "^CONFIG_$option=y" .config || { echo "build-guest: this source does not give CONFIG_$option" >&2; exit 1; }
  done
  echo "build-guest: building (about 12 minutes of CPU)" >&2
  make -s ARCH=um CC=gcc-12 -j"$(nproc)" linux > "$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }
  install -m 755 linux "$out/linux"
  echo "$mark" > "$out/built-from"
fi
install -m 755 "$here/umlrun" "$out/umlrun"
install -m 644 "$here/guest.sh" "$out/guest.sh"
echo "$out"

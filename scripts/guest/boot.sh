#!/usr/bin/env bash
# Boots the guest in the folder that PENSTOCK_UML names, on one of the host's processors: boot.sh WHICH [options of umlrun] SCRIPT
#   WHICH   of the processors that this process may use, counted from 0; guests that run side by side are given different ones
# A guest has one processor, but on the host it is a kernel and a process that hand each other every system call and page fault. From one
# processor to another that is an interrupt, for which a virtual machine may need 0.3 ms: 200,000 reads and as many writes took 132 s, and 9 s so.
set -euo pipefail
which=$1
shift
processors=()
for range in $(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status | tr , ' '); do
  for ((n = ${range%-*}; n <= ${range#*-}; n++)); do processors+=("$n"); done
done
exec taskset -c "${processors[which % ${#processors[@]}]}" "$PENSTOCK_UML/umlrun" "$@"

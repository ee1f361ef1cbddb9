#!/usr/bin/env bash
# Searches with every fuzz harness in turn, two minutes each, for an input that breaks a decoder.
#   scripts/fuzz.sh [NAME ...]      e.g. scripts/fuzz.sh RequestFuzz; without names: all
# Ends with 1 where one was found; the input is then below the module, in src/test/resources, and is replayed by every build.
set -uo pipefail
cd "$(dirname "$0")/.."
names=("$@")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(find . -path '*/src/test/*' -name '*Fuzz.java' -printf '%f\n' | sed 's/\.java$//' | sort)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
found=0
for name in "${names[@]}"; do
  file=$(find . -path '*/src/test/*' -name "$name.java")
  [ -n "$file" ] || { echo "fuzz: there is no $name" >&2; exit 2; }
  module=$(cut -d/ -f2 <<< "$file")
  if ./mvnw -q -Pquick,fuzz test -pl "$module" -am -Dtest="$name" -Dsurefire.failIfNoSpecifiedTests=false > "$log" 2>&1; then
    runs=$(grep -aoE 'Done [0-9]+ runs in [0-9]+ second' "$log" | tail -1)
    echo "$name: nothing found (${runs:-no count of runs})"
  else
    found=1
    echo "$name: FOUND"
    grep -aE '== Java Exception|AssertionError|Exception:|Test unit written|COMPILATION|ERROR' "$log" | head -10
  fi
done
exit $found

# Finds a JDK 25 or newer and puts it into PENSTOCK_JDK; sourced by ./penstock and ./mvnw, runs in any POSIX shell.
# The version is read from the JDK's own "release" file, so that no JVM is started just to ask.
# A candidate without javac (a JRE) is passed over: the build needs the compiler.

jdk_major() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

find_jdk() {
  PENSTOCK_JDK=
  on_path=$(command -v javac 2>/dev/null || true)
  if [ -n "$on_path" ]; then
    on_path=$(readlink -f "$on_path" 2>/dev/null || echo "$on_path")
    on_path=${on_path%/bin/javac}
  fi
  if [ -x /usr/libexec/java_home ]; then
    mac_home=$(/usr/libexec/java_home -v 25+ 2>/dev/null || true)
  else
    mac_home=
  fi
  for candidate in "${JAVA_HOME:-}" "$on_path" "$mac_home" /usr/lib/jvm/* /usr/java/* /opt/java/* \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /home/linuxbrew/.linuxbrew/opt/openjdk*/libexec \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
    [ -n "$candidate" ] || continue
    major=$(jdk_major "$candidate") || continue
    if [ "${major:-0}" -ge 25 ]; then
      PENSTOCK_JDK=$candidate
      return 0
    fi
  done
  case $(uname -s) in
    Darwin) how='brew install openjdk' ;;
    *) how='apt-get install temurin-25-jdk (Adoptium), or your distribution'"'"'s openjdk-25-jdk' ;;
  esac
  echo "$1: needs a JDK 25 or newer, and found none: $how, or set JAVA_HOME to one" >&2
  return 1
}

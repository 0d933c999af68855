#!/usr/bin/env bash
# install.sh SECTION…: installs what is missing from those sections of packages.txt, and nothing else.
#
# Silent when nothing is missing, so an ordinary user needs no rights then. Otherwise apt-get, as root or
# by sudo. Services that come with a package (nginx) are neither started nor enabled: Parlor runs its own.
set -euo pipefail

die() {
  echo "install.sh: $*" >&2
  exit 1
}

packages() {
  awk -v sections=" $* " '
    /^\[/ { wanted = index(sections, " " substr($0, 2, length($0) - 2) " "); next }
    wanted && NF && !/^#/ { print $1 }' "$(dirname "$0")/../packages.txt" | sort -u
}

# A package that another one stands for counts as installed: a newer nodejs brings its own npm, and refuses Debian's.
provided() {
  dpkg-query -W -f '${db:Status-Status} ${Provides}\n' |
    awk '$1 == "installed" { gsub(/\([^)]*\)|,/, " "); for (i = 2; i <= NF; ++i) print $i }'
}

missing() {
  local package
  for package in $(packages "$@"); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      grep -qxF "$package" <(provided) || echo "$package"
  done
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  die "Parlor is built and run with the packages of Debian 12, and this system has no apt-get. packages.txt lists them."
mapfile -t wanted < <(missing "$@")
[ ${#wanted[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root=(sudo)
  else
    die "these Debian packages are missing, and installing them needs root: ${wanted[*]}"
  fi
fi

# What Debian's maintainer scripts ask before they start a service. Left alone if the system has one.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi

echo "Installing from Debian: ${wanted[*]}"
log=$(mktemp)
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1; }
apt update || true  # an old list may do; the next step tells
apt install -y --no-install-recommends "${wanted[@]}" ||
  die "apt-get could not install ${wanted[*]}: $(grep -m 3 '^E:' "$log" || tail -n 3 "$log")
The whole log: $log"
rm -f "$log"
case " ${wanted[*]} " in
  *" nginx "*) [ ! -d /run/systemd/system ] || "${as_root[@]}" systemctl disable nginx >/dev/null 2>&1 || true ;;
esac

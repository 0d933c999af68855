#!/usr/bin/env bash
# deb.sh [VERSION]: builds build/deb/parlor_VERSION-1_ARCH.deb from the tree as it is. VERSION: that of
# common/version.h if not given; another one is what the programs of this package then say of themselves.
#
# Works on a copy in build/deb/source, so that nothing is written into the tree or beside it. The copy gets the objects of
# `make` too, with their times: only what differs is compiled again. No network; what it needs is in packages.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

own=$(sed -n 's/^#define PARLOR_VERSION "\(.*\)"/\1/p' common/version.h)
version=${1:-$own}
die() { echo "deb.sh: $*" >&2; exit 1; }
[[ $version =~ ^[0-9][A-Za-z0-9.+~]*$ ]] || die "$version is no version: a digit, then letters, digits and . + ~"
for program in dpkg-buildpackage dh; do
  command -v $program >/dev/null || die "$program is not installed: scripts/install.sh build deb installs what is needed."
done

rm -rf build/deb/source
mkdir -p build/deb/source/build/release
for part in Makefile README.md LICENSE CHANGELOG.md common fcgi wsd sql web watch nginx scripts systemd packaging debian docs; do
  [ ! -e $part ] || cp -a $part build/deb/source/
done
for part in common fcgi wsd libparlor_common.a parlor-fcgi parlor-wsd; do
  [ ! -e build/release/$part ] || cp -a --reflink=auto build/release/$part build/deb/source/build/release/
done
cd build/deb/source
[ "$version" = "$own" ] || sed -i 's/^#define PARLOR_VERSION ".*"/#define PARLOR_VERSION "'"$version"'"/' common/version.h
# The date of the newest change of what goes in, so that the same tree gives the same package.
newest=$(git -C ../../.. log -1 --format=%ct 2>/dev/null || stat -c %Y common/version.h)
cat >debian/changelog <<TEXT
parlor ($version-1) stable; urgency=medium

  * Release $version: see CHANGELOG.md.

 -- The Parlor authors <parlor@parlor.invalid>  $(LC_ALL=C date -u -R -d "@$newest")
TEXT
# The package of debug symbols is 30 MB and takes longer than all the rest: DEB_BUILD_OPTIONS= make deb makes it too.
export DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS-noautodbgsym}
# Not cleaned before: the copied objects are what saves the time. -d: Build-Depends are those of packages.txt.
dpkg-buildpackage --build=binary --no-sign --no-pre-clean --no-check-builddeps >../log 2>&1 ||
  die "dpkg-buildpackage failed: $(tail -n 20 ../log)
The whole log: build/deb/log"
cd ..
rm -rf source
echo "build/deb/$(find . -name "parlor_$version-1_*.deb" -printf %f)"

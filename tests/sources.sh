#!/bin/sh
# tests/sources.sh NAME: an upstream source, as Debian keeps it, in
# build/src/NAME.  Nothing is done when it is already there.
#
# The tarball is found by suite.sh and must have the sum below; Debian's own
# patches are not applied.  Of lwIP only 2.2.1 brings contrib/ with the unix
# port; 2.1.3 is the core alone.
set -eu

die() {
    echo "sources: $*" >&2
    exit 1
}

case ${1-} in
mbedtls-2.28.3)
    suite=bookworm
    sum=3b4953aa55a681e084d31892d9904cc5328d6b4958ea57b90ae4b4f94ae69a8d
    ;;
lwip-2.1.3)
    suite=bookworm
    sum=0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24
    ;;
cmocka-1.1.5)
    suite=bookworm
    sum=f0ccd8242d55e2fd74b16ba518359151f6f8383ff8aef4976e48393f77bba8b6
    ;;
mbedtls-3.6.6)
    suite=trixie
    sum=8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a
    ;;
lwip-2.2.1)
    suite=trixie
    sum=83729c274c499d3348e9fbbe043a3113f3fa8953e7efddc7c21c7fcbb1f2b7b1
    ;;
*) die "usage: tests/sources.sh" \
    "cmocka-1.1.5|mbedtls-2.28.3|mbedtls-3.6.6|lwip-2.1.3|lwip-2.2.1" ;;
esac
name=$1
package=${name%%-*}
version=${name#*-}

cd "$(dirname "$0")/.."
tree=build/src/$name
[ ! -e "$tree" ] || exit 0
mkdir -p build/src
exec 9>"build/src/.$name.lock"
flock 9
[ ! -e "$tree" ] || exit 0
echo "sources: fetching $name"

# The revision of the package does not matter, the upstream version does.
work=$(mktemp -d -p build/src)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
tests/suite.sh deb-src $suite update ||
    die "cannot read $suite from the mirror: is there a network?"
uri=$(tests/suite.sh deb-src $suite --print-uris --tar-only source "$package" |
    awk -F "'" \
    -v want="/${package}_$version[^/]*[.]orig[.]tar[.](gz|bz2|xz)\$" \
    '$2 ~ want { print $2 }')
[ -n "$uri" ] || die "$suite has no $package $version any more: another" \
    "version needs its number and sum here"
(cd "$work" && ../../../tests/suite.sh deb-src $suite --tar-only source \
    "$package") ||
    die "cannot download $uri"
tarball=$work/$(basename "$uri" | sed 's/%2b/+/g')
echo "$sum  $tarball" | sha256sum --check --quiet ||
    die "$uri is not the tarball that is expected here"

mkdir "$work/tree"
tar -xf "$tarball" -C "$work/tree" --strip-components=1 --no-same-owner
mv "$work/tree" "$tree"

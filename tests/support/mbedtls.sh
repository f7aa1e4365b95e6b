#!/bin/sh
# tests/support/mbedtls.sh VERSION [SAN]: mbedTLS as static libraries for this
# host, in build/mbedtls/VERSION or build/mbedtls/VERSION-san:
# {include,library}, as `make TLS=` wants it.  SAN: sanitizers, as in
# -fsanitize=.  CC: gcc if unset.
set -eu

[ $# -ge 1 ] || {
    echo "usage: tests/support/mbedtls.sh VERSION [SAN]" >&2
    exit 2
}
name=mbedtls-$1
san=${2-}
cd "$(dirname "$0")/../.."
out=build/mbedtls/$1${san:+-san}
[ ! -e "$out/library/libmbedtls.a" ] || exit 0
tests/sources.sh "$name"

mkdir -p build/mbedtls
exec 9>"$out.lock"
flock 9
[ ! -e "$out/library/libmbedtls.a" ] || exit 0
echo "tls: building $name${san:+ with $san}"
work=$(mktemp -d -p build/mbedtls)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cp -R "build/src/$name/." "$work/tree"
flags="-O2 -g${san:+ -fsanitize=$san -fno-sanitize-recover=all}"
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CFLAGS -u LDFLAGS \
    make -s -j2 -C "$work/tree" lib CC="${CC:-gcc}" CFLAGS="$flags" \
    >"$out.log" 2>&1 || {
    tail -n 20 "$out.log" >&2
    echo "tls: $name does not build; the log is $out.log" >&2
    exit 1
}
mkdir -p "$work/out/library"
mv "$work/tree/include" "$work/out/"
mv "$work"/tree/library/*.a "$work/out/library/"
rm -rf "$out"
mv "$work/out" "$out"

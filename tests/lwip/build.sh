#!/bin/sh
# tests/lwip/build.sh ARCHIVE VERSION KIND: lwIP from Debian's sources, with the
# options of lwipopts.h for KIND (sockets, raw, unit), by $CC with $CFLAGS.  The
# system part for Unix comes with 2.2.1 and serves both versions; unit brings
# its own.
set -eu

archive=$1 version=$2 kind=$3
cd "$(dirname "$0")/../.."
[ -e "build/src/lwip-$version" ] || tests/sources.sh "lwip-$version"
tests/sources.sh lwip-2.2.1
from=build/src/lwip-$version/src
unix=build/src/lwip-2.2.1/contrib/ports/unix/port

set -- "$from"/core/*.c "$from"/core/ipv[46]/*.c "$from"/netif/ethernet.c
case $kind in
sockets) set -- "$@" "$from"/api/*.c $unix/sys_arch.c ;;
raw) set -- "$@" $unix/sys_arch.c ;;
esac

objects=${archive%.a}.o
rm -rf "$objects" "$archive"
mkdir -p "$objects"
option=LWIP_TEST_$(echo "$kind" | tr a-z A-Z)
for file; do
    ${CC:-cc} -w ${CFLAGS-} "-D$option" -Itests/lwip -I"$from/include" \
        -I$unix/include -c -o "$objects/$(basename "$file" .c).o" "$file"
done
ar rcs "$archive" "$objects"/*.o

#!/bin/sh
# tests/lwip/compile.sh VERSION...: both ports as C99 and as C++11, by gcc and
# clang, on these versions of lwIP, with other choices in lwipopts.h; and what
# must not compile, with its reason.  $STRICT holds the warnings.
set -eu

[ $# -gt 0 ] || exit 2
versions=$*
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strict=$(printf '%s\n' $STRICT | grep -v -e '^-std=' -e 'prototypes$')
unix=build/src/lwip-2.2.1/contrib/ports/unix/port/include

# Twice: the second inclusion must add nothing.
for port in lwip lwip_raw; do
    name=$(echo "smh_$port" | tr a-z A-Z)
    cat >"$work/$port.c" <<END
#define SMH_TOKEN_IMPLEMENTATION
#define ${name}_IMPLEMENTATION
#include "smh_$port.h"
#include "smh_$port.h"
END
done

# compile VERSION PORT COMPILER KIND [OPTION VALUE]
compile() {
    case $3 in
    *++) language='-x c++ -std=c++11' ;;
    *) language='-std=c99 -Wstrict-prototypes -Wmissing-prototypes' ;;
    esac
    : >"$work/choice.h"
    [ $# -lt 6 ] || printf '#undef %s\n#define %s %s\n' "$5" "$5" "$6" \
        >"$work/choice.h"
    $3 $language $strict -D_POSIX_C_SOURCE=200809L -fsyntax-only -I. -Iport \
        -isystem tests/lwip -isystem "build/src/lwip-$1/src/include" \
        -isystem $unix "-DLWIP_TEST_CHOICE=\"$work/choice.h\"" \
        "-DLWIP_TEST_$4" "$work/$2.c"
}

# fine PORT KIND [OPTION VALUE]
fine() {
    for version in $versions; do
        for compiler in gcc clang g++ clang++; do
            compile $version "$1" $compiler "$2" ${3+"$3" "$4"} || {
                echo "compile: $version $compiler $*" >&2
                exit 1
            }
        done
    done
}

# refused REASON PORT KIND [OPTION VALUE]
refused() {
    reason=$1
    shift
    if compile 2.2.1 "$1" gcc "$2" ${3+"$3" "$4"} 2>"$work/why"; then
        echo "compile: $* is taken" >&2
        exit 1
    fi
    grep -q "#error \"$reason" "$work/why" || {
        cat "$work/why" >&2
        echo "compile: $* is not refused for \"$reason\"" >&2
        exit 1
    }
}

# The hook in the manual of each.
for port in lwip lwip_raw; do
    sed -n -e '/^        static int pinned(/,/^        }$/p' port/smh_$port.h \
        >"$work/hook"
    [ -s "$work/hook" ]
    cat >>"$work/$port.c" "$work/hook" - <<END
int used(smh_$port *);
int used(smh_$port *of)
{
    smh_$port tcp = *of;
$(sed -n '/^        static char address/,/^        tcp[.]arg/p' port/smh_$port.h)
    *of = tcp;
    return 0;
}
END
done

fine lwip SOCKETS
for option in LWIP_DNS LWIP_IPV4 LWIP_IPV6 LWIP_SO_LINGER; do
    fine lwip SOCKETS $option 0
done
fine lwip SOCKETS LWIP_COMPAT_SOCKETS 1
fine lwip_raw RAW
for option in LWIP_DNS LWIP_IPV4 LWIP_IPV6; do
    fine lwip_raw RAW $option 0
done
fine lwip_raw RAW LWIP_ALTCP 1
fine lwip_raw SOCKETS

refused 'smh_lwip.h needs sockets' lwip RAW
refused 'smh_lwip.h needs TCP' lwip SOCKETS LWIP_TCP 0
refused 'smh_lwip.h needs lwip_poll' lwip SOCKETS LWIP_SOCKET_POLL 0
refused 'smh_lwip_raw.h needs TCP' lwip_raw RAW LWIP_TCP 0
refused 'smh_lwip_raw.h needs callbacks' lwip_raw RAW LWIP_EVENT_API 1
refused 'MEM_SIZE is too small' lwip_raw RAW MEM_SIZE 300
refused 'PBUF_POOL_SIZE is too small' lwip_raw RAW PBUF_POOL_SIZE 1
refused 'TCP_SND_BUF is too small' lwip_raw RAW TCP_SND_BUF 200

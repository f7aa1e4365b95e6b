#!/usr/bin/env bats
# Several implementations in one file, in every order, with lwIP's socket header
# anywhere; and what must not be in one file.  By gcc and clang, as C99 and
# C++11; with lwIP from source, since its options have to be set.

load common

lwip=(-isystem tests/lwip -isystem build/src/lwip-2.2.1/src/include -isystem
    build/src/lwip-2.2.1/contrib/ports/unix/port/include -DLWIP_TEST_SOCKETS
    -DLWIP_POSIX_SOCKETS_IO_NAMES=1)

setup_file() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    tests/sources.sh lwip-2.2.1
}

# source_of NAME...: a file with all of them in this order: headers of ours with
# their implementation, and "sockets", which is lwIP's.
source_of() {
    local name
    for name; do
        case $name in
        sockets) echo '#include "lwip/sockets.h"' ;;
        *) echo "#define ${name^^}_IMPLEMENTATION"
            echo "#include \"$name.h\"" ;;
        esac
    done >"$out/order.c"
}

# compile COMPILER LANGUAGE FLAG...
languages=("c -std=c99" "c++ -std=c++11")
compile() {
    local compiler=$1 language=$2
    shift 2
    # shellcheck disable=SC2086
    $compiler -x $language -Wall -Wextra -Werror -fsyntax-only -I. -Iport "$@" \
        "$out/order.c"
}

# asked_for FLAG... -- NAME...: $flags, $names, and their file.
asked_for() {
    flags=()
    while [ "$1" != -- ]; do
        flags+=("$1")
        shift
    done
    shift
    names=$*
    source_of "$@"
}

# fine FLAG... -- NAME...
fine() {
    local flags names compiler language
    asked_for "$@"
    for compiler in gcc clang; do
        for language in "${languages[@]}"; do
            compile $compiler "$language" "${flags[@]}" || {
                echo "$compiler $language ${flags[*]}: $names"
                return 1
            }
        done
    done
}

# orders COMMAND...: with each order of the three names that $port stands in.
orders() {
    local t=smh_token m=smh_mbedtls p=$port
    "$@" $t $m $p
    "$@" $t $p $m
    "$@" $m $t $p
    "$@" $m $p $t
    "$@" $p $t $m
    "$@" $p $m $t
}

# among COMPAT NAME NAME NAME: with lwIP's header at each place.
among() {
    local flags=("${lwip[@]}" -D_POSIX_C_SOURCE=200809L
        "-DLWIP_COMPAT_SOCKETS=$1")
    shift
    fine "${flags[@]}" -- sockets "$@"
    fine "${flags[@]}" -- "$1" sockets "$2" "$3"
    fine "${flags[@]}" -- "$1" "$2" sockets "$3"
    fine "${flags[@]}" -- "$@" sockets
}

@test "smh_lwip.h in every order, with lwIP's sockets as macros" {
    port=smh_lwip orders among 1
}

@test "smh_lwip.h in every order, with lwIP's sockets as functions" {
    port=smh_lwip orders among 2
}

@test "smh_lwip.h in every order, with names of lwIP's own" {
    port=smh_lwip orders fine "${lwip[@]}" -D_POSIX_C_SOURCE=200809L \
        -DLWIP_COMPAT_SOCKETS=0 -- sockets
}

@test "smh_lwip_raw.h in every order, with lwIP's sockets as macros" {
    port=smh_lwip_raw orders fine "${lwip[@]}" -D_POSIX_C_SOURCE=200809L \
        -DLWIP_COMPAT_SOCKETS=1 -- sockets
}

@test "smh_posix.h in every order" {
    port=smh_posix orders fine -D_POSIX_C_SOURCE=200809L --
}

# one_error SENTENCE FLAG... -- NAME...: nothing else, by both compilers.
one_error() {
    local sentence=$1 flags names compiler
    asked_for "${@:2}"
    for compiler in gcc clang; do
        run compile $compiler "c $standard" "${flags[@]}"
        [ "$status" -ne 0 ]
        grep -q "error: .*$sentence" <<<"$output" &&
            [ "$(grep -c -E '(error|warning): ' <<<"$output")" = 1 ] || {
            echo "$compiler $standard: $output"
            return 1
        }
    done
}

@test "smh_posix.h and lwIP's sockets: one error, in whichever is second" {
    same="smh_posix.h and lwIP's sockets have the same names: use two files"
    for standard in -std=c99 -std=gnu99; do
        for compat in 0 1 2; do
            flags=("${lwip[@]}" -D_POSIX_C_SOURCE=200809L
                "-DLWIP_COMPAT_SOCKETS=$compat")
            one_error "$same" "${flags[@]}" -- smh_posix smh_lwip
            one_error "$same" "${flags[@]}" -- smh_lwip smh_posix
            one_error "$same" "${flags[@]}" -- sockets smh_posix
        done
    done
}

@test "_POSIX_C_SOURCE is missing: one error; GNU C and C++ need none" {
    for standard in -std=c99 -std=c11; do
        one_error "smh_posix.h: #define _POSIX_C_SOURCE 200809L" \
            -- smh_token smh_posix
        one_error "smh_posix.h: #define _POSIX_C_SOURCE 200809L" \
            -- smh_posix smh_token
        one_error "smh_posix.h: #define _POSIX_C_SOURCE 200809L" \
            -D_POSIX_C_SOURCE=199309L -- smh_posix
    done
    languages=("c -std=gnu99" "c -std=gnu11" "c++ -std=c++11")
    fine -- smh_token smh_posix
    fine -- smh_posix smh_token
}

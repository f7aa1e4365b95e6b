# For those that compile: sourced in their folder, works at the top of the tree.

strict=(-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
    -Wcast-qual -Wundef -Werror)

# What a language's compiler is told besides: in C++, of casts of C.
declare -gA also=([c++]=-Wold-style-cast)

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    set -o pipefail # a tool that is missing must not be missing quietly
    out=$BATS_TEST_TMPDIR
    case $(${CC-gcc} --version) in
    *clang*) strict+=(-Wreserved-identifier) ;;
    esac
    printf '%s\n' '#define SMH_TOKEN_IMPLEMENTATION' \
        '#include "smh_token.h"' >"$out/header.c"
}

# COMPILER FLAGS...: the header's object in $out/header.o.
object() {
    "$@" -I. -c "$out/header.c" -o "$out/header.o"
}

# A compiler may put in calls of these, and its own helpers begin with two
# underscores; anything else would be libc.
needs_nothing() {
    "$1" --undefined-only --format=posix "$out/header.o" >"$out/undefined"
    awk '$1 !~ /^(memcpy|memmove|memset|memcmp|__.*)$/ {
            print "not defined: " $1; bad = 1
        }
        END { exit bad }' "$out/undefined"
}

# Neither .data nor .bss, in whichever section the compiler puts its parts.
holds_nothing() {
    "$1" -A "$out/header.o" >"$out/sections"
    awk '$1 ~ /^[.](data|bss|sdata|sbss|tdata|tbss)([.]|$)/ { sum += $2 }
        END { if (sum) print sum " bytes of data"; exit sum > 0 }' \
        "$out/sections"
}

# FILE LANGUAGE: each block of it in FILE, in a file N.LANGUAGE.
blocks() {
    awk -v language="$2" -v out="$out" '
        /^```/ {
            file = file == "" && $0 == "```" language ? \
                out "/" ++n "." language : ""
            next
        }
        file != "" { print >file }' "$1"
    [ -e "$out/1.$2" ]
}

# The block of port/README.md in LANGUAGE that has WORD.
block_of_ports() {
    blocks port/README.md "$1"
    grep -lF -e "$2" "$out"/[0-9]*."$1"
}

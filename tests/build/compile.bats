#!/usr/bin/env bats
# The header and the ports with this machine's compiler, $CC.

load common

# STANDARD...: the header as each of them, with strict warnings.
as() {
    local language=$1 standard
    shift
    for standard; do
        object "$CC" -x "$language" -std="$standard" "${strict[@]}" \
            ${also[$language]}
    done
}

@test "header is C99, C11, C17 and their GNU dialects" {
    as c c99 c11 c17 gnu99 gnu17
}

@test "header is C++11, C++14, C++17 and C++20" {
    as c++ c++11 c++14 c++17 c++20
}

@test "strictest look of the compiler finds nothing" {
    case $($CC --version) in
    *clang*)
        # No faults: a declaration after a statement is C99, and padding is the
        # target's affair.
        object "$CC" -std=c99 -Weverything -Werror \
            -Wno-declaration-after-statement -Wno-padded
        ;;
    *)
        object "$CC" -std=c99 "${strict[@]}" -O2 -fanalyzer \
            -Wstrict-prototypes -Wmissing-prototypes -Wduplicated-cond \
            -Wduplicated-branches -Wlogical-op -Wnull-dereference -Wcast-align \
            -Wformat=2 -Wvla -Wredundant-decls -Wswitch-default \
            -Wstack-usage=256
        ;;
    esac
}

@test "static: no name gets out, and what is not called raises no warning" {
    printf '%s\n' '#define SMH_TOKEN_STATIC' >"$out/static.c"
    cat "$out/header.c" >>"$out/static.c"
    mv "$out/static.c" "$out/header.c"
    as c c99
    [ -z "$(nm --extern-only --defined-only "$out/header.o")" ]
    as c++ c++11
    [ -z "$(nm --extern-only --defined-only "$out/header.o")" ]
}

@test "included again and again in one file" {
    cat "$out/header.c" "$out/header.c" >"$out/twice.c"
    printf '#undef SMH_TOKEN_IMPLEMENTATION\n#include "smh_token.h"\n' \
        >>"$out/twice.c"
    (echo '#include "smh_token.h"' && cat "$out/twice.c") >"$out/header.c"
    as c c99
    as c++ c++11
}

@test "two C files and a C++ one link to one program that runs" {
    cat >"$out/user.c" <<'END'
#include "smh_token.h"
int used(void);
int used(void)
{
    return smh_retryable(503);
}
END
    cat >"$out/main.cc" <<'END'
#include "smh_token.h"
extern "C" int used(void);
int main()
{
    return used() && smh_strerror(SMH_DONE) != 0 ? 0 : 1;
}
END
    as c c99
    "$CC" -x c -std=c99 "${strict[@]}" -I. -c "$out/user.c" -o "$out/user.o"
    "$CC" -x c++ -std=c++11 "${strict[@]}" -I. -c "$out/main.cc" \
        -o "$out/main.o"
    "$CC" -o "$out/program" "$out/header.o" "$out/user.o" "$out/main.o"
    "$out/program"
}

@test "freestanding: needs no libc, holds no data" {
    for o in -O0 -Os -O2 -O3; do
        object "$CC" -std=c99 "${strict[@]}" $o -ffreestanding -nostdlib
        needs_nothing nm
        holds_nothing size
    done
}

@test "every name that gets out begins with smh_, every macro with SMH" {
    object "$CC" -std=c99
    run nm --extern-only --defined-only --format=posix "$out/header.o"
    [ -n "$output" ]
    [ -z "$(grep -v '^smh_' <<<"$output")" ]
    echo '#include <stddef.h>
#include <stdint.h>' >"$out/base.c"
    macros() { "$CC" -std=c99 -I. -dM -E "$1" | awk '{ print $2 }' | sort; }
    comm -13 <(macros "$out/base.c") <(macros "$out/header.c") >"$out/names"
    [ -s "$out/names" ]
    [ -z "$(grep -v '^SMH' "$out/names")" ]
}

# MACRO BAD...: each value is refused with a sentence that names the macro.
refused() {
    local macro=$1 value
    shift
    for value; do
        run object "$CC" -std=c99 "-D$macro=$value"
        [ "$status" -ne 0 ]
        grep -q "error.*$macro: want" <<<"$output" || {
            echo "$macro=$value: $output"
            return 1
        }
    done
}

# MACRO LOW HIGH: the bounds are taken, one beyond them is not.
bounds() {
    object "$CC" -std=c99 "${strict[@]}" "-D$1=$2"
    object "$CC" -std=c99 "${strict[@]}" "-D$1=$3"
    refused "$1" $(($2 - 1)) $(($3 + 1))
}

@test "options: the bounds that the code has are the ones it says" {
    grep -Eo '^#error "SMH_[A-Z_]+: want [0-9]+ to [0-9]+' smh_token.h |
        sed 's/.*"\(.*\): want \(.*\) to/\1 \2/' >"$out/bounds"
    [ "$(wc -l <"$out/bounds")" -ge 4 ]
    while read -r macro low high; do
        bounds "$macro" "$low" "$high"
    done <"$out/bounds"
}

@test "options: the manual's table and the code name the same macros" {
    sed -n '/^OPTIONS/,/^[A-Z].*[A-Z]$/p' smh_token.h |
        grep -Eo '^    SMH_[A-Z_]+' | tr -d ' ' | sort >"$out/table"
    # Asked for by #if, and not set by the header for itself.
    grep -Eo '^#(if|elif).*' smh_token.h | grep -Eo 'SMH_[A-Z_]+' |
        grep -vE '^SMH_(TOKEN_H|TOKEN_IMPLEMENTED|API)$' | sort -u >"$out/code"
    [ -s "$out/table" ]
    diff "$out/table" "$out/code"
}

@test "options: none changes the size of a type" {
    cat >"$out/sizes.c" <<'END'
#include <stdio.h>
#include "smh_token.h"
int main(void)
{
    printf("%zu %zu %zu %zu %zu %zu %zu %zu %zu\n", sizeof(smh_scope),
           sizeof(smh_plan), sizeof(smh_batch), sizeof(smh_reader),
           sizeof(smh_port_ops), sizeof(smh_io), sizeof(smh_call),
           sizeof(smh_text), sizeof(smh_diag));
    return 0;
}
END
    sizes() { "$CC" -std=c99 -I. "$@" "$out/sizes.c" -o "$out/s" && "$out/s"; }
    sizes >"$out/plain"
    # shellcheck disable=SC2046
    sizes -DSMH_TOKEN_IMPLEMENTATION -DSMH_ALLOW_PLAINTEXT -DSMH_WORDS=0 $(grep -Eo \
        '^#error "SMH_[A-Z_]+: want [0-9]+' smh_token.h |
        sed 's/.*"\(.*\): want /-D\1=/') >"$out/options"
    diff "$out/plain" "$out/options"
}

# PORT: alone, as C99 and C++11, its declarations and its code, twice; at last
# static.
port() {
    cat >"$out/port.c" <<END
#include "$1.h"
#define SMH_TOKEN_IMPLEMENTATION
#define ${1^^}_IMPLEMENTATION
#include "smh_token.h"
#include "$1.h"
#include "$1.h"
END
    port_as c c99 -Wstrict-prototypes -Wmissing-prototypes
    port_as c++ c++11
    [ -n "$names" ]
    [ -z "$(grep -v '^smh_' <<<"$names")" ]
    port_as c c99 -DSMH_TOKEN_STATIC
    [ -z "$names" ]
    port_as c c99 -DSMH_WORDS=0
    port_as c++ c++11 -DSMH_WORDS=0
    # Neither words nor what makes them: no text of a port is left.
    [ -z "$(strings -n 8 "$out/port.o" | grep -E 'not opened|look-up|zeroed')" ]
}

port_as() {
    # shellcheck disable=SC2086
    "$CC" -x "$1" -std="$2" "${strict[@]}" ${also[$1]} "${@:3}" -I. -Iport \
        $TLS_CFLAGS -D_POSIX_C_SOURCE=200809L -c "$out/port.c" -o "$out/port.o"
    names=$(nm --extern-only --defined-only --format=posix "$out/port.o")
}

@test "smh_posix.h is C99 and C++11" {
    port smh_posix
}

# As in Zephyr's <fcntl.h>, which has nothing of exec.
@test "smh_posix.h does without FD_CLOEXEC" {
    printf '%s\n' '#include <fcntl.h>' '#undef FD_CLOEXEC' '#undef F_SETFD' \
        '#define SMH_POSIX_IMPLEMENTATION' '#include "smh_posix.h"' >"$out/port.c"
    "$CC" -std=c99 "${strict[@]}" -I. -Iport -D_POSIX_C_SOURCE=200809L \
        -fsyntax-only "$out/port.c"
}

@test "smh_mbedtls.h is C99 and C++11" {
    port smh_mbedtls
}

@test "the look-up and the buffer in the manual of smh_posix.h compile" {
    {
        printf '%s\n' '#include "smh_posix.h"' '#include <arpa/inet.h>' \
            '#include <netinet/in.h>' '#include <string.h>'
        sed -n '/^        static int pinned(/,/^        }$/p' port/smh_posix.h
        echo 'int used(smh_posix *);'
        echo 'int used(smh_posix *of) {'
        echo 'smh_posix tcp; memset(&tcp, 0, sizeof tcp);'
        sed -n '/^        static char address/,/^        tcp[.]arg/p' port/smh_posix.h
        sed -n '/^          static char arrived/,/^          tcp[.]size/p' \
            port/smh_posix.h
        echo '*of = tcp; return 0; }'
    } >"$out/hook.c"
    [ "$(grep -c pinned "$out/hook.c")" = 2 ]
    "$CC" -std=c99 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L -I. -Iport \
        -fsyntax-only "$out/hook.c"
    "$CC" -x c++ -std=c++11 -Wall -Wextra -Werror -I. -Iport -fsyntax-only \
        "$out/hook.c"
}

#!/bin/sh
# tests/build/analyzers.sh [PORT...]: the header and the ports, all or these,
# through gcc -fanalyzer, clang-tidy and cppcheck, none of which may say a word.
set -eu

[ $# -gt 0 ] || set -- token posix mbedtls lwip lwip_raw
cd "$(dirname "$0")/../.."
tests/sources.sh lwip-2.2.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

lwip=build/src/lwip-2.2.1
includes="-I. -Iport -isystem tests/lwip -isystem $lwip/src/include
    -isystem $lwip/contrib/ports/unix/port/include"

# All of the two groups but what has its reason here:
#   easily-swappable-parameters   two of a type, as the callbacks of a port have
#   signed-char-misuse, str34-c   int8_t and err_t are numbers, no characters
#   narrowing-conversions         -Wconversion judges, which knows '?' is a char
checks='-*,bugprone-*,cert-*,-bugprone-easily-swappable-parameters'
checks="$checks,-bugprone-signed-char-misuse,-cert-str34-c"
checks="$checks,-bugprone-narrowing-conversions"

# cppcheck knows no system headers, so it gets what the preprocessor made of
# them.
analyze() {
    gcc -O2 -fanalyzer -Wall $flags -c -o "$work/$1.o" "$work/$1.c"
    clang-tidy --quiet "--checks=$checks" '--header-filter=smh_' \
        "$work/$1.c" -- $flags
    gcc $flags -E -o "$work/$1.i.c" "$work/$1.c"
    cppcheck --quiet --std=c99 --enable=warning,portability,performance \
        --suppress='*:/usr/*' --suppress="*:$lwip/*" "$work/$1.i.c"
}

for port; do
    name=$(echo "smh_$port" | tr a-z A-Z)
    case $port in
    lwip) kind=SOCKETS ;;
    *) kind=RAW ;;
    esac
    flags="-std=c99 -D_POSIX_C_SOURCE=200809L $includes -DLWIP_TEST_$kind"
    printf '%s\n' "#define ${name}_IMPLEMENTATION" "#include \"smh_$port.h\"" \
        >"$work/$port.c"
    analyze "$port" >"$work/said" 2>&1 || echo "failed" >>"$work/said"
    grep -v '^[0-9]* warnings\{0,1\} generated' "$work/said" >"$work/left" ||
        continue
    echo "analyzers: $port:" && cat "$work/left"
    exit 1
done

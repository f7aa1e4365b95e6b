#!/bin/sh
# tests/build/size/header.sh DIR: measures the header and the ports; one line
# each, a name and a number, for table.awk.  DIR is for what is made on the way.
set -eu
dir=$1
mkdir -p "$dir"
cd "$(dirname "$0")/../../.."

cat >"$dir/header.c" <<END
#define SMH_TOKEN_IMPLEMENTATION
#include "smh_token.h"
extern char size_of_call[sizeof(smh_call)];
#ifdef SIZE_OF_CALL
char size_of_call[sizeof(smh_call)];
#endif
END

# TARGET COMPILER SIZE FLAGS...: code and constants, the compiler's helpers
# included, of what smh_revoke() needs and of all.  memcpy and its like, of
# which every system has its own, count nothing.
code() {
    target=$1 cc=$2 size=$3
    shift 3
    for what in link whole; do
        gc=
        [ $what = whole ] || gc=-Wl,--gc-sections
        "$cc" "$@" -std=c99 -Os -ffunction-sections -fdata-sections -I. \
            -ffreestanding -nostdlib -static -fno-asynchronous-unwind-tables \
            -Wl,--defsym=memcpy=0,--defsym=memset=0,--defsym=memmove=0 \
            $gc -Wl,-e,smh_revoke "$dir/header.c" -lgcc -o "$dir/$target.elf"
        "$size" -A "$dir/$target.elf" >"$dir/$target.size"
        awk -v name="header.$what.$target" '
            $1 ~ /^[.](text|s?rodata|ARM.exidx)/ { sum += $2 }
            END { print name, sum }' "$dir/$target.size"
    done
}
code m0plus arm-none-eabi-gcc arm-none-eabi-size -mthumb -mcpu=cortex-m0plus
code m3 arm-none-eabi-gcc arm-none-eabi-size -mthumb -mcpu=cortex-m3
code rv32imc riscv64-unknown-elf-gcc riscv64-unknown-elf-size -march=rv32imc \
    -mabi=ilp32
code x86_64 gcc size

# The same of all, for the smallest target, without words.
code m0plus arm-none-eabi-gcc arm-none-eabi-size -mthumb -mcpu=cortex-m0plus \
    -DSMH_WORDS=0 | sed -n 's/header.whole/header.silent/p'

m0plus() {
    arm-none-eabi-gcc -mthumb -mcpu=cortex-m0plus -std=c99 -Os -ffreestanding \
        -I. -c "$dir/header.c" -o "$dir/header.o" "$@"
}
m0plus -fcallgraph-info=su -dumpdir "$dir/" -dumpbase header
arm-none-eabi-size -B "$dir/header.o" >"$dir/header.size"
awk 'NR == 2 { print "header.data", $2 + $3 }' "$dir/header.size"
arm-none-eabi-nm --undefined-only --format=posix "$dir/header.o" \
    >"$dir/undefined"
awk '$1 !~ /^(mem(cpy|move|set|cmp)|__.*)$/ { n++ }
    END { print "header.undefined", n + 0 }' "$dir/undefined"
stack=$(awk -f tests/build/size/stack.awk "$dir/header.ci")
echo "header.stack $stack"
m0plus -DSIZE_OF_CALL
arm-none-eabi-nm -S --radix=d "$dir/header.o" >"$dir/symbols"
awk '$4 == "size_of_call" { print "header.call", $2 + 0 }' "$dir/symbols"

# A line is comment if a comment is all that begins on it or goes on.
awk '
    inside || /^[ \t]*\/[*]/ { n++ }
    {
        line = $0
        gsub(/"([^"\\]|\\.)*"/, "", line)
        while (match(line, inside ? "[*]/" : "/[*]")) {
            inside = !inside
            line = substr(line, RSTART + 2)
        }
    }
    END {
        print "header.lines", NR
        printf "header.comment %.0f\n", 100 * n / NR
    }' smh_token.h

# Lines of all functions, by where ctags sees them end.
ctags -x --c-kinds=f --language-force=C --fields=+ne --_xformat='%n %e %N' \
    smh_token.h port/*.h >"$dir/functions"
awk '{ print $2 - $1 + 1 }' "$dir/functions" | sort -n | awk '{ n[NR] = $1 }
    END {
        print "header.median", n[int((NR + 1) / 2)]
        print "header.longest", n[NR]
    }'
echo "ports.tls.lines $(wc -l <port/smh_mbedtls.h)"

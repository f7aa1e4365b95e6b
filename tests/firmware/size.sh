#!/bin/sh
# tests/firmware/size.sh FOLDER: sizes of the image that was built in FOLDER and
# of its pieces, lines of a name and a number of bytes, from the linker's map
# and the debug information.
set -eu
pieces=$(cd "$(dirname "$0")" && pwd)/pieces.awk
cd "$1"

awk -f "$pieces" firmware.map >pieces
cat pieces
awk '/^(code|constants)[.]/ { flash += $2 }
    /^ram[.]/ { ram += $2 }
    /^(code|constants)[.](header|raw|tls) / { ours += $2 }
    END { print "flash", flash; print "ram", ram; print "ours", ours }' pieces

# The code of header and ports alone, with the calls of a super-loop, compiled
# without words (SMH_WORDS 0).  What they call is left open.
arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -nostdlib -o silent.elf silent/smh_*.o \
    -Wl,-e,smh_step,--gc-sections,--unresolved-symbols=ignore-all \
    -Wl,-Map,silent.map \
    -Wl,-u,smh_begin,-u,smh_lwip_raw_port \
    -Wl,-u,smh_mbedtls_init,-u,smh_mbedtls_port
awk -f "$pieces" silent.map |
    awk '/^code[.](header|raw|tls) / { silent += $2 }
        END { print "silent", silent }'

# The structures, and the library's own variables.
arm-none-eabi-readelf --debug-dump=info main.o |
    awk '/DW_TAG_structure_type/ { name = "" }
        /DW_AT_name/ { name = $NF }
        /DW_AT_byte_size/ && name && !(name in size) {
            size[name] = $NF
            name = ""
        }
        END {
            state = size["smh_call"] + size["smh_lwip_raw"]
            state += size["smh_mbedtls"]
            state -= size["mbedtls_ssl_context"] + size["mbedtls_ssl_config"]
            state -= size["mbedtls_x509_crt"]
            print "structures", state
            for (name in size)
                if (name ~ /^smh_(call|lwip_raw|mbedtls)$/)
                    print name, size[name]
        }' >structures
cat structures
awk '$1 ~ /^(ram[.](header|raw|tls)|structures)$/ { state += $2 }
    END { print "state", state }' pieces structures

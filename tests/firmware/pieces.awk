# awk -f pieces.awk firmware.map: what each piece of an image takes, lines of
# memory.piece and a number of bytes.  memory: code, constants, ram.

function number(hex,    value, i) {
    value = 0
    for (i = 3; i <= length(hex); i++)
        value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return value
}

function add(memory, bytes) {
    sum[memory "." piece] += bytes
}

# An input section: its name, address, size and file.
function section(name, bytes, file) {
    if (name ~ /bss[.]arena$/)
        piece = "arena"
    else if (file ~ /smh_token[.]o$/)
        piece = "header"
    else if (file ~ /smh_lwip_raw[.]o$/)
        piece = "raw"
    else if (file ~ /smh_mbedtls[.]o$/)
        piece = "tls"
    else if (file ~ /\/mbedtls\/[^\/]*[.]o$/)
        piece = "mbedtls"
    else if (file ~ /\/lwip\/.*[.]o$/)
        piece = "lwip"
    else if (file ~ /[.]a\(/)
        piece = "libc"
    else
        piece = "rest"
    if (out ~ /bss|data/)
        add("ram", bytes)
    if (out !~ /bss/)
        add(name ~ /^[.](rodata|data)/ ? "constants" : "code", bytes)
}

/^Linker script and memory map/ {
    mapped = 1
}

!mapped {
    next
}

/^[.]/ {
    out = $1
    if (out == ".stack" && NF > 2) {
        piece = "stack"
        add("ram", number($3))
    }
    next
}

/^ [.*]/ && out ~ /^[.](text|ARM[.]exidx|data|bss)$/ {
    if (NF == 1) { # a long name has the rest on the next line
        name = $1
        getline
        $0 = " " name " " $0
    }
    if ($1 == "*fill*")
        $4 = ""
    if ($2 ~ /^0x/ && $3 ~ /^0x/)
        section($1, number($3), $4)
}

/^ COMMON/ && NF == 4 {
    section($1, number($3), $4)
}

END {
    for (s in sum)
        print s, sum[s]
}

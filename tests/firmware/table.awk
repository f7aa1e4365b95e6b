# awk -f table.awk IMAGE/measured...: the images in Markdown, flash and RAM of
# each piece, and what the runs needed.

BEGIN {
    count = split("header=`smh_token.h` raw=`smh_lwip_raw.h` " \
        "tls=`smh_mbedtls.h` lwip=lwIP mbedtls=mbedTLS arena=its~arena " \
        "libc=C~library rest=drivers,~start-up,~example stack=stack", rows, " ")
}

FNR == 1 {
    folders = split(FILENAME, path, "/")
    title = path[folders - 1]
    image[++images] = title
    split(title, part, "-")
    heading = heading " | " part[1] ", mbedTLS " part[2] ", lwIP " part[3]
}

{
    value[title, $1] = $2
}

function cell(name, piece, flash, ram) {
    flash = value[name, "code." piece] + value[name, "constants." piece]
    ram = value[name, "ram." piece] + 0
    return flash " / " ram
}

# Million instructions.
function turns(server, key,    line) {
    line = "| longest turn " server
    for (i = 1; i <= images; i++)
        line = line " | " value[image[i], "run." key]
    print line " |"
}

END {
    print "| flash / RAM, bytes" heading " |"
    line = "|---"
    for (i = 1; i <= images; i++)
        line = line "|--:"
    print line "|"
    for (r = 1; r <= count; r++) {
        split(rows[r], row, "=")
        line = row[2]
        gsub("~", " ", line)
        line = "| " line
        for (i = 1; i <= images; i++)
            line = line " | " cell(image[i], row[1])
        print line " |"
    }
    line = "| **in all**"
    for (i = 1; i <= images; i++)
        line = line " | **" value[image[i], "flash"] " / " \
            value[image[i], "ram"] "**"
    print line " |"
    line = "| arena: enough, spare"
    for (i = 1; i <= images; i++)
        line = line " | " value[image[i], "run.arena"] ", " \
            value[image[i], "ram.arena"] - value[image[i], "run.arena"]
    print line " |"
    line = "| stack: used, spare"
    for (i = 1; i <= images; i++)
        line = line " | " value[image[i], "run.stack"] ", " \
            value[image[i], "ram.stack"] - value[image[i], "run.stack"]
    print line " |"
    turns("with ECDSA", "ecdsa")
    turns("with RSA", "rsa")
    turns("with RSA on P-384", "p384")
}

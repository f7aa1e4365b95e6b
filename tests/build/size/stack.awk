# The deepest way through a call graph of gcc's -fcallgraph-info=su, in bytes.
# A callback of the port is not the header's own and counts nothing; nor do the
# compiler's helpers.  Recursion or a frame of unknown size is an error.

function bytes_of(text) {
    if (!match(text, /[0-9]+ bytes \(static\)/))
        return -1
    return substr(text, RSTART) + 0
}

{
    split($0, quoted, "\"")
}

/^node:/ {
    title = quoted[2]
    frame[title] = bytes_of($0)
    if (frame[title] < 0) {
        if ($0 !~ /shape *: *ellipse/ || title !~ /^(__|mem)/)
            fail("frame of unknown size: " title)
        frame[title] = 0
    }
}

/^edge:/ {
    callees[quoted[2]] = callees[quoted[2]] quoted[4] "\n"
}

function fail(text) {
    print text > "/dev/stderr"
    failed = 1
    exit 1
}

function deepest(from,    list, n, i, below, most) {
    if (from in known)
        return known[from]
    if (from in open)
        fail("recursion: " from)
    open[from] = 1
    n = split(callees[from], list, "\n")
    for (i = 1; i < n; i++) {
        below = deepest(list[i])
        if (below > most)
            most = below
    }
    delete open[from]
    return known[from] = frame[from] + most
}

END {
    if (failed)
        exit 1
    for (title in frame) {
        depth = deepest(title)
        if (depth > worst)
            worst = depth
    }
    if (!worst)
        fail("no call graph")
    print worst
}

# awk -v dir=DIR -v machine=WORDS -v day=DATE -f report.awk limits MEASURED:
# writes results.md to stdout, results.json and distance.dat to DIR; MEASURED is
# as run.sh leaves it.

FNR == NR {
    if ($1 ~ /^asked[.]/) {
        name = asked[++asks] = $1
        most[name] = $3
        $1 = $2 = $3 = ""
        sub(/^ +/, "")
        words[name] = $0
    }
    next
}

{
    add($1, $2)
    split($1, p, ".")
    if (p[1] == "bulk")
        once(sizes, p[2])
    if (p[1] == "bulk")
        once(clients, p[3])
    if (p[1] == "growth")
        once(growths, p[2])
    if (p[1] == "one")
        once(ones, p[2])
    if (p[1] == "far" && p[3] ~ /^[0-9]/) {
        once(trips, p[2])
        once(depths, p[3])
    }
    if ($1 ~ /^build[.]ours/)
        once(windows, p[3])
}

function add(name, number) {
    if (!(name in rounds))
        names[++named] = name
    value[name, ++rounds[name]] = number
}

# The first of a list stands at 1, how many there are at 0.
function once(list, word,    i) {
    for (i = 1; i <= list[0]; i++)
        if (list[i] == word)
            return
    list[++list[0]] = word
}

# ---- numbers ----------------------------------------------------------------

function median(of, n,    i, j, t) {
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && of[j - 1] > of[j]; j--) {
            t = of[j]
            of[j] = of[j - 1]
            of[j - 1] = t
        }
    return n % 2 ? of[(n + 1) / 2] : (of[n / 2] + of[n / 2 + 1]) / 2
}

function known(name) {
    return name in rounds
}

function middle(name,    i, of) {
    for (i = 1; i <= rounds[name]; i++)
        of[i] = value[name, i] + 0
    return median(of, rounds[name])
}

# Of each round by itself; then the median.
function ratio(name, one,    i, of) {
    for (i = 1; i <= rounds[name]; i++)
        of[i] = value[name, i] / value[one, i]
    return median(of, rounds[name])
}

function percent(name, one) {
    return known(name) && known(one) ? sprintf("%.0f", ratio(name, one) * 100) \
                                     : "-"
}

function each(name, n) {
    return known(name) ? sprintf("%.0f", middle(name) / n) : "-"
}

# What no client can do better: one request, then a round trip for each further
# window.
function add_floors(    t, d, i, name, windows) {
    for (t = 1; t <= trips[0]; t++)
        for (d = 1; d <= depths[0]; d++) {
            name = "far." trips[t] "." depths[d] ".floor.wall"
            windows = int((far + depths[d] - 1) / depths[d])
            for (i = 1; i <= rounds["far." trips[t] ".one.wall"]; i++)
                add(name, value["far." trips[t] ".one.wall", i] + \
                          (windows - 1) * trips[t] * 1000)
        }
}

# ---- what was asked for -----------------------------------------------------

function answer(name,    p, ours, n) {
    split(name, p, ".")
    n = sizes[sizes[0]]
    ours = "." n ".ours-" p[3] "."
    if (p[2] == "cpu" || p[2] == "wall")
        return percent("bulk" ours p[2], "bulk." n "." p[4] "." p[2])
    if (p[2] == "far") # HTTP/2 has TLS 1.3, and the floor 1.2
        return percent("far.100." p[3] (p[4] == "h2" ? ".tls1_3" : ".ours") \
                       ".wall", "far.100." p[3] "." p[4] ".wall")
    if (p[2] == "one")
        return each("one." p[3] ".instructions", 1000000)
    if (p[2] == "calls")
        return each("count" ours "recv", 1) + each("count" ours "send", 1) + \
               each("count" ours "poll", 1)
    if (p[2] == "vain")
        return each("count" ours "vain", 1)
    return each("count" ours p[2] (p[2] == "out" ? ".bytes" : ""), n)
}

function show_asked(    i, n, is) {
    print "\n## Goals\n"
    print "| measured | asked | what |\n|--:|--:|---|"
    for (i = 1; i <= asks; i++) {
        n = asked[i]
        is = answer(n)
        printf "| %s | %s%s | %s |\n", is, most[n], \
            is == "-" || is + 0 <= most[n] + 0 ? "" : " (missed)", words[n]
    }
}

# ---- tables -----------------------------------------------------------------

function label(client,    p) {
    split(client, p, "-")
    return p[1] == "ours" ? "smh_revoke, pipeline " p[2] \
         : p[1] == "easy" ? "libcurl easy" \
         : p[1] == "h2" ? "libcurl HTTP/2, " p[2] " streams" \
                        : "h2load --h1 -m " p[2]
}

function show_bulk(n,    i, c, b, k) {
    print "\n## " n " requests of 10 users each\n"
    print "CPU and time with `h2load --h1 -m 32` = 1; instructions per " \
        "request, in all and outside of the libraries for TLS; bytes and TLS " \
        "records per request.\n"
    print "| client | CPU | time | kB of memory | instructions | outside " \
        "| bytes out | in | records out | in | recv | in vain | send | poll " \
        "| connections |"
    print "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for (i = 1; i <= clients[0]; i++) {
        c = clients[i]
        b = "bulk." n "." c "."
        k = "count." n "." c "."
        printf "| %s | %.2f | %.2f | %d", label(c), \
            ratio(b "cpu", "bulk." n ".h2load-32.cpu"), \
            ratio(b "wall", "bulk." n ".h2load-32.wall"), middle(b "rss")
        printf " | %s | %s | %s | %s | %.2f | %.2f", \
            each(k "instructions", n), each(k "outside", n), \
            each(k "out.bytes", n), each(k "in.bytes", n), \
            middle(k "out.records") / n, middle(k "in.records") / n
        printf " | %d | %d | %d | %d | %d |\n", middle(k "recv"), \
            middle(k "vain"), middle(k "send"), middle(k "poll"), \
            middle(k "connections")
    }
}

function show_far(    t, d, f) {
    print "\n## " far " requests far away\n"
    print "Time in seconds.  smh_revoke has TLS 1.2, and 1.3 in its second " \
        "column; HTTP/2 has TLS 1.3, which takes a round trip less.  The " \
        "floor is one request with TLS 1.2, as measured, and a round trip " \
        "for each further window.\n"
    print "| round trip | in flight | smh_revoke | TLS 1.3 | HTTP/2 | floor " \
        "| HTTP/2 = 1 | TLS 1.3 | floor = 1 |"
    print "|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for (d = 1; d <= depths[0]; d++) {
        for (t = 1; t <= trips[0]; t++) {
            f = "far." trips[t] "." depths[d] "."
            printf "| %d ms | %d | %.2f | %.2f | %.2f | %.2f", trips[t], \
                depths[d], middle(f "ours.wall") / 1e6, \
                middle(f "tls1_3.wall") / 1e6, middle(f "h2.wall") / 1e6, \
                middle(f "floor.wall") / 1e6
            printf " | %.2f | %.2f | %.2f |\n", \
                ratio(f "ours.wall", f "h2.wall"), \
                ratio(f "tls1_3.wall", f "h2.wall"), \
                ratio(f "ours.wall", f "floor.wall")
            print trips[t], middle(f "floor.wall") / 1e6, \
                middle(f "h2.wall") / 1e6, middle(f "ours.wall") / 1e6 \
                >(dir "/distance.dat")
        }
        print "\n" >(dir "/distance.dat") # the next index of gnuplot
    }
}

function show_one(    i, o, p) {
    print "\n## One request\n"
    print "All of smh_revoke, from its start to its end; TCP has one of the " \
        "round trips.\n"
    print "| TLS | M instructions | round trips | bytes of heap | bytes out " \
        "| in |\n|---|--:|--:|--:|--:|--:|"
    for (i = 1; i <= ones[0]; i++) {
        o = "one." ones[i] "."
        split(ones[i], p, "-")
        gsub(/_/, ".", p[1])
        sub(/_/, " ", p[2])
        sub(/_/, ".", p[2])
        printf "| %s, %s | %.1f | %d | %d | %d | %d |\n", p[1], p[2], \
            middle(o "instructions") / 1e6, middle(o "trips"), \
            middle(o "heap"), middle(o "out.bytes"), middle(o "in.bytes")
    }
}

function show_growth(    i, g) {
    print "\n## Growth\n"
    print "smh_revoke --dry-run.\n"
    print "| users | instructions per user | kB of memory |\n|--:|--:|--:|"
    for (i = 1; i <= growths[0]; i++) {
        g = "growth." growths[i] "."
        printf "| %d | %d | %d |\n", growths[i], \
            middle(g "instructions") / growths[i], middle(g "rss")
    }
}

function show_micro(    i, w) {
    print "\n## Building and reading\n"
    print "Instructions for a request of 10, 100 and 100 ids of 16 bytes " \
        "through a buffer, checking and counting included, and for an answer " \
        "of nginx to it.  curl_easy_escape() and snprintf() build the " \
        "request in " middle("build.curl.8192") "; smh_read() reads the " \
        "answer in " middle("read.ours.8192") ", byte by byte.\n"
    print "| buffer | smh_step() builds | memcpy() of it | llhttp reads " \
        "| memcpy() of it |\n|--:|--:|--:|--:|--:|"
    for (i = 1; i <= windows[0]; i++) {
        w = windows[i]
        printf "| %d | %d | %d | %d | %d |\n", w, middle("build.ours." w), \
            middle("build.memcpy." w), middle("read.llhttp." w), \
            middle("read.memcpy." w)
    }
}

function write_json(to,    i, k, n) {
    gsub(/["\\]/, "", machine)
    printf "{\n\"machine\": \"%s\",\n\"day\": \"%s\"", machine, day >to
    for (i = 1; i <= named; i++) {
        n = names[i]
        printf ",\n\"%s\": [", n >to
        for (k = 1; k <= rounds[n]; k++)
            printf "%s%s", (k > 1 ? ", " : ""), value[n, k] >to
        printf "]" >to
    }
    print "\n}" >to
}

function show_all(    i) {
    print "# What it costs, beside others that do the same\n"
    print "Written by `make bench` on " day "; " machine ".  " \
        "[run.sh](run.sh) says what is compared.  Ratios are medians of " \
        "those within a round; [results.json](results.json) has every round.\n"
    print "![time against round trip](distance.svg)"
    show_asked()
    for (i = sizes[0]; i > 0; i--)
        show_bulk(sizes[i])
    show_far()
    show_one()
    show_growth()
    show_micro()
}

END {
    far = value["far.requests", 1]
    add_floors()
    show_all()
    write_json(dir "/results.json")
}

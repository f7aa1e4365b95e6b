# awk -v groups="header ports" -f table.awk limits MEASURED: measured lines are
# a name and a number.  Prints them against the limits; fails if one is broken,
# not measured, or not known.

BEGIN {
    split(groups, list, " ")
    for (i in list)
        wanted[list[i]] = 1
    printf "%8s  %-9s %s\n", "measured", "allowed", "what"
}

/^#/ || NF == 0 {
    next
}

FNR == NR {
    group = $1
    sub(/[.].*/, "", group)
    if (!(group in wanted))
        next
    name[++count] = $1
    least[$1] = $2
    most[$1] = $3
    $1 = $2 = $3 = ""
    sub(/^ +/, "")
    words[name[count]] = $0
    next
}

!($1 in most) || $2 !~ /^[0-9]+$/ {
    print "not understood: " $0
    broken++
    next
}

{
    value[$1] = $2
}

function allowed(n) {
    if (most[n] == "-")
        return "-"
    return least[n] > 0 ? least[n] ".." most[n] : "<= " most[n]
}

function verdict(n) {
    if (!(n in value))
        return "  NOT MEASURED"
    if (value[n] < least[n] + 0 || (most[n] != "-" && value[n] > most[n] + 0))
        return "  BROKEN"
    return ""
}

END {
    for (i = 1; i <= count; i++) {
        n = name[i]
        said = verdict(n)
        broken += said != ""
        printf "%8s  %-9s %s%s\n", value[n], allowed(n), words[n], said
    }
    exit broken > 0
}

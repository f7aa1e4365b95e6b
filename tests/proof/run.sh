#!/bin/sh
# tests/proof/run.sh DIR CLAIMS: proves a table of claims with CBMC, two at a
# time, and says so in TAP; DIR is for what is made on the way.  Each assertion
# must have a fault and each waiver be needed.  A row is
#     claim ENTRY FILE WORD...
#     fault WANT | EXPRESSION
# A claim is proved of smh_token.h as it is, once with the int and size_t of
# this machine and once with those of 16 bits.  A word F:G puts G in the place
# of F, one that ends in .loop is the contract of a loop (JSON, but for line
# breaks in its strings), -D is for the compiler, all else for CBMC.  A fault is
# of the claim above it: that expression of sed is done to the header, and the
# assertion with the text WANT must fail.
set -eu
cd "$(dirname "$0")/../.."
dir=$1
mkdir -p "$dir"
rm -rf "$dir"/[0-9]*
tests/trixie.sh 6.6 cbmc minisat

awk -v OFS='\t' '
    /^claim / {
        entry = $2
        file = $3
        sub(/^claim +[^ ]+ +[^ ]+ */, "")
        words = $0
        print "claim", 64, entry, file, words
        print "claim", 16, entry, file, words
    }
    /^ *fault / {
        sub(/^ *fault +/, "")
        bar = index($0, " | ")
        print "fault", 64, entry, file, words, substr($0, 1, bar - 1),
            substr($0, bar + 3)
    }' "$2" >"$dir/jobs"
n=$(wc -l <"$dir/jobs")

# Lines that come in are what is wrong.
verdict() {
    lines=$(sed 's/^/#     /')
    echo "${lines:+not }ok $1 - $2"
    [ -z "$lines" ] || echo "$lines"
}

whole() {
    sort -u "$dir"/[0-9]*/claims | while read -r text; do
        cut -f 6 "$dir/jobs" | grep -qxF "$text" || echo "$text"
    done | verdict $((n + 1)) "each assertion has a fault that it sees"
    grep -v '^#' tests/proof/waivers | while read -r waiver; do
        cat "$dir"/[0-9]*/waived | grep -qxF "$waiver" || echo "$waiver"
    done | verdict $((n + 2)) "each waiver is needed"
}

{
    build/cbmc/run cbmc --version | sed 's/^/# CBMC /'
    echo "1..$((n + 2))"
    seq "$n" | xargs -P 2 -n 1 tests/proof/job.sh "$dir" || :
    whole
    cat "$dir"/[0-9]*/seconds |
        awk '{ sum += $1 } END { print "# CPU seconds:", sum }'
} | tee "$dir/tap"
[ "$(grep -c '^ok ' "$dir/tap")" = $((n + 2)) ]

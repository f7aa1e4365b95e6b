#!/bin/sh
# Revokes tokens on a stand-in of the service, over verified TLS, and shows what
# is left.  `make demo` builds what it needs.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
dir=$(mktemp -d)
library=smh0demo
. examples/smh_standin/standin.sh

end() {
    [ -z "${standin-}" ] || standin_stop
    rm -rf "$dir"
}
trap end EXIT
trap 'exit 130' INT TERM

guests=$(seq -f 'g%02g' 25)

everybody() {
    printf '%s\n' 'alice phone' 'alice laptop' 'bob phone' 'bob laptop' \
        'carol phone'
    printf '%s phone\n' $guests
}

tokens() {
    standin_get tokens | awk '{ print $1 "/" $2 }'
}

show_tokens() {
    echo "  $(tokens | wc -l) tokens:"
    tokens | tr '\n' ' ' | fold -s -w 74 | sed 's/^/    /; s/ *$//'
    echo
}

# Requests as the service has received them, and what it answered.
show_exchange() {
    standin_get log | grep ' DELETE ' | tail -n "+$((seen + 1))" >"$dir/log"
    seen=$((seen + $(wc -l <"$dir/log")))
    awk '{ line = "    " $3 " " $4 " -> " $5
           sub("&user_id", "\n           \\&user_id", line)
           print line }' "$dir/log"
}

# revoke OPTION...: by the tool, as anybody would
revoke() {
    echo
    echo "$ $B/smh_revoke --host localhost:$port --library $library \\"
    echo "    --ca $dir/ca.pem --secret-file $dir/secret" "$@"
    "$B/smh_revoke" --host "localhost:$port" --library "$library" \
        --ca "$dir/ca.pem" --secret-file "$dir/secret" "$@" >"$dir/said"
    show_exchange
    sed 's/^/  /' "$dir/said"
    show_tokens
}

# expect: the tokens that should be left are on stdin
expect() {
    sort >"$dir/expected"
    tokens | tr / ' ' | sort | diff "$dir/expected" - && return 0
    echo "demo: these are not the tokens that should be left" >&2
    exit 1
}

standin_start
everybody | standin_create
seen=0
echo "A stand-in of the service, with tokens of 28 users:"
show_tokens

echo
echo "1. Alice has lost her phone."
revoke --user alice --client phone
everybody | grep -v 'alice phone' | expect

echo
echo "2. Bob has left."
revoke --user bob
everybody | grep -v -e 'alice phone' -e bob | expect

echo
echo "3. The party is over: 25 guests in one call, their ids on stdin."
printf '%s\n' $guests >"$dir/guests"
revoke --users - <"$dir/guests"
printf '%s\n' 'alice laptop' 'carol phone' | expect

echo
echo "Exactly the right tokens are left."

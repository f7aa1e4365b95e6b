#!/bin/sh
# tests/live.sh: what the real service answers, with a library of your own.  It
# makes tokens of users whom nobody else has, revokes them, and prints a record of
# the answers.  No test runs it.  It wants
#
#   SMH_HOST         the library's host, or HOST:PORT
#   SMH_LIBRARY      its id
#   SMH_SECRET_FILE  a file with its secret
#
# and heeds SMH_SPACE (a space id, if tokens need one), SMH_CA (a PEM) and B,
# the folder of smh_revoke (build).  Status 0: all was as documented; 1: the
# record says what was not; 2: something is missing.
set -eu

missing=
for name in SMH_HOST SMH_LIBRARY SMH_SECRET_FILE; do
    eval "[ -n \"\${$name-}\" ]" || missing="$missing $name"
done
[ -z "$missing" ] || {
    echo "live: set$missing" >&2
    exit 2
}
B=${B:-$(dirname "$0")/../build}
for file in "$B/smh_revoke" "$SMH_SECRET_FILE"; do
    [ -r "$file" ] || {
        echo "live: no $file" >&2
        exit 2
    }
done
umask 077
work=$(mktemp -d)
user=smh-token-test-$(date +%s)-$$
differs=0

# Whatever happens, no token stays; or it is said whose may.
# shellcheck disable=SC2317 # the trap calls it
end() {
    code=$?
    status=204
    [ ! -e "$work/users" ] || revoke "$SMH_SECRET_FILE" --users "$work/users"
    if [ "$status" != 204 ]; then
        echo "live: tokens may be left, of these users:" >&2
        cat "$work/users" >&2
        code=1
    fi
    rm -rf "$work"
    exit $code
}
trap end EXIT
trap 'exit 130' INT TERM HUP

# ask LINE...: curl with these lines of configuration, which no list of
# processes shows.  The status is in $status, the body in a file.
ask() {
    status=$(printf '%s\n' "$@" 'silent' 'max-time = 60' \
        "output = $(quoted "$work/body")" 'write-out = "%{http_code}"' \
        ${SMH_CA:+"cacert = $(quoted "$SMH_CA")"} |
        curl -q --proto =https -K -) || status="no answer (curl: $?)"
}

quoted() {
    printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"
}

# create USER: a token in $token
create() {
    echo "$1" >>"$work/users"
    ask "url = https://$SMH_HOST/api/v1/token" get \
        "data-urlencode = $(quoted "library_id=$SMH_LIBRARY")" \
        "data-urlencode = $(quoted "library_secret=$(cat "$SMH_SECRET_FILE")")" \
        "data-urlencode = user_id=$1" \
        ${SMH_SPACE:+"data-urlencode = $(quoted "space_id=$SMH_SPACE")"}
    token=$(sed -n 's/.*"accessToken" *: *"\([A-Za-z0-9._~-]*\)".*/\1/p' \
        "$work/body" 2>/dev/null) || :
}

# renew TOKEN: 200 if it is alive
renew() {
    ask "url = https://$SMH_HOST/api/v1/token/$SMH_LIBRARY/$1" 'data = ""'
}

# revoke SECRET-FILE OPTION...: by the tool; $status as above
revoke() {
    secret=$1
    shift
    "$B/smh_revoke" --host "$SMH_HOST" --library "$SMH_LIBRARY" --json \
        ${SMH_CA:+--ca "$SMH_CA"} --secret-file "$secret" "$@" \
        >"$work/json" 2>"$work/said" || :
    status=$(sed -n 's/.*"status": *\([0-9]*\).*/\1/p' "$work/json")
}

# record WANTED STEP: a line of the table; WANTED is a pattern of statuses
record() {
    # shellcheck disable=SC2254
    case $status in
    $1) echo "| $2 | $status |" ;;
    *)
        echo "| $2 | **${status:-none}**, not $1 |"
        differs=1
        ;;
    esac
}

# gone STEP TOKEN...: all are refused, now or within some seconds
gone() {
    step=$1 seconds=0
    shift
    while alive "$@" && [ $seconds -lt 5 ]; do
        sleep 1
        seconds=$((seconds + 1))
    done
    record '4??' "$step, after $seconds s"
}

# alive TOKEN...: one is not refused; $status is its answer
alive() {
    for token; do
        renew "$token"
        case $status in
        4??) ;;
        *) return 0 ;;
        esac
    done
    return 1
}

case ${SMH_HOST%:*} in
*.*) masked="***.${SMH_HOST#*.}" ;;
*) masked="***" ;;
esac
echo "Seen on $(date -u +%Y-%m-%d) at \`$masked\` by $("$B/smh_revoke" -V):"
echo
echo "| step | answer |"
echo "|---|---|"

create "$user-other"
other=$token
record 200 "create a token of another user"
create "$user"
record 200 "create a token"
renew "$token"
record 200 "renew it: it is alive"
revoke "$SMH_SECRET_FILE" --user "$user"
record 204 "revoke it"
gone "renew it: it is gone" "$token"
renew "$other"
record 200 "renew that of the other user: it is alive"

echo no-secret-of-anybody >"$work/wrong"
revoke "$work/wrong" --user "$user-other"
record 404 "revoke with a wrong secret"
renew "$other"
record 200 "renew that of the other user: it is alive"
revoke "$SMH_SECRET_FILE" --user "$user-nobody"
record 204 "revoke an unknown user"

set --
tokens=
for n in 0 1 2 3 4 5 6 7 8 9; do
    create "$user-$n"
    tokens="$tokens $token"
    set -- "$@" --user "$user-$n"
done
revoke "$SMH_SECRET_FILE" "$@"
record 204 "revoke ten users in one request"
# shellcheck disable=SC2086
gone "renew theirs: all are gone" $tokens
exit $differs

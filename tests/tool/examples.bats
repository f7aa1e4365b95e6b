#!/usr/bin/env bats
# The smallest example, and the demo.

load common

minimal() {
    SMH_LIBRARY_SECRET=${1-} "$B/minimal" localhost "$port" \
        "${CA-$dir/ca.pem}" "$library" "${@:2}"
}

@test "minimal revokes the users it is given" {
    tokens 'a x' 'b x' 'c x'
    check 0 minimal "$secret" a b
    [ "$output" = done ]
    left 'c x'
}

@test "minimal says what went wrong" {
    tokens 'a x'
    failed() { # WORDS SECRET USER...
        local words=$1
        shift
        check 1 minimal "$@"
        [[ $output == *$words* ]] || { echo "$output" && return 1; }
        [ "$(wc -l <<<"$output")" = 1 ]
    }
    failed 404 wrong a
    failed "secret empty" "" a
    port=1 failed "network failed*refused by 127.0.0.1:1" "$secret" a
    CA=$dir/other-ca-root.pem failed "not signed by a CA" "$secret" a
    CA=/nonexistent failed "no CA given" "$secret" a
    standin_set "fault=2:status:500"
    failed 'the service failed' "$secret" $(seq 25)
    refused() { # COMMAND...
        check 2 "$@"
        [ "$output" = "SMH_LIBRARY_SECRET=\$(cat FILE) minimal HOST PORT CA LIBRARY \
USER...
where PORT is a number from 1 to 65535" ]
    }
    refused minimal "$secret"
    refused "$B/minimal" localhost "$port" "$dir/ca.pem" "$library" a
    for bad in "" 0 65536 99999 "$((65536 + port))" -1 1x x \
        99999999999999999999; do
        port=$bad refused minimal "$secret" a
    done
    left 'a x'
}

@test "minimal is 40 lines of code at most" {
    [ "$(gcc -fpreprocessed -dD -E -P examples/minimal.c | grep -c .)" -le 40 ]
}

@test "minimal is built by the command that it names" {
    sed -n 's/^ [*]  *\(gcc .*\)/\1/p; s/^ [*]  *\(examples.*\)/\1/p' \
        examples/minimal.c | sed 's|-o minimal|-o "$tmp/minimal"|' \
        >"$tmp/build"
    grep -q '^gcc -std=c99 ' "$tmp/build"
    . "$tmp/build"
    check 2 "$tmp/minimal"
}

demo() {
    TMPDIR=$tmp/demo examples/demo.sh
}

@test "the demo ends well, tells no secret and leaves nothing" {
    mkdir "$tmp/demo"
    check 0 demo
    [[ $output == *"Exactly the right tokens are left."* ]]
    [[ $output == *"library_secret=***"* ]]
    no grep -qE '[0-9a-f]{64}' <<<"$output$stderr"
    [ -z "$stderr" ]
    [ -z "$(ls "$tmp/demo")" ]
    [ -z "$(pgrep -f "$tmp/demo")" ]
}

@test "the demo fails if the tokens that are left are not the right ones" {
    mkdir "$tmp/bin" "$tmp/demo"
    ln -s "$B/smh_standin" "$tmp/bin/smh_standin"
    ln -s "$(type -P true)" "$tmp/bin/smh_revoke"
    B=$tmp/bin check 1 demo
    says "not the tokens that should be left"
    [ -z "$(ls "$tmp/demo")" ]
}

@test "minimal takes the secret out of its environment while it runs" {
    standin_set "fault=1:silent"
    SMH_LIBRARY_SECRET=$secret "$B/minimal" localhost "$port" "$dir/ca.pem" \
        "$library" a 2>"$tmp/stderr" &
    others="$others $!"
    wait_for at_least 1
    grep -aq '^HOME=\|PATH=' "/proc/$!/environ"
    no grep -aqF "$secret" "/proc/$!/environ"
}

#!/usr/bin/env bats
# tests/live.sh, which is for the real service, here against the stand-in.

load common

# Logs what each program is called with, where all users of a machine see it.
logged() {
    printf '%s\n' '#!/bin/sh' "printf '%s\\n' \"\$@\" >>'$tmp/arguments'" \
        "exec '$2' \"\$@\"" >"$tmp/bin/$1"
    chmod +x "$tmp/bin/$1"
}

live() {
    env SMH_HOST="localhost:$port" SMH_LIBRARY="$library" SMH_CA="$dir/ca.pem" \
        SMH_SECRET_FILE="$dir/secret" "$@" tests/live.sh
}

@test "the live test records each step, and leaves nothing" {
    mkdir "$tmp/bin"
    logged smh_revoke "$B/smh_revoke"
    logged curl "$(command -v curl)"
    check 0 live B="$tmp/bin" PATH="$tmp/bin:$PATH"
    [ -z "$stderr" ]
    [ "$(grep -cE '^[|] .* [|] (200|204|403|404) [|]$' <<<"$output")" = 11 ]
    left
    grep -q -e '--secret-file' "$tmp/arguments"
    grep -qx -e -K "$tmp/arguments"
    no grep -qF -e "$secret" -e acctk "$tmp/arguments"
}

@test "the live test sees a 204 that revokes nothing" {
    standin_set fault=1:status:204
    check 1 live
    grep -qF '| renew it: it is gone, after 5 s | **200**, not 4?? |' <<<"$output"
    [ "$(grep -cF '| **' <<<"$output")" = 1 ]
    left
}

@test "the live test says whose tokens may be left" {
    mkdir "$tmp/a folder"
    standin_set fault=5:status:403
    check 1 live TMPDIR="$tmp/a folder"
    says "tokens may be left, of these users:" "-other"
    [ "$(grep -cE '^[|] .* [|] (200|204|403|404) [|]$' <<<"$output")" = 11 ]
    [ -z "$(ls "$tmp/a folder")" ]
}

@test "the live test says what is missing" {
    check 2 live SMH_HOST= SMH_LIBRARY=
    says 'set SMH_HOST SMH_LIBRARY'
    check 2 live SMH_SECRET_FILE="$tmp/none"
    says "no $tmp/none"
    [ -z "$(received)" ]
}

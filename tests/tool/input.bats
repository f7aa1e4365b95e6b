#!/usr/bin/env bats
# The command line, the secret and the lists: what is refused, in which words.

load common

# refused WORDS OPTION...: with status 2, and nothing is sent in the whole test.
refused() {
    local words=$1
    shift
    silent=1
    check 2 revoke "$@"
    says "$words" "nothing was sent"
    [ -z "$output" ]
}

teardown() {
    [ -z "${silent-}" ] || [ -z "$(received)" ]
}

bare() {
    "$B/smh_revoke" "$@"
}

@test "--help tells every option and every exit status, --version the version" {
    check 0 bare --help
    for option in host library ca user users client clients session sessions \
        secret-file timeout retries pipeline buffer resume dry-run json \
        quiet; do
        [[ $output == *"  --$option "* ]]
    done
    for status in 0 1 2 3 4 5; do
        grep -q "^  $status  [a-zA-Z]" <<<"$output"
    done
    [ -z "$stderr" ]
    [ "$(wc -L <<<"$output")" -le 80 ]
    check 0 bare --version
    [ "$output" = "smh_revoke $(sed -n \
        's/.*define SMH_TOKEN_VERSION "\(.*\)"/\1/p' smh_token.h)" ]
}

@test "what is missing is named" {
    check 2 bare
    says "--host is missing" "--help"
    check 2 bare --host localhost
    says "--library is missing"
    refused "no user"
    check 2 bare --host
    says "--host: its value is missing"
}

@test "unknown options and stray words are refused" {
    refused "--bogus: no such option" --user a --bogus
    refused "--quiet: takes no value" --user a --quiet=3
    refused "-x: no such option" --user a -x
    refused "behind --user and its value: an option was expected" \
        --user alice bob
    refused "behind --user and its value: an option was expected" \
        --user alice -- bob
    refused "behind --quiet: an option was expected" --user alice --quiet bob
    check 2 bare --help --bogus
    says "--bogus: no such option"
    [ -z "$output" ]
}

@test "an option in one word with its value, in any order" {
    tokens 'a=b x' 'c x'
    check 0 revoke --json --user=a=b
    left 'c x'
}

# Before and behind the options that are right.
untold() {
    check 2 bare "$@" --host localhost:1 --library l --user a
    says "$words"
    [[ $stderr != *TOPSECRET* ]]
    check 2 bare --host localhost:1 --library l --user a --json "$@"
    says "$words"
    [[ $output$stderr != *TOPSECRET* ]]
}

@test "options are not abbreviated" {
    for option in --lib --hos --use --timeou --pipe --resum --secre --j; do
        check 2 bare --host localhost:1 --user a "$option" TOPSECRET
        says "option"
        [[ $stderr != *TOPSECRET* ]]
    done
    refused "--jso: no such option" --user a --jso
}

@test "a secret given where it does not belong is not told" {
    words="the secret has no option: set SMH_LIBRARY_SECRET or give"
    for option in --secret --secrets --secret-fil --secret-files; do
        untold "$option" TOPSECRET
        untold "$option=TOPSECRET"
    done
    untold --secretTOPSECRET
    words="--library-secret: no such option"
    untold --library-secret TOPSECRET
    untold --library-secret=TOPSECRET
    words="-s: no such option"
    untold -sTOPSECRET
    untold -s TOPSECRET
    words="an option was expected"
    untold TOPSECRET
    untold -- TOPSECRET
    words="--ca: its value is missing before --"
    untold --ca --secret=TOPSECRET
    words="--secret-file: cannot be read: No such file or directory"
    untold --secret-file TOPSECRET
    untold --secret-file=TOPSECRET
}

@test "an option without its value does not swallow the next one" {
    refused "--client: its value is missing before --quiet" \
        --user a --client --quiet
    check 2 revoke --user --json
    jq -e '.error | test("--user: its value is missing before --json")' \
        <<<"$output"
}

@test "what is to be given once is not given twice" {
    refused "--library is given twice" --user a --library other
    refused "--timeout is given twice" --user a --timeout 1 --timeout 2
    refused "--users is given twice" --users /dev/null --users /dev/null
}

@test "numbers are read to the letter and within their ranges" {
    for bad in '' -1 +1 1x 0x10 1.5 ' 1' 1e3 99999999999999999999; do
        for option in timeout retries pipeline buffer resume; do
            refused "--$option: want a whole number from" \
                --user a "--$option" "$bad"
        done
    done
    for option in timeout pipeline buffer; do
        refused "--$option: want a whole number from 1 to" \
            --user a "--$option" 0
    done
    refused "to 65535" --user a --pipeline 65536
    refused "to 86400" --user a --timeout 86401
}

@test "hosts: name, IPv4 and IPv6 with a port; anything else is refused" {
    for host in http://localhost localhost: localhost:0 localhost:65536 \
        localhost:4x ::1 '[::1' '[::1]x' localhost/ 'local host' 'a@b' ''; do
        check 2 bare --host "$host" --library l --user a --dry-run
        says "host"
    done
    for host in localhost localhost:8443 127.0.0.1:1 '[::1]' '[::1]:8443'; do
        check 0 bare --host "$host" --library l --user a --dry-run
    done
}

# ---- secret -----------------------------------------------------------------

@test "the secret comes from the environment or from a file, which wins" {
    export SMH_LIBRARY_SECRET=$secret
    check 0 bare --host "localhost:$port" --library "$library" \
        --ca "$dir/ca.pem" --user a
    SMH_LIBRARY_SECRET=wrong
    check 1 bare --host "localhost:$port" --library "$library" \
        --ca "$dir/ca.pem" --user a
    check 0 revoke --user a
}

@test "one line end after the secret is no part of it" {
    for end in '' '\n' '\r\n'; do
        (umask 077 && printf "%s$end" "$secret" >"$tmp/secret")
        check 0 bare --host "localhost:$port" --library "$library" \
            --ca "$dir/ca.pem" --user a --secret-file "$tmp/secret"
        [ -z "$stderr" ]
    done
    bare --host "localhost:$port" --library "$library" --ca "$dir/ca.pem" \
        --user a --secret-file /dev/stdin <"$dir/secret"
}

secret_refused() {
    check 2 bare --host localhost:1 --library l --user a \
        --secret-file "$tmp/secret"
    says "$@"
}

@test "a secret that cannot be one is refused" {
    check 2 bare --host localhost:1 --library l --user a
    says "no secret" SMH_LIBRARY_SECRET --secret-file
    secret_refused "--secret-file: cannot be read: No such file"
    : >"$tmp/secret"
    secret_refused "empty"
    printf 'one\ntwo\n' >"$tmp/secret"
    secret_refused "one line"
    printf 'o\0e\n' >"$tmp/secret"
    secret_refused "one line"
    printf '%5000d' 0 >"$tmp/secret"
    secret_refused "one line"
    printf ' blank\n' >"$tmp/secret"
    secret_refused "secret"
    SMH_LIBRARY_SECRET=$(printf '%5000d' 0) \
        check 2 bare --host localhost:1 --library l --user a
    says "SMH_LIBRARY_SECRET: longer than"
}

@test "a secret that everybody can read raises a warning" {
    cp "$dir/secret" "$tmp/secret"
    chmod 644 "$tmp/secret"
    set -- --host "localhost:$port" --library "$library" --ca "$dir/ca.pem" \
        --user a --secret-file "$tmp/secret"
    check 0 bare "$@"
    says "warning" "chmod"
    check 0 bare "$@" --quiet
    [ -z "$stderr" ]
}

# ---- lists ------------------------------------------------------------------

@test "files: CRLF, a byte order mark, no newline at the end" {
    tokens 'a x' 'b x' 'c x' 'd x'
    printf '\357\273\277a\r\nb\nc' >"$tmp/users"
    check 0 revoke --users "$tmp/users"
    left 'd x'
}

# line_refused LINE TEXT WORDS: as users, as clients and as sessions
line_refused() {
    printf "$2" >"$tmp/list"
    refused "$tmp/list:$1: $3" --users "$tmp/list"
    refused "$tmp/list:$1: $3" --user u --user v --users "$tmp/list"
    refused "$tmp/list:$1: $3" --user u --client c --clients "$tmp/list"
    refused "$tmp/list:$1: $3" --user u --sessions "$tmp/list"
}

@test "a line that is no id is refused with its number" {
    line_refused 2 'a\n\nb\n' 'empty line'
    line_refused 2 'a\n\r\nb\n' 'empty line'
    line_refused 3 'a\nb\n\n' 'empty line'
    line_refused 1 '\n' 'empty line'
    line_refused 2 'a\n\xef\xbb\xbfb\n' 'byte order mark'
    line_refused 2 'a\nb,c\n' '*comma'
    line_refused 3 'a\nb\n c\n' '*blank'
    line_refused 1 'a\tb\n' 'control byte 0x09'
    line_refused 1 'a\rb\r' 'control byte 0x0d'
    line_refused 1 'a\0b\n' 'control byte 0x00'
}

@test "a line that is too long is refused, however long" {
    (echo a && head -c 20000000 /dev/zero | tr '\0' x) >"$tmp/users"
    refused "$tmp/users:2: longer than any id" --users "$tmp/users"
    (echo a && printf '%07990d\n' 0) >"$tmp/users"
    refused "$tmp/users:2: *too long" \
        --users "$tmp/users"
}

@test "an error far down a list is found before anything is sent" {
    (seq 2500 && echo 'x,y') >"$tmp/users"
    refused "$tmp/users:2501: *comma" --users "$tmp/users"
    refused "$tmp/users:2501: *comma" --user v --users "$tmp/users"
    refused "stdin:2501: *comma" --users - <"$tmp/users"
}

@test "ids of the command line are named by their number" {
    refused "--user, no. 2: *comma" --user a --user b,c
    refused "--client, no. 1: empty id: is the shell variable set?" \
        --user a --client ''
    refused "--user, no. 1: empty id: is the shell variable set?" --user ''
    refused "--session, no. 1: *blank" --user a --session ' s'
}

@test "a list that is empty or not there is refused" {
    refused "--users /dev/null: no id" --user a --users /dev/null
    says "next: put the users into it"
    refused "--clients /dev/null: no id in it; without a filter all clients' \
tokens would go" --user a --clients /dev/null
    says "next: mend the file, or leave --clients out to mean that"
    refused "--sessions stdin: no id*all sessions' tokens" \
        --user a --sessions - </dev/null
    says "leave --sessions out"
    refused "--users $tmp/none: No such file" --users "$tmp/none"
    refused "--users $tmp: Is a directory" --users "$tmp"
    says "next: check that --users names a file"
}

@test "whatever is refused, it is said what to do next" {
    for what in '--user a,b' '--users /nonexistent' '--clients /nonexistent' \
        '--ca /nonexistent' '--ca /dev/null' '--timeout x' '--resume 2' \
        '--bogus'; do
        check 2 bare --host localhost:1 --library l --user a \
            --secret-file "$dir/secret" $what
        says "next: "
    done
    printf 'a\n\n' >"$tmp/users"
    refused "empty line" --users "$tmp/users"
    says "next: mend the line"
    printf 'a\nb,c\n' >"$tmp/users"
    refused "comma" --users "$tmp/users"
    says "next: mend that line"
}

@test "too many requests to count are refused" {
    seq 12000 >"$tmp/ids"
    refused "split the lists" --user a --user b --clients "$tmp/ids" \
        --sessions "$tmp/ids" --users "$tmp/ids"
}

@test "CA files that are not, and libraries that cannot be" {
    check 2 bare --host localhost:1 --library l --user a \
        --secret-file "$dir/secret" --ca "$tmp/none"
    says "--ca: $tmp/none"
    check 2 bare --host localhost:1 --library l --user a \
        --secret-file "$dir/secret" --ca /dev/null
    says "--ca: /dev/null"
    for id in '' . .. ' l'; do
        check 2 bare --host localhost:1 --library "$id" --user a \
            --secret-file "$dir/secret"
        says "library id"
    done
}

@test "--resume beyond the end is refused, at the end there is nothing to do" {
    seq 25 >"$tmp/users"
    refused "there are only 3 requests" --users "$tmp/users" --resume 4
    check 0 revoke --users "$tmp/users" --resume 3
    [ "$output" = "all 3 requests confirmed, earlier runs included" ]
    [ -z "$(received)" ]
}

@test "with --json illegal input is told in an object too" {
    check 2 revoke --user a --user b,c --json
    jq -e '.status == null and .requests == 0 and .confirmed == 0 and
        (.error | test("no. 2.*comma")) and .exit == 2' <<<"$output"
    check 2 bare --bogus --json
    jq -e '.error == "--bogus: no such option" and
        (.next | test("--help"))' <<<"$output"
    check 2 revoke --json --users $'no"such\\file\n\x01\xff\xe9\u00fc'
    jq -e --arg name $'no"such\\file\n\x01\ufffd\ufffd\u00fc' \
        '.error | startswith("--users " + $name + ": ")' <<<"$output"
}

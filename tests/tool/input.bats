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
    for option in host library connect ca user users client clients session sessions \
        secret-file timeout retries pipeline buffer resume dry-run json \
        quiet literal-ids check verbose; do
        [[ $output == *"  --$option "* ]]
    done
    for status in 0 1 2 3 4 5 6; do
        grep -q "^  $status  [a-zA-Z]" <<<"$output"
    done
    [ -z "$stderr" ]
    [ "$(wc -L <<<"$output")" -le 80 ]
    grep -q '^Examples:' <<<"$output"
    help=$output
    for short in -h -Vh -hV; do
        check 0 bare $short
        [ "$output" = "$help" ]
    done
    check 0 bare -V
    version=$output
    check 0 bare --version
    [ "$output" = "$version" ]
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
    refused "after --user and its value comes a word that is not an option" \
        --user alice bob
    refused "after --user and its value comes a word that is not an option" \
        --user alice -- bob
    refused "after --quiet comes a word that is not an option" \
        --user alice --quiet bob
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
    words="a word that begins with -- is no option"
    untold --SECRET:TOPSECRET
    untold --TOPSECRET
    untold --secre7TOPSECRET=x
    untold --a-name-longer-than-any-option-has
    words="-s: no such option"
    untold -sTOPSECRET
    untold -s TOPSECRET
    words="not an option"
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
        for option in timeout retries pipeline buffer; do
            refused "--$option: want a whole number from" \
                --user a "--$option" "$bad"
        done
        refused "--resume: want N:HASH" --user a --resume "$bad"
    done
    for option in timeout pipeline buffer; do
        refused "--$option: want a whole number from 1 to" \
            --user a "--$option" 0
    done
    refused "to 65535" --user a --pipeline 65536
    refused "to 86400" --user a --timeout 86401
}

# host_refused WORDS HOST
host_refused() {
    check 2 bare --host "$2" --library l --user a --dry-run
    says "smh_revoke: --host: $1" "next: "
}

@test "hosts: a name, with a port; anything else is told what it should be" {
    host_refused 'want the name alone, without the scheme' https://localhost
    host_refused 'want the name alone, without the scheme' http://127.0.0.1/
    host_refused 'want the name alone, without the path (from "/" on)' \
        localhost/api
    host_refused 'want the name alone, without the path (from "?" on)' 'a?b'
    host_refused 'want the name alone, without a user' a@b
    host_refused 'want the name alone, without a user' a:b@c
    says "next: give it as in --host smh0example.api.tencentsmh.cn"
    host_refused 'empty: is the shell variable set?' ''
    host_refused 'a blank in it' 'local host'
    host_refused 'a blank in it' localhost$'\n'
    for port in '' 0 65536 99999 4x -1 +1 000443; do
        host_refused 'want a port from 1 to 65535 behind the ":"' \
            "localhost:$port"
    done
    host_refused 'no name before the port' :443
    host_refused 'want the name without the dot at its end' localhost.
    host_refused 'want a name of letters, digits' 'a%62'
    host_refused 'want a name of letters, digits' 'bücher.example'
    host_refused 'its last label begins with a digit' db.9z
    for length in 256 100000; do
        host_refused 'longer than the 255 bytes' \
            "$(printf 'a%.0s' $(seq $length))"
    done
    for address in 127.1 127.0.0.1 127.0.0.1:1 192.0.2.1 1 0x7f.1 ::1 '[::1]' \
        '[::1]:8443' '[::1' 2001:db8::1; do
        host_refused 'an address: want the name that is in the certificate' \
            "$address"
        says "next: give the name by --host and the address by --connect"
    done
    for host in localhost localhost:8443 a-b.c_d.example xn--bcher-kva.example \
        1.2.3.example "$(printf 'a%.0s' {1..255})"; do
        check 0 bare --host "$host" --library l --user a --dry-run
    done
}

@test "--connect: an address, with a port; anything else is refused" {
    for bad in '' localhost localhost:1 127.1 127.0.0.1: 127.0.0.1:0 \
        127.0.0.1:65536 ::1 '[::1' '[::1]x' '[127.0.0.1]' '[]' '[::1]:' \
        '[fe80::1%lo]' :1 "$(printf '1%.0s' {1..100})"; do
        check 2 bare --host localhost --library l --user a --dry-run \
            --connect "$bad"
        says "--connect: want an address, IPv6 in brackets" \
            "next: as in --connect 192.0.2.1 or --connect \\[2001:db8::1\\]:8443"
    done
    for good in 127.0.0.1 127.0.0.1:1 '[::1]' '[::1]:65535'; do
        check 0 bare --host localhost --library l --user a --dry-run \
            --connect "$good"
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
    check 2 setsid -w "$B/smh_revoke" --host localhost:1 --library l --user a
    says "no secret" SMH_LIBRARY_SECRET --secret-file
    SMH_LIBRARY_SECRET= check 2 bare --host localhost:1 --library l --user a
    says "SMH_LIBRARY_SECRET: empty"
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
    says "SMH_LIBRARY_SECRET: want one line of text, 4096 bytes at most"
}

# shape_refused TEXT WORDS: from a file, from stdin and from the environment
shape_refused() {
    (umask 077 && printf '%s\n' "$1" >"$tmp/secret")
    set -- "$1" "$2" --host localhost:1 --library l --user a
    check 2 bare "${@:3}" --secret-file "$tmp/secret"
    says "--secret-file: the secret has $2" "next: give the secret alone" \
        "nothing was sent"
    [[ $stderr != *1234abcd* ]]
    check 2 bare "${@:3}" --secret-file /dev/stdin <"$tmp/secret"
    says "--secret-file: the secret has $2"
    SMH_LIBRARY_SECRET=$1 check 2 bare "${@:3}"
    says "SMH_LIBRARY_SECRET: the secret has $2"
    [[ $stderr != *1234abcd* ]]
}

@test "what stands around a secret is refused, and not shown" {
    shape_refused $'\xef\xbb\xbf1234abcd' "a byte order mark before it"
    shape_refused '"1234abcd"' "quotes around it"
    shape_refused "'1234abcd'" "quotes around it"
    for name in SMH_LIBRARY_SECRET= 'export SMH_LIBRARY_SECRET=' \
        library_secret= SMH_KEY= ClientSecret=; do
        shape_refused "${name}1234abcd" 'a name and "=" before it'
    done
    # What is none of this goes out; nobody listens there.
    for fine in 'QUJDREVG==' '1234=abcd' '"1234' "12'34'"; do
        SMH_LIBRARY_SECRET=$fine check 3 bare --host localhost:1 --library l \
            --user a --ca "$dir/ca.pem" --retries 0
    done
}

@test "a list and the secret are not one file" {
    (umask 077 && echo "$secret" >"$tmp/both")
    ln "$tmp/both" "$tmp/link"
    same() {
        check 2 bare --host localhost:1 --library l "$@"
        says "and --secret-file are the same file" "nothing was sent" \
            "next: give the list and the secret in two files"
        [ -z "$output" ]
    }
    same --secret-file "$tmp/both" --users "$tmp/both"
    same --secret-file "$tmp/both" --users "$tmp/link"
    same --secret-file "$tmp/both" --user a --clients "$tmp/both"
    same --secret-file "$tmp/both" --user a --sessions "$tmp/both" --dry-run
    for stdin in /dev/stdin /dev/fd/0 /proc/self/fd/0; do
        same --secret-file "$stdin" --users - <"$tmp/both"
        same --secret-file "$stdin" --users - < <(cat "$tmp/both")
        same --secret-file "$stdin" --users "$stdin" <"$tmp/both"
        same --secret-file "$tmp/both" --users "$stdin" <"$tmp/both"
    done
    same --secret-file "$tmp/both" --users - <"$tmp/both"
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
    line_refused 3 'a\nb\n c\n' '*white space'
    line_refused 1 'a\tb\n' 'control byte 0x09'
    line_refused 1 'a\rb\r' 'control byte 0x0d'
    line_refused 1 'a\0b\n' 'control byte 0x00'
}

@test "a line that is hardly an id is refused, and taken with --literal-ids" {
    for heading in user_id USER_ID userId User-Id 'user ids' client_id \
        ClientID session_id sessionIds; do
        line_refused 1 "$heading\na\n" 'looks like the heading of a column'
        says "next: delete that line, or give --literal-ids"
    done
    line_refused 1 '\xef\xbb\xbfuser_id\r\n' 'looks like the heading of a column'
    line_refused 2 'a\n# b\n' 'a comment'
    line_refused 1 '#a\n' 'a comment'
    line_refused 2 'a\n"b"\n' 'an id in quotes'
    line_refused 1 "'a'\n" 'an id in quotes'
    line_refused 2 'a\n\xff\n' 'not UTF-8'
    line_refused 1 'caf\xe9\n' 'not UTF-8'
    # Longer than needed, a surrogate, beyond the last character.
    for bytes in '\xc1\xbf' '\xe0\x9f\xbf' '\xed\xa0\x80' '\xf0\x8f\xbf\xbf' \
        '\xf4\x90\x80\x80'; do
        line_refused 2 "a\n$bytes\n" 'not UTF-8'
    done
    says "next: write the ids as UTF-8, or give --literal-ids"
    refused '--user, no. 2: an id in quotes' --user a --user '"b"'
    says "next: take the quotes away, or give --literal-ids"
    refused '--client, no. 1: not UTF-8' --user a --client $'\xff'
    refused "--session, no. 1: an id in quotes" --user a --session "'s'"
}

@test "--literal-ids takes them as they are; some that look odd are ids anyway" {
    printf 'user_id\n# b\n"c"\n\xff\n' >"$tmp/users"
    check 0 revoke --literal-ids --users "$tmp/users" --user "'d'" --dry-run
    [ "$output" = "DELETE /api/v1/token/$library?library_secret=***&user_id=\
%27d%27,user_id,%23%20b,%22c%22,%FF HTTP/1.1" ]
    printf 'a\nuser_id\nb#\n"c\nd\047e\047\n\xe4\xbd\xa0\n' >"$tmp/users"
    printf '\xe0\xa0\x80\n\xf0\x90\x80\x80\n\xf4\x8f\xbf\xbf\n' >>"$tmp/users"
    check 0 revoke --users "$tmp/users" --user user_id --user '#1' --dry-run
    printf 'a,b\n' >"$tmp/users"
    refused "$tmp/users:1: *comma" --literal-ids --users "$tmp/users"
}

@test "long lists in every way that lines can be cut" {
    # Around the block of 65,536 bytes that is read at a time.
    for size in 65534 65535 65536 65537; do
        (head -c $((size - 8001)) /dev/zero | tr '\0' x | fold -w 1000
            echo
            printf '%07999d\nlast' 0) >"$tmp/users"
        check 2 revoke --users "$tmp/users" --dry-run
        says "too long"
        sed -i '/^0*$/d' "$tmp/users"
        check 0 revoke --users "$tmp/users" --dry-run --json
        jq -e --argjson n "$(awk 'END { print NR }' "$tmp/users")" \
            '.users == $n' <<<"$output"
        jq -r '.dry_run[]' <<<"$output" | sed 's/.*user_id=//; s/ .*//' |
            tr , '\n' | diff - <(cat "$tmp/users" && echo)
    done
}

@test "a line that is too long is refused, however long" {
    (echo a && head -c 20000000 /dev/zero | tr '\0' x) >"$tmp/users"
    refused "$tmp/users:2: longer than any id" --users "$tmp/users"
    (echo a && printf '%040000d\n' 0) >"$tmp/users"
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
    refused "--session, no. 1: *white space" --user a --session ' s'
}

@test "a library id that leaves no room for the ids is named" {
    # shellcheck disable=SC2046
    SMH_LIBRARY_SECRET=s check 2 bare --host localhost:1 --user a \
        --library $(printf 'l%.0s' $(seq 8000)) --dry-run
    says "--library and the secret: too long for a request line" "next: "
}

@test "a list that is empty or not there is refused" {
    refused "--users /dev/null: no id" --user a --users /dev/null
    says "next: put the users into it"
    refused "--clients /dev/null: no id in it; without a filter all clients' \
tokens would go" --user a --clients /dev/null
    says "next: put ids into it, or leave --clients out to mean that"
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
        '--resume 1:0123456789abcdef' '--secret-file /nonexistent' \
        '--bogus'; do
        check 2 bare --host localhost:1 --library l --user a \
            --secret-file "$dir/secret" $what
        says "next: "
    done
    printf 'a\n\n' >"$tmp/users"
    refused "empty line" --users "$tmp/users"
    says "next: correct the line"
    printf 'a\nb,c\n' >"$tmp/users"
    refused "comma" --users "$tmp/users"
    says "next: correct that line"
}

@test "too many requests to count are refused" {
    seq 12000 >"$tmp/ids"
    refused "12002 users, 12000 clients and 12000 sessions make more than" \
        --user a --user b --clients "$tmp/ids" --sessions "$tmp/ids" \
        --users "$tmp/ids"
    says "next: split the longest of the lists"
}

ca_refused() { # WORDS FILE
    check 2 bare --host localhost:1 --library l --user a \
        --secret-file "$dir/secret" --ca "$2"
    says "smh_revoke: --ca: $2: $1" "nothing was sent"
}

@test "CA files that are not, and libraries that cannot be" {
    ca_refused 'No such file or directory' "$tmp/none"
    says 'next: check that --ca names a file that can be read'
    ca_refused 'Is a directory' "$tmp"
    ca_refused 'no certificate in it' /dev/null
    [[ $stderr != *PK* ]]
    says 'next: give --ca a file with certificates in PEM or one in DER'
    echo text >"$tmp/ca"
    ca_refused 'no certificate in it: X509 - ' "$tmp/ca"
    printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' \
        >"$tmp/ca"
    ca_refused 'no certificate in it: ' "$tmp/ca"
    ca_refused 'File too large' /dev/zero
    for id in '' . .. ' l'; do
        check 2 bare --host localhost:1 --library "$id" --user a \
            --secret-file "$dir/secret"
        says "library id"
    done
}

@test "--resume beyond the end is refused, at the end there is nothing to do" {
    seq 25 >"$tmp/users"
    refused "N is 4, but these lists make only 3 requests" --users "$tmp/users" \
        --resume "$(token_at 4 --users "$tmp/users")"
    check 0 revoke --users "$tmp/users" \
        --resume "$(token_at 3 --users "$tmp/users")"
    [[ $output == "confirmed: all 3 requests, earlier runs included (25 "* ]]
    [ -z "$(received)" ]
}

# other_lists TOKEN OPTION...: what it came from were not these
other_lists() {
    refused "--resume $1: other lists or another library than" "${@:2}" \
        --resume "$1"
    says "next: give the lists and the library of the earlier run"
}

@test "a resume point is refused with other lists, and so is a bare number" {
    seq 25 >"$tmp/users"
    token=$(token_at 2 --users "$tmp/users")
    [[ $token =~ ^2:[0-9a-f]{16}$ ]]
    check 0 revoke --users "$tmp/users" --resume "$token"
    standin_reset
    other_lists "$token" --users <(seq 24)
    other_lists "$token" --users <(seq 24 && echo x)
    other_lists "$token" --users <(seq 25 | tac)
    other_lists "$token" --users "$tmp/users" --user x
    other_lists "$token" --users "$tmp/users" --client c
    other_lists "$token" --users "$tmp/users" --session s
    refused "--resume 2: a number alone does not tell" --users "$tmp/users" \
        --resume 2
    for bad in 2: 2:0 :0123456789abcdef "${token}0" "${token%?}" "$token " \
        "${token^^}x" x:0123456789abcdef; do
        refused "--resume: want N:HASH" --users "$tmp/users" --resume "$bad"
    done
}

@test "a resume point tells where a list ends, and where ids come from not" {
    [ "$(token --user a --user b --client c)" != \
        "$(token --user a --client b --client c)" ]
    [ "$(token --user a --client b)" != "$(token --user a --session b)" ]
    [ "$(token --user ab)" != "$(token --user a --user b)" ]
    [ "$(token --user a --user b)" = "$(token --users <(printf 'a\nb'))" ]
    [ "$(token --user a --user b)" = \
        "$(token --user a --users <(printf '\xef\xbb\xbfb\r\n'))" ]
    # Lines become ids in the blocks of the file: many, all of them shifted.
    seq 99999 | sed 's/$/\r/; 1s/^/\xef\xbb\xbf/' >"$tmp/users"
    [ "$(token --users "$tmp/users")" = "$(token --users <(seq 99999))" ]
    # Other builds of the tool read this: it is not to change.
    [ "$(library=l token --user a --client b)" = "1:$(printf '%s\0' \
        "smh_revoke: SMH_LINE_MAX 8000, SMH_COMMA ,, chunk 100000, library l" \
        a '' b '' '' | sha384sum | cut -c 1-16)" ]
}

# build OPTION: the tool, as $tmp/other
build() {
    gcc -std=c99 -D_POSIX_C_SOURCE=200809L "$1" -I. -Iport -o "$tmp/other" \
        examples/smh_revoke/*.c -pthread -lmbedtls \
        -lmbedx509 -lmbedcrypto
}

@test "a resume point tells builds apart that make other requests" {
    token=$(token_at 1 --user a)
    for option in -DSMH_LINE_MAX=4000 '-DSMH_COMMA="%2C"'; do
        build "$option"
        check 2 "$tmp/other" --host localhost:1 --library "$library" \
            --user a --dry-run --resume "$token"
        says "or a build of this tool with another SMH_LINE_MAX"
    done
    build -DNONE
    check 0 "$tmp/other" --host localhost:1 --library "$library" --user a \
        --dry-run --resume "$token"
}

@test "--resume 0 holds for all lists" {
    seq 25 >"$tmp/users"
    check 0 revoke --users "$tmp/users" --resume 0 --json
    jq -e '.confirmed == 3' <<<"$output"
}

# What was confirmed for one library is not for another.
@test "a resume point holds for host and secret put right, for no other library" {
    seq 25 >"$tmp/users"
    standin_set "fault=2:status:500"
    check 1 revoke --users "$tmp/users" --retries 0 --json
    echo other >"$tmp/secret"
    resume=$(jq -r .resume_token <<<"$output")
    check 0 bare --host other.example --library "$library" \
        --users "$tmp/users" --secret-file "$tmp/secret" --quiet --dry-run \
        --resume "$resume"
    [ "$(wc -l <<<"$output")" = 2 ]
    check 2 bare --host other.example --library other --users "$tmp/users" \
        --dry-run --resume "$resume"
    says "or another library than those of the run"
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

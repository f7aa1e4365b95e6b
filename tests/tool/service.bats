#!/usr/bin/env bats
# The tool and what it meets: which tokens go, each exit status and its words.

load common

home() { # two users with two devices and two sessions each, and one more
    tokens 'alice phone s1' 'alice phone s2' 'alice laptop s1' \
        'alice laptop s2' 'bob phone s1' 'bob laptop s2' 'carol phone s1'
}

# ---- what goes --------------------------------------------------------------

@test "a user, users, and users from a file: all their tokens and no others" {
    home
    check 0 revoke --user alice
    [ "$output" = "confirmed: 1 request (1 user, \"alice\") at \
localhost:$port; a 204 does not say whether there were any tokens" ]
    [ -z "$stderr" ]
    left 'bob phone s1' 'bob laptop s2' 'carol phone s1'
    home
    check 0 revoke --user alice --user bob
    left 'carol phone s1' 'carol phone s1'
    printf 'carol\nnobody\n' >"$tmp/users"
    check 0 revoke --user zoe --users "$tmp/users"
    left
}

@test "clients and sessions narrow it down, by option and by file" {
    home
    check 0 revoke --user alice --client phone --session s1
    left 'alice phone s2' 'alice laptop s1' 'alice laptop s2' \
        'bob phone s1' 'bob laptop s2' 'carol phone s1'
    printf 'laptop\n' >"$tmp/clients"
    check 0 revoke --user alice --user bob --clients "$tmp/clients"
    left 'alice phone s2' 'bob phone s1' 'carol phone s1'
    printf 's1\r\n' >"$tmp/sessions"
    check 0 revoke --user bob --user alice --sessions "$tmp/sessions" \
        --session s9
    left 'alice phone s2' 'carol phone s1'
    check 0 revoke --user alice --client laptop --clients <(echo phone)
    left 'carol phone s1'
}

@test "users come from stdin too, be it a file or a pipe" {
    tokens 'a x' 'b x' 'c x' 'd x'
    printf 'a\nb\n' >"$tmp/users"
    check 0 revoke --users - <"$tmp/users"
    left 'c x' 'd x'
    echo c | revoke --users -
    left 'd x'
}

@test "ids with any bytes arrive as they are" {
    tokens 'a%20b%2F%3F%26%23%25%2B x' '%E4%BD%A0 x' 'ab x'
    check 0 revoke --user 'a b/?&#%+' --user 你
    left 'ab x'
}

@test "--dry-run shows the very requests that a run sends, and sends none" {
    seq -f 'user %g' 1234 >"$tmp/users"
    seq -f 'client-%g' 120 >"$tmp/clients"
    set -- --users "$tmp/users" --clients "$tmp/clients" --session s
    check 0 revoke "$@" --dry-run
    [ -z "$stderr" ]
    [ -z "$(received)" ]
    printf '%s\n' "$output" >"$tmp/shown"
    check 0 revoke "$@"
    received | diff "$tmp/shown" -
    [ "$(wc -l <"$tmp/shown")" = 248 ]
    check 0 revoke "$@" --dry-run --resume "$(token_at 201 "$@")"
    diff <(tail -n +202 "$tmp/shown") - <<<"$output"
    check 0 revoke "$@" --dry-run --json
    jq -r '.dry_run[]' <<<"$output" | diff "$tmp/shown" -
    jq -e '.requests == 248 and .confirmed == 0 and .status == null' \
        <<<"$output"
}

@test "--dry-run needs neither secret nor network nor CA" {
    check 0 "$B/smh_revoke" --host nowhere.invalid --library l --user a --dry-run \
        --ca /nonexistent
    [ "$output" = \
        "DELETE /api/v1/token/l?library_secret=***&user_id=a HTTP/1.1" ]
}

@test "any buffer and any pipeline send the same" {
    seq 300 >"$tmp/users"
    seq -f '%g x' 301 | standin_create
    revoke --users "$tmp/users" --dry-run >"$tmp/shown"
    for how in '--buffer 1' '--buffer 64' '--buffer 1000000' '--pipeline 7' \
        '--pipeline 65535 --buffer 100'; do
        standin_reset
        seq -f '%g x' 301 | standin_create
        check 0 revoke --users "$tmp/users" $how
        received | diff "$tmp/shown" -
        left '301 x'
    done
}

# ---- exit 1: the service answered otherwise ---------------------------------

@test "a wrong secret or library is 404 and said to be that" {
    tokens 'a x'
    check 1 "$B/smh_revoke" --host "localhost:$port" --library "$library" \
        --ca "$dir/ca.pem" --secret-file <(echo wrong) --user a
    says 404 "0 of 1 request confirmed" "--library and the secret"
    no grep -q 'may have\|was not sent' <<<"$stderr"
    check 1 "$B/smh_revoke" --host "localhost:$port" --library other \
        --ca "$dir/ca.pem" --secret-file "$dir/secret" --user a --json
    jq -e '.status == 404 and .requests == 1 and .confirmed == 0 and
        .resume == 0 and (.error | test("404")) and .exit == 1' <<<"$output"
    left 'a x'
}

@test "each other status has its advice" {
    while read -r code words; do
        standin_set "fault=*:status:$code"
        check 1 revoke --user a --retries 0
        says "the service answered $code" "$words"
    done <<'END'
200 only 204
302 redirects are not followed
400 check --library
403 console
408 run it again
414 SMH_LINE_MAX
418 is it this service
429 wait
500 wait
503 wait
END
}

@test "after 414 the lists make other requests: no going on" {
    seq 20 >"$tmp/users"
    standin_set "fault=2:status:414"
    check 1 revoke --users "$tmp/users"
    says "1 of 2" "build with a smaller limit" \
        "start over without --resume"
    no grep -q -e '--resume 1' <<<"$stderr"
    standin_reset
    standin_set "fault=2:status:414"
    check 1 revoke --users "$tmp/users" --json
    jq -e '.next | test("start over without --resume")' <<<"$output"
}

@test "after a 404 a corrected secret goes on with the same lists" {
    seq 20 >"$tmp/users"
    seq -f '%g x' 21 | standin_create
    standin_set "fault=2:status:404"
    check 1 revoke --users "$tmp/users"
    says "go on with the same lists and --resume 1:"
    standin_set ""
    check 0 revoke --users "$tmp/users" \
        --resume "$(token_at 1 --users "$tmp/users")"
    left '21 x'
}

@test "what is not HTTP, and more than was asked, is no answer" {
    standin_set "fault=*:garbage"
    check 1 revoke --user a --retries 0
    says "not HTTP" "--host"
    standin_set "fault=*:junk"
    check 1 revoke --user a --retries 0
    says "more than was asked"
}

# ---- exit 3: network --------------------------------------------------------

@test "nobody listens" {
    set -- "$B/smh_revoke" --host localhost:1 --library l --user a \
        --ca "$dir/ca.pem" --secret-file "$dir/secret" --retries 0
    check 3 "$@"
    says "network failed: " "refused by " "next: check --host" \
        "the secret was not sent"
    check 3 "$@" --connect 127.0.0.1
    says "network failed: " "refused by 127.0.0.1:1" \
        "next: check --connect, its port, and the way there; then run it again"
}

@test "a proxy that is set and not used is named where nothing is reached" {
    set -- "$B/smh_revoke" --host localhost:1 --library l --user a \
        --ca "$dir/ca.pem" --secret-file "$dir/secret" --retries 0
    HTTPS_PROXY=http://proxy:8080 check 3 "$@"
    says "there (HTTPS_PROXY is set, but this tool goes by no proxy); then run"
    https_proxy=http://proxy:8080 check 3 "$@"
    says "https_proxy is set, but"
    HTTPS_PROXY='' check 3 "$@"
    [[ $stderr != *proxy* ]]
    export HTTPS_PROXY=http://proxy:8080
    standin_set "fault=*:status:404"
    check 1 revoke --user a
    [[ $stderr != *PROXY* ]]
}

@test "a name that is none" {
    check 3 "$B/smh_revoke" --host "$(printf 'a%.0s' {1..64})" --library l \
        --user a --ca "$dir/ca.pem" --secret-file "$dir/secret" --retries 0
    says "host name not resolved: " "name servers" \
        "the secret was not sent"
}

@test "a silent server: --timeout ends it" {
    standin_set "fault=*:silent"
    SECONDS=0
    check 3 revoke --user a --timeout 1 --retries 0
    [ $SECONDS -le 20 ] # 30 without it
    says "deadline passed: " "--timeout"
    standin_set "fault=*:handshake-stall"
    check 3 revoke --user a --timeout 1 --retries 0 --json
    jq -e '.error | test("^deadline passed: handshake.*bytes sent [0-9]+, ")' \
        <<<"$output"
}

@test "--timeout is for each request, however many there are" {
    standin_set "fault=*:delay:400"
    seq 110 >"$tmp/users"
    check 0 revoke --users "$tmp/users" --timeout 4 --retries 0
}

@test "a server that hangs up" {
    for fault in close-before close-middle reset; do
        standin_set "fault=*:$fault"
        check 3 revoke --user a --retries 0 --json
        jq -e '.status == null and .exit == 3 and .error != null' <<<"$output"
    done
}

@test "what ends the connection within the handshake" {
    perl -MIO::Socket::INET -e '
        my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1")
            or die;
        while (my $c = $s->accept) { close $c }' 3>&- &
    others="$others $!"
    port=$(listening $!)
    check 3 revoke --user a --retries 0
    says "handshake" "the secret was not sent" \
        "next: check the port, and for a proxy on the way: it ended"
}

# ---- exit 4: TLS ------------------------------------------------------------

@test "a server that is not verified gets no request" {
    while read -r name words; do
        another_standin --cert "$dir/$name.pem" --key "$dir/$name.key"
        check 4 revoke --user a
        says "TLS" "0 of 1 request " "the secret was not sent" "next: $words"
        no grep -q DELETE "$tmp/log"
    done <<'END'
expired check the clock of this machine; if it is right, the server needs
future set the clock of this machine
other-name check --host: the certificate is for another name
self-signed check --host and --ca: the server's CA is not in
other-ca check --host and --ca: the server's CA is not in
END
    refused_by 4 "*certificate refused" "the server needs another certificate" \
        -cert "$dir/client-only.pem" -key "$dir/client-only.key"
}

# shown FACT...: stdout tells address, TLS, certificate, CA and clock, whose hour
# may have ended meanwhile.
shown() {
    local fact clock='  this clock   '
    for fact in "  host         localhost:" "  trusted CAs  $dir/ca.pem" "$@"; do
        [[ $output == *"$fact"* ]] || { echo "$fact: $output" && return 1; }
    done
    [[ $output == *"$clock$(date -u +%Y-%m-%dT%H:)"* ||
        $output == *"$clock$(date -u -d '5 minutes ago' +%Y-%m-%dT%H:)"* ]]
}

# The names on what it shows, from the server's to the root.
certificates() {
    sed -n 's/^  certificate  CN=//p' <<<"$output$stderr" | tr '\n' ,
}

@test "--check verifies, shows what it found, and sends no request" {
    another_standin
    check 0 "$B/smh_revoke" --check --host "localhost:$port" --ca "$dir/ca.pem"
    shown "  address      127.0.0.1, port $port" "  TLS          TLSv1." \
        "  certificate  CN=SMH test server" "by CN=SMH test ca" "valid from 20" \
        "verified: chain, name and dates; no request was sent"
    [ "$(certificates)" = "SMH test server,SMH test ca," ]
    [ -z "$stderr" ]
    check 0 revoke --check --user a --quiet
    [ -z "$output$stderr" ]
    no grep -q DELETE "$tmp/log"
}

@test "--check shows the whole chain" {
    another_standin --cert "$dir/chain.pem" --key "$dir/chain.key"
    check 0 revoke --check
    [ "$(certificates)" = "SMH test chain,SMH test intermediate,SMH test ca," ]
    openssl x509 -in "$dir/chain.pem" -noout -enddate -dateopt iso_8601 |
        sed -n 's/notAfter=\(.*\) \(.*\)/ to \1T\2/p' >"$tmp/end"
    grep -qF "$(cat "$tmp/end")" <<<"$output"
}

@test "--check says what is wrong, as a run does" {
    standin_set "fault=1:handshake-stall"
    check 3 revoke --check --timeout 1
    says "deadline passed"
    another_standin --cert "$dir/expired.pem" --key "$dir/expired.key"
    check 4 revoke --check
    shown "  address      127.0.0.1, port $port" \
        " to $(date -u -d '1 year ago' +%Y-%m-)"
    [[ $output != *verified* ]]
    [ "$(certificates)" = "SMH test expired,SMH test ca," ]
    says "TLS failed: handshake: certificate refused: expired: valid to " \
        "done: nothing was sent" "next: check the clock of this machine"
    check 4 revoke --user a --verbose
    says "smh_revoke: not connected"
    [ "$(certificates)" = "SMH test expired,SMH test ca," ]
    no grep -q DELETE "$tmp/log"
    port=1 check 3 revoke --check
    says "network failed: connection: Connection refused by 127.0.0.1:1"
    check 3 "$B/smh_revoke" --check --host no-such-name.invalid
    says "host name not resolved"
    check 2 "$B/smh_revoke" --check --host "localhost:$port" --ca "$tmp/none"
    says "--ca: $tmp/none: No such file" "next: "
    check 2 revoke --check --json
    [[ $output == *"--check goes with neither"* ]]
}

@test "--verbose shows connections, and each request with its answer" {
    seq 25 >"$tmp/users"
    tokens '1 x' '25 x'
    check 0 revoke --users "$tmp/users" --dry-run
    requests=$output
    standin_set "fault=2:close-after"
    check 0 revoke --users "$tmp/users" --verbose
    [ "$(sed -n 's/^smh_revoke: request [0-9]*: 204 to //p' <<<"$stderr")" = \
        "$requests" ]
    [ "$(grep -c '^smh_revoke: connected$' <<<"$stderr")" = 2 ]
    both="SMH test server,SMH test ca,"
    [ "$(certificates)" = "$both$both" ]
    left
    standin_reset
    standin_set "fault=2:status:404"
    check 1 revoke --users "$tmp/users" --verbose --pipeline 4
    says "request 1: 204 to DELETE" "request 2: 404 to DELETE" \
        "the service answered 404"
    [ "$(grep -c '^smh_revoke: request ' <<<"$stderr")" = 2 ]
    standin_reset
    check 0 revoke --users "$tmp/users" --verbose \
        --resume "$(token_at 2 --users "$tmp/users")"
    [ "$(grep '^smh_revoke: request ' <<<"$stderr")" = \
        "smh_revoke: request 3: 204 to $(sed -n 3p <<<"$requests")" ]
}

@test "a server without TLS, or with an old one" {
    another_standin --plain
    check 4 revoke --user a
    says "TLS failed: handshake: " ": SSL - " "the secret was not sent" \
        "next: check the port, and for a proxy"
    no grep -q DELETE "$tmp/log"
    standin_start --tls 1.1 || skip "this mbedTLS has no TLS 1.1"
    others="$others $standin"
    check 4 revoke --user a
    says "TLS failed: handshake: the server refused: alert " \
        "the secret was not sent" "next: "
}

# s_server NAME OPTION...: OpenSSL's, which speaks TLS as it is told
s_server() {
    openssl s_server -quiet -accept 0 -naccept 9 -cert "$dir/server.pem" \
        -key "$dir/server.key" "$@" >"$tmp/s_server" 2>&1 3>&- &
    others="$others $!"
    theirs=$(listening $!)
    [ -n "$theirs" ]
}

listening() { # PID: the port that it listens on
    local i
    for i in $(seq 100); do
        ss -tlnpH 2>/dev/null | awk -v pid="pid=$1," 'index($0, pid) {
            sub(".*:", "", $4); print $4; exit }' | grep . && return
        sleep 0.05
    done
}

refused_by() { # STATUS WORDS ADVICE OPTION...
    local want=$1 words=$2 advice=$3
    shift 3
    s_server "$@"
    check "$want" "$B/smh_revoke" --host "localhost:$theirs" --library l \
        --ca "$dir/ca.pem" --secret-file "$dir/secret" --user a --retries 0
    says "TLS failed: $words" "next: $advice"
}

@test "what a server wants that this tool has not" {
    ! ldd "$B/smh_revoke" | grep -q tfpsacrypto ||
        skip "mbedTLS 4.0 does not say which alert came"
    refused_by 4 "*alert 40" "ask who runs the server" -Verify 1 -tls1_2
    refused_by 4 "*alert 120" "*does not speak HTTP/1.1" -alpn h2
    refused_by 4 "*alert 112" "check --host: the server does not know this" \
        -servername other.test -servername_fatal \
        -cert2 "$dir/server.pem" -key2 "$dir/server.key"
    if strings "$B/smh_revoke" | grep -q 'neither TLS 1.2 nor'; then
        refused_by 4 "*alert 116" "*wants a client certificate" -Verify 1 -tls1_3
    else
        refused_by 4 "*alert 70" "*or build with mbedTLS 3.6" -tls1_3
    fi
    ! strings "$B/smh_revoke" | grep -q 'RSA-PSS in TLS 1.2, perhaps' ||
        refused_by 4 "*RSA-PSS in TLS 1.2" "*build with mbedTLS 2.28, or let" \
            -tls1_2 -serverpref -cert "$dir/server-rsa.pem" \
            -key "$dir/server-rsa.key"
}

@test "--verbose bears a connection that ends when it is made" {
    perl tests/tool/spoil.pl "$port" finished >"$tmp/spoil" 3>&- &
    others=$!
    wait_for [ -s "$tmp/spoil" ]
    port=$(cat "$tmp/spoil") check 4 revoke --user a --verbose --json
    says "TLS failed: " "connected" "  TLS          TLSv1." ||
        says "TLS failed: handshake: "
    [ "$(jq .exit <<<"$output")" = 4 ]
}

@test "what comes after the handshake and is no TLS any more" {
    standin_set "fault=2:silent"
    seq 20 >"$tmp/users"
    perl tests/tool/spoil.pl "$port" >"$tmp/spoil" 3>&- &
    others=$!
    wait_for [ -s "$tmp/spoil" ]
    "$B/smh_revoke" --host "localhost:$(cat "$tmp/spoil")" --ca "$dir/ca.pem" \
        --library "$library" --secret-file "$dir/secret" \
        --users "$tmp/users" >"$tmp/out" 2>"$tmp/err" 3>&- &
    wait_for at_least 2
    kill -USR1 "$others"
    wait $! && status=0 || status=$?
    stderr=$(cat "$tmp/err")
    [ "$status" = 4 ]
    says "1 of 2 requests" "TLS failed: receiving: " \
        "request 2 may have been carried out; repeating it is harmless" \
        "next: check the way to --host" "--resume 1"
    no grep -q -e 'verified' -e '--ca' -e clock "$tmp/err"
}

# ---- what is certain --------------------------------------------------------

# FAULT RESULT of each line of the table, by the name that the header has.
outcomes() {
    sed -n 's/^    {"\([^"]*\)", [^"]*"[^"]*", [01], \([A-Z_0-9]*\), .*/\1 \2/p' \
        tests/support/outcomes.c
}

@test "once a request was out, it may have been carried out, unless refused" {
    seq 20 >"$tmp/users"
    [ "$(outcomes | wc -l)" -gt 20 ]
    while read -r fault result; do
        want=1 doubt=1
        case $result in
        SMH_DONE) want=0 ;;
        SMH_E_CLOSED) want=3 ;;
        4??) doubt=0 ;;
        esac
        standin_reset
        standin_set "fault=2:$fault&fault=3:$fault"
        check "$want" revoke --users "$tmp/users" --retries 0 --timeout 4 --json
        [ $want != 0 ] || continue
        says "1 of 2 requests confirmed"
        jq -e ".resume == 1 and .in_doubt == $doubt" <<<"$output"
        [ $doubt = 0 ] || says \
            "request 2 may have been carried out; repeating it is harmless"
    done < <(outcomes; echo silent SMH_E_CLOSED)
}

@test "as many as were in flight may have been carried out" {
    seq 100 >"$tmp/users"
    standin_set "fault=2:silent"
    check 3 revoke --users "$tmp/users" --retries 0 --timeout 4 --pipeline 4
    says "requests 2 to 5 may have been carried out; repeating them is harmless"
    standin_reset
    standin_set "fault=8:silent"
    check 3 revoke --users "$tmp/users" --retries 0 --timeout 4 --pipeline 4 \
        --json
    jq -e '.resume == 7 and .in_doubt == 3' <<<"$output"
}

@test "what an earlier try has sent stays in doubt" {
    standin_set "fault=1:close-before&fault=2:handshake-stall"
    check 3 revoke --user a --retries 1 --timeout 4
    says "deadline passed: handshake" "request 1 may have been carried out"
    standin_reset
    standin_set "fault=1:status:503&fault=2:status:404"
    check 1 revoke --user a --retries 1
    says 404 "request 1 may have been carried out"
}

@test "without a handshake nothing is in doubt" {
    standin_set "fault=1:handshake-stall"
    check 3 revoke --user a --retries 0 --timeout 4
    says "the secret was not sent"
    # The second chunk has a connection of its own.
    seq 100001 >"$tmp/users"
    standin_reset
    standin_set "fault=2:handshake-stall"
    check 3 revoke --users "$tmp/users" --retries 0 --timeout 4 \
        --resume "$(token_at 9999 --users "$tmp/users")"
    says "10000 of 10001" "request 10001 was not carried out: it was not sent"
    standin_reset
    standin_set "fault=1:handshake-stall"
    check 3 revoke --users "$tmp/users" --retries 0 --timeout 4 \
        --resume "$(token_at 9999 --users "$tmp/users")"
    says "9999 of 10001" "the secret was not sent"
}

system_cas() {
    "$B/smh_revoke" --host "localhost:$port" --library "$library" \
        --secret-file "$dir/secret" --user a
}

@test "the system's CAs are the default" {
    check 4 system_cas
    says "CA" "next: check --host, and who signed its certificate" \
        "the CA is not in /etc/ssl/"
}

@test "a system without CAs" {
    own_namespaces -m
    export -f system_cas
    check 2 emptied /etc/ssl bash -c system_cas
    says "no CA bundle found" "nothing was sent" \
        "next: install ca-certificates or give --ca"
}

# Name, Host and certificate are those of --host; the way is that of --connect.
@test "--connect goes to an address of either family, and another port" {
    set -- --library "$library" --ca "$dir/ca.der" --secret-file "$dir/secret" \
        --user a
    check 0 "$B/smh_revoke" --host "localhost:$port" --connect 127.0.0.1 "$@"
    check 0 "$B/smh_revoke" --host localhost --connect "127.0.0.1:$port" "$@"
    check 4 "$B/smh_revoke" --host other.test --connect "127.0.0.1:$port" "$@"
    says "not for this host: it is for \"localhost\""
    another_standin --address ::1
    check 0 "$B/smh_revoke" --host localhost --connect "[::1]:$port" "$@"
    check 0 "$B/smh_revoke" --host "localhost:$port" --connect "[::1]" "$@"
}

@test "the CA may come from a pipe" {
    check 0 "$B/smh_revoke" --host "localhost:$port" --library "$library" \
        --ca <(cat "$dir/ca.pem") --secret-file "$dir/secret" --user a
}

# ---- retries and resuming ---------------------------------------------------

@test "--retries tries again what may pass, and goes on where it ended" {
    seq 100 >"$tmp/users"
    seq -f '%g x' 101 | standin_create
    standin_set "fault=3:status:500&fault=5:reset&fault=8:status:429"
    check 0 revoke --users "$tmp/users"
    says "500" "1 of 3" "again in"
    left '101 x'
    [ "$(received | sort -u | wc -l)" = 10 ]
    [ "$(count_received)" -le 14 ]
}

@test "--retries counts tries without progress" {
    standin_set "fault=*:status:503"
    check 1 revoke --user a --retries 2
    [ "$(count_received)" = 3 ]
    standin_reset
    standin_set "fault=*:status:503"
    check 1 revoke --user a --retries 0
    [ -z "$(grep again <<<"$stderr" | grep -v next)" ]
    [ "$(count_received)" = 1 ]
}

@test "what will not pass is not tried again" {
    standin_set "fault=*:status:404"
    check 1 revoke --user a
    [ "$(count_received)" = 1 ]
}

@test "--quiet: not a word but errors" {
    standin_set "fault=1:status:503"
    check 0 revoke --user a --quiet
    [ -z "$output$stderr" ]
    standin_set "fault=*:status:404"
    check 1 revoke --user a --quiet
    [ -z "$output" ]
    says 404
}

@test "--resume does the rest and nothing else, over chunks of users" {
    seq 2345 >"$tmp/users"
    (seq 2345 && echo x) | sed 's/$/ x/' | standin_create
    for failed in 1 57 101 235; do
        standin_set "fault=$failed:status:400"
        standin_get log | grep -c DELETE >"$tmp/before" || :
        check 1 revoke --users "$tmp/users" --json
        jq -e --argjson n $((failed - 1)) '.requests == 235 and
            .confirmed == $n and .resume == $n and .status == 400' <<<"$output"
        says "$((failed - 1)) of 235"
        token=$(jq -r .resume_token <<<"$output")
        [ $failed = 1 ] || says "--resume $token"
        check 0 revoke --users "$tmp/users" --resume "$token" --json
        jq -e --argjson n $((236 - failed)) '.requests == 235 and
            .confirmed == $n and .resume == 235 and .status == 204 and
            .error == null and .exit == 0' <<<"$output"
        [ "$(received | tail -n +$(($(cat "$tmp/before") + 1)) | wc -l)" = 236 ]
        left 'x x'
    done
}

@test "--resume goes on at the end of a chunk of users, behind it and before it" {
    seq 100025 >"$tmp/users"
    revoke --users "$tmp/users" --dry-run >"$tmp/all"
    [ "$(wc -l <"$tmp/all")" = 10003 ]
    for n in 9998 10000 10001 10002; do
        standin_reset
        resume=$(token_at "$n" --users "$tmp/users")
        revoke --users "$tmp/users" --resume "$resume" --dry-run |
            diff - <(tail -n +$((n + 1)) "$tmp/all")
        check 0 revoke --users "$tmp/users" --resume "$resume" --json
        jq -e --argjson n "$n" '.confirmed == 10003 - $n and .first == $n + 1 and
            .last == 10003 and .resume == 10003' <<<"$output"
        received | diff - <(tail -n +$((n + 1)) "$tmp/all")
    done
}

# refuse STATUS LAST FIELD: requests 25 to LAST; FIELD is a Retry-After, or ""
refuse() {
    local with="fault=&:status:$1${3:+\\&fault=&:retry-after:$3}"
    standin_set "$(seq 25 "$2" | sed "s/.*/$with/" | paste -sd '&')"
}

# Those of 25 to 32 that were in flight are carried out if only 25 is refused.
@test "429 or 503 in the middle of a pipeline loses nothing" {
    seq 500 >"$tmp/users"
    for each in '429 25' '429 25 7' '429 40' '429 40 7' '503 40' '503 40 7'; do
        read -r code last field <<<"$each"
        standin_reset
        seq -f '%g x' 501 | standin_create
        refuse "$code" "$last" "$field"
        check 1 revoke --users "$tmp/users" --pipeline 8 --retries 0 --json
        jq -e --argjson code "$code" '.status == $code and .confirmed == 24 and
            .resume == 24 and .in_doubt >= 1 and .in_doubt <= 8' <<<"$output"
        resume=$(jq -r .resume_token <<<"$output")
        says "the service answered $code" "--resume $resume"
        untouched=$((241 + 10 * $(jq .in_doubt <<<"$output")))
        standin_get tokens | awk -v "from=$untouched" '$1 <= 240 { exit 1 }
            $1 >= from { n++ } END { exit n != 502 - from }'
        standin_set ""
        check 0 revoke --users "$tmp/users" --pipeline 8 --json \
            --resume "$resume"
        jq -e '.confirmed == 26 and .resume == 50 and .in_doubt == 0' \
            <<<"$output"
        left '501 x'
        received | sed 's/.*user_id=//; s/,.*//' | sort -n | uniq -d |
            awk '$1 < 241 || $1 > 311 { exit 1 }'
        [ "$(received | sort -u | wc -l)" = 50 ]
    done
}

@test "429 or 503 in the middle of a pipeline: a retry does the rest" {
    seq 500 >"$tmp/users"
    for each in '429 25' '429 25 7' '503 25' '503 25 7'; do
        read -r code last field <<<"$each"
        standin_reset
        seq -f '%g x' 501 | standin_create
        refuse "$code" "$last" "$field"
        check 0 revoke --users "$tmp/users" --pipeline 8 --retries 1 --json
        jq -e '.confirmed == 50 and .resume == 50 and .error == null' \
            <<<"$output"
        left '501 x'
        [ "$(received | sort -u | wc -l)" = 50 ]
        [ "$(count_received)" -le 60 ]
    done
}

# ---- the face ---------------------------------------------------------------

@test "success names users, filters and host, and hides what a terminal obeys" {
    check 0 revoke --user $'a\x1b[2J"\u202e' --user b --client c --session s \
        --session t
    [ "$output" = "confirmed: 1 request (2 users, the first \
\"a\\x1b[2J\"\\xe2\\x80\\xae\"; only tokens of 1 client and 2 sessions) at localhost:$port; \
a 204 does not say whether there were any tokens" ]
    seq 25 >"$tmp/users"
    check 0 revoke --users "$tmp/users"
    [ "$output" = "confirmed: all 3 requests (25 users, the first \"1\") at \
localhost:$port; a 204 does not say whether there were any tokens" ]
    check 2 revoke --users $'no\x1b[2J'
    grep -qF -e '--users no\x1b[2J: No such file' <<<"$stderr"
    no grep -q $'\x1b' <<<"$stderr"
}

@test "--json is one object, a record of what was done" {
    before=$(date -u +%FT%TZ)
    check 0 revoke --user a --json
    [ "$(wc -l <<<"$output")" = 1 ]
    [ -z "$stderr" ]
    jq -e '[.status, .requests, .confirmed, .resume, .error] ==
        [204, 1, 1, 1, null]' <<<"$output"
    jq -e --arg before "$before" --arg now "$(date -u +%FT%TZ)" \
        '.time >= $before and .time <= $now' <<<"$output"
    jq -e --arg host "localhost:$port" --arg library "$library" \
        '[.host, .library, .users, .first_user, .clients, .sessions, .first,
        .last] == [$host, $library, 1, "a", null, null, 1, 1]' <<<"$output"
    jq -e '(.lists | test("^[0-9a-f]{16}$")) and
        .resume_token == "1:" + .lists' <<<"$output"
    seq 45 >"$tmp/users"
    standin_set "fault=4:status:404"
    check 1 revoke --users "$tmp/users" --json --client c \
        --resume "$(token_at 1 --users "$tmp/users" --client c)"
    jq -e '[.first, .last, .resume, .requests, .users, .clients] ==
        [2, 4, 4, 5, 45, 1]' <<<"$output"
    check 2 revoke --users "$tmp/users" --json --client ''
    jq -e '.first == null and .last == null' <<<"$output"
}

@test "progress with rate and time left on a terminal, and nowhere else" {
    script -qec true /dev/null >/dev/null 2>&1 ||
        skip "no pseudo-terminals here: /dev/pts is not mounted"
    standin_set "fault=*:delay:60"
    seq 100 >"$tmp/users"
    check 0 revoke --users "$tmp/users"
    [ -z "$stderr" ]
    export -f revoke
    export B port library dir tmp
    export TERM=xterm SHELL=$(command -v bash)
    script -qec 'stty cols 80; revoke --users "$tmp/users"' \
        /dev/null >"$tmp/seen" </dev/null
    grep -q '[1-9] of 10 requests, [0-9]*/s, [0-9]* s left' "$tmp/seen"
    grep -q 'confirmed: all 10 requests' "$tmp/seen"
    no grep -q "$secret" "$tmp/seen"
    # 30 columns: no line is longer, so that none wraps and stays
    script -qec 'stty cols 30; revoke --users "$tmp/users"' \
        /dev/null >"$tmp/seen" </dev/null
    grep -q '[1-9] of 10 requests' "$tmp/seen"
    no grep -q left "$tmp/seen"
    head -n 1 "$tmp/seen" | tr '\r' '\n' | sed 's/\x1b\[K//' | head -n -1 |
        awk 'length($0) > 29 && !/confirmed/ { exit 1 }'
    TERM=dumb script -qec 'revoke --users "$tmp/users"' \
        /dev/null >"$tmp/seen" </dev/null
    grep -q 'confirmed: all 10 requests' "$tmp/seen"
    no grep -q $'\x1b' "$tmp/seen"
    script -qec 'revoke --quiet --users "$tmp/users"' \
        /dev/null >"$tmp/seen" </dev/null
    [ ! -s "$tmp/seen" ]
}

# unwritten COMMAND...: to a stdout that is full, and to one that is closed,
# with exit status 6
unwritten() {
    local status
    "$@" 2>"$tmp/said" >/dev/full && status=0 || status=$?
    [ "$status" = 6 ]
    grep -q 'stdout cannot be written: No space left' "$tmp/said"
    "$@" 2>"$tmp/closed" >&- && status=0 || status=$?
    [ "$status" = 6 ]
    grep -q 'stdout cannot be written: Bad file' "$tmp/closed"
    grep -q '  next: ' "$tmp/closed"
}

@test "an output that cannot be written is an error, and what was done is told" {
    tokens 'a x' 'b x'
    unwritten revoke --user a
    left 'b x'
    grep -q 'done: confirmed: 1 request (1 user, "a")' "$tmp/said"
    grep -q 'done: confirmed: 1 request (1 user, "a")' "$tmp/closed"
    unwritten revoke --user a --json
    grep -q 'done: confirmed: 1 request (1 user, "a")' "$tmp/closed"
    unwritten revoke --user a --dry-run
    no grep -q confirmed "$tmp/closed"
    unwritten revoke --user a --dry-run --json
    unwritten "$B/smh_revoke" --help
    unwritten "$B/smh_revoke" --version
    revoke --user b --quiet >/dev/full
    left
    revoke --user b --quiet >&-
    standin_set "fault=*:status:404"
    revoke --user a --json 2>"$tmp/said" >&- && status=0 || status=$?
    [ "$status" = 1 ]
    grep -q 404 "$tmp/said"
    grep -q 'stdout cannot be written' "$tmp/said"
}

# The descriptor of a message is not to be that of a list.
@test "closed standard descriptors hurt nothing" {
    seq 2999 >"$tmp/users"
    seq -f '%g x' 2999 | standin_create
    tokens 'smh_revoke%3A%20the%20service%20answered%20500 x'
    standin_set "fault=150:status:500"
    revoke --users - < <(cat "$tmp/users") >"$tmp/out" 2>&-
    grep -q 'confirmed: all 300 requests' "$tmp/out"
    received | grep -o 'user_id=[^& ]*' | sed 's/user_id=//' | tr , '\n' |
        sort -n | uniq | diff - "$tmp/users"
    left 'smh_revoke%3A%20the%20service%20answered%20500 x'
    for closed in '<&- >&- 2>&-' '>&- 2>&-' '<&- 2>&-'; do
        standin_reset
        seq -f '%g x' 2999 | standin_create
        standin_set "fault=150:status:500"
        eval "revoke --quiet --users \"\$tmp/users\" $closed"
        left
    done
    revoke --users - <&- 2>"$tmp/said" && status=0 || status=$?
    [ "$status" = 2 ]
    grep -q 'users stdin: Bad file descriptor' "$tmp/said"
}

@test "the work goes on when nobody reads its messages any more" {
    seq 20 >"$tmp/users"
    seq -f '%g x' 21 | standin_create
    standin_set "fault=1:status:503&fault=3:status:503"
    (revoke --users "$tmp/users" || [ $? = 6 ] && echo fine >"$tmp/fine") 2>&1 |
        true
    wait_for [ -e "$tmp/fine" ]
    left '21 x'
}

@test "a list that changes while it is sent stays what it was" {
    seq 1500 >"$tmp/all"
    for change in ': >"$tmp/users"' 'sed -i "\$d" "$tmp/users"' \
        'seq 3000 >"$tmp/users"' 'echo a,b >>"$tmp/users"'; do
        standin_reset
        seq -f '%g x' 3000 | standin_create
        standin_set "fault=1:delay:700"
        cp "$tmp/all" "$tmp/users"
        cp "$tmp/all" "$tmp/clients"
        (seq 1500 | tac && echo x) >"$tmp/clients"
        revoke --users "$tmp/users" --json 2>"$tmp/said" >"$tmp/report" &
        wait_for at_least 1
        eval "$change"
        wait $!
        jq -e '.confirmed == 150 and .users == 1500' "$tmp/report"
        left $(:) "$(seq -f '%g x' 1501 3000)"
    done
}

@test "filters are read once, too" {
    seq -f 'a c%g' 300 | standin_create
    seq -f 'c%g' 200 >"$tmp/clients"
    standin_set "fault=1:delay:700"
    revoke --user a --clients "$tmp/clients" --json >"$tmp/report" &
    wait_for at_least 1
    echo c201 >"$tmp/clients"
    wait $!
    jq -e '.confirmed == 2' "$tmp/report"
    left "$(seq -f 'a c%g' 201 300)"
}

# ---- a server that has had enough of a connection ---------------------------

@test "408 or 503 on a connection that has given a 204: at once, and no try" {
    seq 200 >"$tmp/users"
    for each in '1 503' '2 503' '7 503' '1 408' '3 408'; do
        read -r n code <<<"$each"
        standin_reset
        seq -f '%g x' 201 | standin_create
        standin_set "$(seq $((n + 1)) $((n + 1)) 40 |
            sed "s/.*/fault=&:status:$code/" | paste -sd '&')"
        check 0 revoke --users "$tmp/users" --retries 0 --json
        [ -z "$stderr" ]
        jq -e '.confirmed == 20 and .requests == 20' <<<"$output"
        left '201 x'
    done
}

@test "408 or 503 on a connection that has given none is an answer" {
    seq 200 >"$tmp/users"
    standin_set "fault=2:status:503&fault=3:status:503"
    check 1 revoke --users "$tmp/users" --retries 0
    says "the service answered 503" "1 of 20 requests"
    standin_reset
    standin_set "fault=2:status:408&fault=3:status:408"
    check 1 revoke --users "$tmp/users"
    says "the service answered 408" "1 of 20 requests"
    [ "$(count_received)" = 3 ]
    # The one before had, and was closed; this one has given none.
    standin_reset
    standin_set "fault=2:close-after&fault=3:status:503"
    check 1 revoke --users "$tmp/users" --retries 0
    says "the service answered 503" "2 of 20 requests"
    [ "$(count_received)" = 3 ]
}

# ---- name servers -----------------------------------------------------------

# COMMAND...: where the name server is silent, with a network and an /etc of its
# own.
beside_silence() {
    mkdir "$tmp/etc"
    printf 'nameserver 127.0.0.1\noptions timeout:30\n' >"$tmp/etc/resolv.conf"
    echo "hosts: files dns" >"$tmp/etc/nsswitch.conf"
    $own bash -c '
        ip link set lo up || exit 99
        mount --bind "$tmp/etc" /etc || exit 99
        exec 3>&-
        perl -MIO::Socket::INET -e "
            my \$s = IO::Socket::INET->new(Proto => q(udp),
                LocalAddr => q(127.0.0.1:53)) or die; open F, q(>),
                q($tmp/there); sleep 60" &
        silent=$!
        for try in $(seq 100); do [ -e "$tmp/there" ] && break; sleep 0.1; done
        "$@" && status=0 || status=$?
        kill $silent
        exit $status' bash "$@"
}

@test "a name server that is silent: --timeout ends it" {
    own_namespaces -mn
    export tmp
    SECONDS=0
    check 3 beside_silence "$B/smh_revoke" --host smh0slow.example \
        --library l --user a --ca "$dir/ca.pem" --secret-file "$dir/secret" \
        --timeout 2 --retries 0
    [ $SECONDS -le 20 ] # the resolver would take a minute
    says "deadline passed: look-up: no answer yet" \
        "the secret was not sent" "next: check the name servers"
}

@test "a name server that is silent: SIGINT ends it" {
    own_namespaces -mn
    export tmp
    run_and_interrupt() {
        "$@" &
        wait_for blocked $!
        kill -INT $!
        wait $!
    }
    export -f run_and_interrupt wait_for blocked
    SECONDS=0
    check 5 beside_silence bash -mc 'run_and_interrupt "$@"' bash \
        "$B/smh_revoke" --host smh0slow.example \
        --library l --user a --ca "$dir/ca.pem" --secret-file "$dir/secret" \
        --timeout 3600
    [ $SECONDS -le 20 ]
    says interrupted "the secret was not sent"
}

@test "what was sent by a connection that was lost stays in doubt" {
    seq 40 >"$tmp/users"
    standin_set "fault=2:close-before&fault=3:status:404"
    check 1 revoke --users "$tmp/users" --json
    jq -e '.confirmed == 1 and .in_doubt == 1 and .status == 404' <<<"$output"
}

# With one request on it a connection that comes to nothing is not opened again:
# one, one more for what the first took along, and one for the retry.
@test "behind a failure one request at a time goes out" {
    seq 200 >"$tmp/users"
    standin_set "fault=*:reset"
    check 3 revoke --users "$tmp/users" --pipeline 8 --retries 1 --quiet
    standin_set ""
    [ "$(standin_get log | awk '$3 == "DELETE" { print $2 }' | sort -u |
        wc -l)" -le 3 ]
}

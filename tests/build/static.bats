#!/usr/bin/env bats
# The static tool in a root that has nothing but it and a CA.

load ../tool/common

eval "common_$(declare -f setup)"
setup() {
    common_setup
    root=$tmp/root
    mkdir "$root"
    cp "$B/smh_revoke" "$dir/ca.pem" "$root"
}

# alone OPTION...: the tool in that root, where nothing may stay behind.
alone() {
    local status=0 as=
    [ "$(id -u)" = 0 ] || as="unshare --map-root-user"
    SMH_LIBRARY_SECRET=$secret $as chroot "$root" /smh_revoke \
        --library "$library" --ca /ca.pem "$@" || status=$?
    [ "$(cd "$root" && echo * .[!.]*)" = "ca.pem smh_revoke .[!.]*" ] ||
        status=99
    return $status
}

# there OPTION...: at the stand-in, whose name nobody looks up.
there() {
    alone --host "localhost:$port" --connect 127.0.0.1 "$@"
}

@test "it is a static program without symbols" {
    run ! grep -q . <(readelf -lW "$B/smh_revoke" | grep INTERP)
    run ! grep -q . <(readelf -SW "$B/smh_revoke" | grep symtab)
}

@test "it revokes over TLS 1.2 and 1.3, with keys of both kinds" {
    for version in 1.2 1.3; do
        for name in server server-rsa chain; do
            echo "TLS $version, $name"
            another_standin --admin-port 0 --tls $version \
                --cert "$dir/$name.pem" --key "$dir/$name.key"
            tokens 'a x' 'b x'
            check 0 there --user a
            left 'b x'
            standin_get log | grep -q "^tls [0-9]* TLSv$version "
        done
    done
}

@test "lists of any length, through a pipe and without /tmp" {
    seq 20000 >"$tmp/users"
    tokens '1 x' '20000 x' '20001 x'
    check 0 there --users - --pipeline 32 <"$tmp/users"
    left '20001 x'
}

@test "what is not verified gets no secret" {
    for name in expired future other-name other-ca client-only; do
        echo "$name"
        another_standin --admin-port 0 --cert "$dir/$name.pem" \
            --key "$dir/$name.key"
        check 4 there --user a
        says "certificate" "the secret was not sent"
        [ -z "$(received)" ]
    done
}

# Nobody listens there; what cannot be read as a CA would end it before.
@test "each root that Debian trusts is read" {
    for root_ca in /usr/share/ca-certificates/mozilla/*.crt; do
        echo "$root_ca"
        check 3 "$B/smh_revoke" --host localhost:1 --connect 127.0.0.1 \
            --library l --secret-file "$dir/secret" --ca "$root_ca" --user a \
            --retries 0
    done
}

@test "a name without a resolv.conf: --connect is named" {
    check 3 alone --host smh0example.test --user a --retries 0
    says "not resolved" "(in /etc/resolv.conf)" "address by --connect" \
        "the secret was not sent"
}

@test "the secret is not in the environment of the process" {
    standin_set "fault=*:silent"
    MARK=visible there --user a >"$tmp/out" 2>&1 3>&- &
    wait_for at_least 1
    pid=$(pgrep -P $!)
    grep -q visible "/proc/$pid/environ"
    no grep -q "$secret" "/proc/$pid/environ"
    kill "$pid"
    wait $! || [ $? = 5 ]
    no grep -q "$secret" "$tmp/out"
}

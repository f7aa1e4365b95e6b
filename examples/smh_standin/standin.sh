# Sourced: a stand-in of one's own, over TLS, with everything in $dir.  Wants
# $library; heeds $B, where the program is (build), $standin_home, where this
# file is (examples/smh_standin), and $standin_names, further names of the
# server (DNS:name).  Sets $standin (its pid), $port, and $admin if there is
# one.

# standin_start [OPTION]...
standin_start() {
    [ -e "$dir/ca.pem" ] ||
        "${standin_home:-examples/smh_standin}/pki.sh" "$dir" ${standin_names-}
    [ -e "$dir/secret" ] || (umask 077 && openssl rand -hex 32 >"$dir/secret")
    : >"$dir/ready"
    "${B:-build}/smh_standin" --cert "$dir/server.pem" \
        --key "$dir/server.key" --library "$library" \
        --secret-file "$dir/secret" "$@" \
        >"$dir/ready" 2>"$dir/standin.err" 3>&- &
    standin=$!
    for _ in $(seq 300); do
        port=$(sed -n 's/^port //p' "$dir/ready")
        admin=$(sed -n 's/^admin //p' "$dir/ready")
        [ -z "$port" ] || return 0
        kill -0 "$standin" 2>/dev/null || break
        sleep 0.1
    done
    echo "the stand-in does not start:" >&2
    cat "$dir/standin.err" >&2
    return 1
}

standin_stop() {
    kill "$standin" 2>/dev/null && wait "$standin" || :
}

# Sends the lines "METHOD TARGET" of stdin over one connection: whole answers.
standin_ask() {
    awk '{ printf "%s%s HTTP/1.1\r\nHost: localhost\r\n", end, $0
           end = "\r\n" }
         END { printf "Connection: close\r\n\r\n" }' | standin_carry
}

# By the admin port, which no fault holds up, if there is one and the shell can.
standin_carry() {
    if [ -n "${admin-}" ] && [ -n "${BASH_VERSION-}" ]; then
        { cat <&5 >&4 & cat <&4; } 5<&0 4<>"/dev/tcp/127.0.0.1/$admin"
        return
    fi
    timeout 60 openssl s_client -quiet -verify_quiet -verify_return_error \
        -verify_hostname localhost -servername localhost \
        -CAfile "$dir/ca.pem" -connect "127.0.0.1:$port"
}

# standin_get tokens|log
standin_get() {
    echo "GET /standin/$1" | standin_ask | sed '1,/^\r*$/d'
}

# standin_set "fault=N:KIND&..."
standin_set() {
    echo "POST /standin/faults${1:+?$1}" | standin_ask | grep -q '^HTTP/1.1 204'
}

standin_reset() {
    echo "POST /standin/reset" | standin_ask | grep -q '^HTTP/1.1 204'
}

# Makes a token for each line "USER CLIENT [SESSION]" of stdin.
standin_create() {
    awk -v library="$library" -v secret="$(cat "$dir/secret")" '
        { printf "GET /api/v1/token?library_id=%s", library
          printf "&library_secret=%s", secret
          printf "&user_id=%s&client_id=%s", $1, $2
          print (NF > 2 ? "&session_id=" $3 : "") }' >"$dir/create"
    standin_ask <"$dir/create" >"$dir/created"
    [ "$(grep -c 'HTTP/1.1 200' "$dir/created")" = \
        "$(wc -l <"$dir/create" | tr -d ' ')" ]
}

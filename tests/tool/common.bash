# For all files: one stand-in for each, emptied before each test.

bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_TEST_DIRNAME/../.."
    . examples/smh_standin/standin.sh
    export dir=$BATS_FILE_TMPDIR library=smh0tool
    standin_start --admin-port 0
    export standin port admin
}

teardown_file() {
    kill "$standin"
}

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    . examples/smh_standin/standin.sh
    tmp=$BATS_TEST_TMPDIR
    secret=$(cat "$dir/secret")
    unset SMH_LIBRARY_SECRET
    others=
    standin_reset
}

teardown() {
    for pid in $others; do
        kill "$pid" 2>/dev/null || :
    done
}

# another_standin OPTION...: this test's own; its log is $tmp/log.
another_standin() {
    standin_start --log "$tmp/log" "$@"
    others="$others $standin"
}

revoke() {
    "$B/smh_revoke" --host "localhost:$port" --library "$library" \
        --ca "$dir/ca.pem" --secret-file "$dir/secret" "$@"
}

# check STATUS COMMAND...: runs it; stdout is in $output, stderr in $stderr.
check() {
    local want=$1
    shift
    run --separate-stderr "$@"
    if [ "$status" != "$want" ]; then
        printf 'exit %s, not %s\n%s\n%s\n' "$status" "$want" "$output" "$stderr"
        return 1
    fi
    if [[ $output$stderr == *"$secret"* ]]; then
        echo "the secret is told"
        return 1
    fi
}

# says PATTERN...: stderr has each of them.
says() {
    local pattern
    for pattern; do
        [[ $stderr == *$pattern* ]] && continue
        printf 'not said: %s\n%s\n' "$pattern" "$stderr"
        return 1
    done
}

# Makes tokens, each "USER CLIENT [SESSION]".
tokens() {
    printf '%s\n' "$@" | standin_create
}

# left TOKEN...: these and no others, each "USER CLIENT [SESSION]".
left() {
    printf '%s\n' "$@" | awk 'NF { print $1, $2, (NF > 2 ? $3 : "-") }' |
        sort >"$tmp/expected"
    standin_get tokens | sort | diff "$tmp/expected" -
}

# The requests that the stand-in has received, as the tool shows them.
received() {
    standin_get log | awk '$3 == "DELETE" { print $3, $4 " HTTP/1.1" }'
}

count_received() {
    received | wc -l
}

at_least() {
    [ "$(count_received)" -ge "$1" ]
}

# token OPTION...: the resume point behind the last of these requests, or at N.
token() {
    revoke "$@" --dry-run --json | jq -r '"\(.requests):\(.lists)"'
}
token_at() {
    local n=$1
    shift
    echo "$n:$(token "$@" | cut -d : -f 2)"
}

# no COMMAND...: it fails.  (A plain ! would not fail the test.)
no() {
    ! "$@"
}

# wait_for COMMAND...: until it is true, 30 s at most
wait_for() {
    local i
    for i in $(seq 600); do
        "$@" && return
        sleep 0.05
    done
    echo "in vain: $*"
    return 1
}

# blocked PID: it catches SIGINT and waits for somebody
blocked() {
    local status
    status=$(<"/proc/$1/status") &&
        [[ $status =~ State:.S && $status =~ SigCgt:.[0-9a-f]{15}[2367abef] ]]
}

# own_namespaces OPTION: of unshare, or skips; outside of check, where a skip is
# none.  $own starts a command in namespaces of its own, as a root there.
own_namespaces() {
    own="unshare $1"
    [ "$(id -u)" = 0 ] || own="$own -r"
    $own true 2>/dev/null || skip "no namespaces here"
}

# emptied FOLDER COMMAND...: where FOLDER is an empty one with room for 4 kB
emptied() {
    $own bash -c '
        mount -t tmpfs -o size=4k none "$1" || exit 99
        shift
        exec "$@"' bash "$@"
}

#!/usr/bin/env bats
# The tool as a process: its secret, its memory, its end by signals.

load common

# In the background: its pid is $!, what it says goes to $tmp/out and $tmp/err.
start() {
    "$B/smh_revoke" --host "localhost:$port" --library "$library" \
        --ca "$dir/ca.pem" "$@" >"$tmp/out" 2>"$tmp/err" 3>&- &
}

# end STATUS: of what was started, and is about to end
end() {
    local status=0
    wait_for no kill -0 $! 2>/dev/null
    wait $! || status=$?
    [ "$status" = "$1" ] && return
    echo "exit $status, not $1"
    cat "$tmp/out" "$tmp/err"
    return 1
}

@test "the secret is neither in the command line nor in the environment" {
    standin_set "fault=*:silent"
    MARK=visible SMH_LIBRARY_SECRET=$secret start --user a --session s
    wait_for at_least 1
    grep -q visible "/proc/$!/environ"
    grep -q session "/proc/$!/cmdline"
    no grep -q "$secret" "/proc/$!/environ"
    no grep -q "$secret" "/proc/$!/cmdline"
    kill $!
    end 5
    no grep -q "$secret" "$tmp/out" "$tmp/err"
}

@test "--check leaves no secret in the environment either" {
    standin_set "fault=*:handshake-stall"
    MARK=visible SMH_LIBRARY_SECRET=$secret start --check
    wait_for blocked $!
    grep -q visible "/proc/$!/environ"
    no grep -q "$secret" "/proc/$!/environ"
    kill $!
    end 5
}

@test "a crash leaves no core" {
    standin_set "fault=*:silent"
    ulimit -c unlimited || skip "cores are forbidden here"
    SMH_LIBRARY_SECRET=$secret start --user a
    wait_for at_least 1
    grep -q 'core file size  *0  *0' "/proc/$!/limits"
    kill -SEGV $!
    wait $! || :
    [ -z "$(find . "$tmp" -maxdepth 1 -name 'core*')" ]
}

@test "secret and working buffer are locked in memory, where that is allowed" {
    no grep -q __asan_init "$B/smh_revoke" ||
        skip "AddressSanitizer locks nothing"
    [ "$(ulimit -l)" = unlimited ] || [ "$(ulimit -l)" -ge 1200 ] ||
        skip "no more than $(ulimit -l) kB may be locked here"
    standin_set "fault=*:silent"
    start --user a --secret-file "$dir/secret" --buffer 1000000
    wait_for at_least 1
    [ "$(awk '/^VmLck/ { print $2 }' "/proc/$!/status")" -ge 980 ]
    kill $!
    end 5
}

@test "where no memory may be locked, nothing is said" {
    run_unlocked() { (ulimit -l 0 && revoke --user a); }
    check 0 run_unlocked
    [ -z "$stderr" ]
}

@test "SIGINT and SIGTERM end it at once, with the resume point" {
    seq 30 >"$tmp/users"
    for signal in INT TERM HUP; do
        standin_set "fault=2:silent"
        standin_get log | grep -c DELETE >"$tmp/before" || :
        start --users "$tmp/users" --secret-file "$dir/secret" --json \
            --timeout 3600
        wait_for at_least $(($(cat "$tmp/before") + 2))
        kill -$signal $!
        end 5
        jq -e '.status == null and .requests == 3 and .confirmed == 1 and
            .resume == 1 and .error == "interrupted" and .exit == 5' "$tmp/out"
        grep -q -e "--resume $(jq -r .resume_token "$tmp/out")\$" "$tmp/err"
        grep -q "request 2 may have been carried out; repeating" "$tmp/err"
    done
}

# PID: it has a connection
connected() {
    ss -tnpH state established | grep -q "pid=$1,"
}

@test "interrupted in the handshake: the secret was not sent" {
    standin_set "fault=*:handshake-stall"
    start --user a --secret-file "$dir/secret"
    wait_for connected $!
    kill -INT $!
    end 5
    grep -q "the secret was not sent" "$tmp/err"
}

@test "a signal ends the pause before a retry, and the wait for a list" {
    standin_set "fault=*:status:503"
    start --user a --secret-file "$dir/secret" --retries 1000
    wait_for grep -q '(5 of 1000)' "$tmp/err" # a pause of 4 s at least
    SECONDS=0
    kill -INT $!
    end 5
    [ $SECONDS -le 3 ]
    mkfifo "$tmp/pipe"
    sleep 60 >"$tmp/pipe" 3>&- &
    others=$!
    start --users "$tmp/pipe" --secret-file "$dir/secret" --json
    wait_for blocked $!
    kill -INT $!
    end 5
    jq -e '.error == "interrupted" and .requests == 0' "$tmp/out"
}

@test "a signal ends the wait for a list whose descriptor select() cannot take" {
    mkfifo "$tmp/pipe"
    exec 8<>"$tmp/pipe"
    ulimit -n 2048
    perl -e '$^F = 2048; open $taken[$_], "<", "/dev/null" for 0 .. 1100; exec @ARGV' \
        "$B/smh_revoke" --host "localhost:$port" --library "$library" \
        --users "$tmp/pipe" --secret-file "$dir/secret" 2>"$tmp/err" 3>&- &
    wait_for blocked $!
    kill -INT $!
    wait_for no kill -0 $! 2>/dev/null || kill -KILL $!
    end 5
    exec 8>&-
    grep -q interrupted "$tmp/err"
}

# interrupted OPTION...: as soon as $tmp/pipe is open, before it is read
interrupted() {
    INTERRUPT=$tmp/pipe LD_PRELOAD=$B/tool/interrupt.so "$B/smh_revoke" \
        --host "localhost:$port" --library "$library" "$@" \
        >"$tmp/out" 2>"$tmp/err" 3>&- &
    wait_for no kill -0 $! 2>/dev/null || kill -KILL $!
    end 5
    grep -q interrupted "$tmp/err"
}

@test "a signal just before a wait for a list, the secret or a CA ends that, too" {
    no grep -q __asan_init "$B/smh_revoke" ||
        skip "AddressSanitizer is to be loaded first"
    mkfifo "$tmp/pipe"
    exec 8<>"$tmp/pipe" # it has a writer, who is silent
    interrupted --users "$tmp/pipe" --ca "$dir/ca.pem" --secret-file "$dir/secret"
    interrupted --user a --ca "$dir/ca.pem" --secret-file "$tmp/pipe"
    interrupted --user a --ca "$tmp/pipe" --secret-file "$dir/secret"
    exec 8>&-
    [ "$(count_received)" = 0 ]
}

# What was not confirmed may have happened: at most as much as was in flight.
interrupted_and_resumed() {
    local in_flight=$1 resume survivors
    standin_reset
    seq -f 'user-%g x' 0 2999 | standin_create
    seq -f 'user-%g' 0 2998 >"$tmp/users"
    standin_set "fault=*:delay:5&fault=250:silent" # it does not get to the end
    start --users "$tmp/users" --secret-file "$dir/secret" --json \
        --pipeline "$in_flight"
    wait_for at_least 120
    kill -INT $!
    end 5
    resume=$(jq .resume "$tmp/out")
    jq -e '.confirmed == .resume and .resume >= 100 and .resume < 300 and
        .requests == 300' "$tmp/out"
    survivors=$(standin_get tokens | wc -l)
    [ "$survivors" -le $((3000 - resume * 10)) ]
    [ "$survivors" -ge $((3000 - (resume + in_flight) * 10)) ]
    standin_get tokens | sed 's/user-//; s/ .*//' |
        diff - <(seq $((3000 - survivors)) 2999)
    standin_set ""
    check 0 revoke --users "$tmp/users" --json \
        --resume "$(jq -r .resume_token "$tmp/out")"
    jq -e --argjson n "$resume" '.confirmed == 300 - $n and .resume == 300' \
        <<<"$output"
    left 'user-2999 x'
}

@test "interrupted in the middle and resumed: exactly the right tokens go" {
    interrupted_and_resumed 1
    interrupted_and_resumed 8
}

# peak FILE: at most 8 MB.  (AddressSanitizer takes more, whatever is freed.)
peak() {
    read -r kB _ <"$1"
    echo "peak: $kB kB"
    grep -q __asan_init "$B/smh_revoke" || [ "$kB" -le 8192 ]
}

@test "100,000 users: exactly their tokens, over one connection" {
    seq -f 'user-%06g' 100000 >"$tmp/users"
    (sed 's/$/ phone/' "$tmp/users" && echo 'carol phone') | standin_create
    handshakes=$(standin_get log | grep -c ^tls || :)
    set -- "$B/smh_revoke" --host "localhost:$port" --library "$library" \
        --ca "$dir/ca.pem" --secret-file "$dir/secret" --json --pipeline 8
    check 0 "$B/tool/peak" "$tmp/kB" "$@" --users "$tmp/users"
    jq -e '.requests == 10000 and .confirmed == 10000 and .users == 100000' \
        <<<"$output"
    # of the tool alone: what asks the stand-in has a port of its own
    [ $(($(standin_get log | grep -c ^tls) - handshakes)) = 1 ]
    left 'carol phone'
    peak "$tmp/kB"
}

@test "answers are received through a buffer: one call each at most" {
    no grep -q __asan_init "$B/smh_revoke" ||
        skip "AddressSanitizer is to be loaded first"
    seq 20000 >"$tmp/users"
    CALLS=$tmp/calls LD_PRELOAD=$B/tool/calls.so check 0 revoke \
        --users "$tmp/users" --pipeline 32
    cat "$tmp/calls"
    read -r calls in_vain <"$tmp/calls"
    [ "$calls" -gt 0 ]
    [ "$calls" -le 2050 ]
    [ "$in_vain" -le 10 ]
}

@test "1,000,000 users are read and checked in 8 MB" {
    seq -f 'user-%07.0f' 1000000 >"$tmp/users"
    hash=$(revoke --users "$tmp/users" --dry-run --json |
        tail -c 1000 | grep -o '"lists":"[0-9a-f]*"' | cut -d '"' -f 4)
    set -- "$B/smh_revoke" --host "localhost:$port" --library "$library" \
        --ca "$dir/ca.pem" --secret-file "$dir/secret" --json \
        --resume "100000:$hash"
    check 0 "$B/tool/peak" "$tmp/kB" "$@" --users "$tmp/users"
    jq -e '.requests == 100000 and .confirmed == 0 and .users == 1000000' \
        <<<"$output"
    peak "$tmp/kB"
    "$B/tool/peak" "$tmp/kB" "$@" --users - < <(cat "$tmp/users")
    peak "$tmp/kB"
}

@test "the lists are copied to a file without a name, which does not stay" {
    mkdir "$tmp/folder"
    seq 20 >"$tmp/users"
    standin_set "fault=*:silent"
    TMPDIR=$tmp/folder start --users "$tmp/users" --secret-file "$dir/secret"
    wait_for at_least 1
    [ -z "$(ls "$tmp/folder")" ]
    readlink /proc/$!/fd/* | grep -q "^$tmp/folder/smh_revoke.* (deleted)\$"
    kill $!
    end 5
    [ -z "$(ls "$tmp/folder")" ]
    TMPDIR=$tmp/none check 2 revoke --user a
    says "copied to a temporary file: No such file" "next: set TMPDIR"
}

@test "a full temporary directory is told before anything is sent" {
    own_namespaces -m
    mkdir "$tmp/folder"
    seq 100000 >"$tmp/users"
    export TMPDIR=$tmp/folder
    export -f revoke
    for users in '--user a' "--users $tmp/users"; do
        check 2 emptied "$TMPDIR" bash -c '
            head -c 4096 /dev/zero >"$TMPDIR/full"
            revoke "$@"' bash $users
        says "copied to a temporary file: No space left" "nothing was sent" \
            "next: set TMPDIR"
    done
    [ "$(count_received)" = 0 ]
}

@test "an interrupted --dry-run says so, and leaves no gap behind which it goes on" {
    seq 300000 >"$tmp/users"
    mkfifo "$tmp/slow"
    (until [ -e "$tmp/go" ]; do sleep 0.1; done && cat >"$tmp/got") \
        <"$tmp/slow" 3>&- &
    others="$others $!"
    "$B/smh_revoke" --host localhost:1 --library l --users "$tmp/users" \
        --dry-run >"$tmp/slow" 2>"$tmp/said" &
    pid=$!
    wait_for blocked "$pid"
    kill -INT "$pid"
    : >"$tmp/go"
    status=0
    wait "$pid" || status=$?
    [ "$status" = 5 ]
    grep -q interrupted "$tmp/said"
}

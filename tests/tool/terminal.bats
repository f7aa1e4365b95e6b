#!/usr/bin/env bats
# The secret on a terminal: asked for, not shown, not run, not remembered.

load common

eval "common_$(declare -f setup)"
setup() {
    common_setup
    script -qec true /dev/null >/dev/null 2>&1 ||
        skip "no pseudo-terminals here: /dev/pts is not mounted"
}

# terminal COMMAND: starts it on a terminal of its own, which shows in $tmp/seen
# and is typed to by way of descriptor 9.
terminal() {
    rm -f "$tmp/keys"
    mkfifo "$tmp/keys"
    : >"$tmp/seen"
    (cd "$tmp" && HOME=$tmp HISTFILE=$tmp/history TERM=${term-dumb} PS1='ready> ' \
        SHELL=/bin/sh script -qfe --echo always -c "$1" \
        "$tmp/seen" <"$tmp/keys" >/dev/null 2>&1 3>&-) &
    others=$!
    exec 9>"$tmp/keys"
}

at_once() {
    printf '%s' "$1" >&9
}

# As from a terminal that sends a key at a time.
slowly() {
    local i
    for ((i = 0; i < ${#1}; i++)); do
        printf '%s' "${1:i:1}" >&9
        sleep 0.004
    done
}

# As from a terminal that tells the shell where a paste begins and ends.
bracketed() {
    printf '\033[200~%s\033[201~' "${1%$'\n'}" >&9
    sleep 0.3
    printf '\n' >&9
}

seen() {
    grep -qF -e "$1" "$tmp/seen"
}

leave() {
    exec 9>&-
    wait "$others" && status=0 || status=$?
    others=
}

asks='the secret of the library at localhost'

tool() {
    echo "$B/smh_revoke --host localhost:$port --library $library \
--ca $dir/ca.pem $*"
}

@test "the secret is asked for on the terminal and not shown" {
    tokens 'a x' 'b x'
    terminal "$(tool --user a)"
    wait_for seen "$asks"
    at_once "$secret"$'\n'
    wait_for seen 'confirmed: 1 request (1 user, "a")'
    leave
    [ "$status" = 0 ]
    no seen "$secret"
    left 'b x'
}

@test "what was typed before the prompt is not the secret; an empty line is none" {
    terminal "until grep -q 'and more' seen; do sleep 0.1; done; $(tool --user a)"
    at_once $'typed too early\nand more'
    wait_for seen "$asks"
    at_once $'\n\n'
    wait_for eval '[ "$(grep -c "$asks" "$tmp/seen")" = 3 ]'
    seen 'that was an empty line'
    at_once "$secret"$'\n'
    leave
    [ "$status" = 0 ]
    terminal "$(tool --user a)"
    wait_for seen "$asks"
    at_once $'"1234abcd"\n'
    leave
    [ "$status" = 2 ]
    seen 'the terminal: the secret has quotes around it'
    no seen 1234abcd
}

@test "--secret-file that is a terminal is not shown either" {
    for file in /dev/stdin /dev/tty; do
        tokens 'a x'
        terminal "$(tool --user a --secret-file $file)"
        wait_for seen "the library's secret (it is not shown)"
        at_once "$secret"$'\n'
        leave
        [ "$status" = 0 ]
        no seen "$secret"
        left
    done
}

@test "a signal at the prompt leaves the terminal as it was" {
    for key in $'\003' TERM HUP; do
        terminal "trap : INT; $(tool --user a); echo \"ended: \$?\"; stty -a"
        wait_for seen "$asks"
        if [ "$key" = $'\003' ]; then
            at_once "$key$key$key"
        else
            kill -"$key" "$(pgrep -f "^$B/smh_revoke --host localhost:$port ")"
        fi
        wait_for seen "ended: 5"
        wait_for seen " echo "
        leave
        seen interrupted
    done
}

@test "a signal just before the prompt is noticed" {
    no grep -q __asan_init "$B/smh_revoke" ||
        skip "AddressSanitizer is to be loaded first"
    terminal "trap : INT; INTERRUPT=/dev/tty LD_PRELOAD=$B/tool/interrupt.so \
$(tool --user a); echo \"ended: \$?\"; stty -a"
    wait_for seen "ended: 5"
    wait_for seen " echo "
    leave
    seen interrupted
}

@test "--dry-run does not ask" {
    terminal "$(tool --user a --dry-run)"
    leave
    [ "$status" = 0 ]
    seen "user_id=a HTTP/1.1"
    no seen "$asks"
}

# The block of README.md, for the stand-in instead of the service; its make is
# one that takes its time.
block() {
    awk '/^## At 2 a.m./ { inside = 1 }
        inside && /^```$/ { exit }
        code { print }
        inside && /^```sh$/ { code = 1 }' README.md >"$tmp/block"
    grep -qx make "$tmp/block"
    tail -n 1 "$tmp/block" | grep -q -e '--user alice'
    sed -i "s|--host [^ ]*|--host localhost:$port --ca $dir/ca.pem|
        s|--library [^ ]*|--library $library|" "$tmp/block"
    mkdir -p "$tmp/build"
    ln -sf "$B/smh_revoke" "$tmp/build/smh_revoke"
    printf 'all:\n\tsleep 1\n' >"$tmp/Makefile"
}

# pasted HOW SHELL: the block, then the secret, and a command that is history
pasted() {
    echo "pasted $*"
    standin_reset
    tokens 'alice alices-phone' 'alice laptop' 'bob x'
    rm -f "$tmp/history"
    terminal "$2"
    wait_for seen 'ready> '
    "$1" "$(cat "$tmp/block")"$'\n'
    wait_for seen "$asks"
    sleep 0.2
    case $1 in
    slowly) slowly "$secret"$'\n' ;;
    *) at_once "$secret"$'\n' ;;
    esac
    wait_for seen 'confirmed: 1 request (1 user, "alice"; only tokens of 1 client)'
    at_once $'echo "and" "history"\n'
    wait_for seen 'and history'
    at_once $'exit\n'
    leave
    no seen "$secret"
    no seen 'not found'
    left 'alice laptop' 'bob x'
    case $2 in
    bash*)
        grep -q smh_revoke "$tmp/history"
        no grep -q "$secret" "$tmp/history"
        ;;
    esac
}

@test "README: the block of 2 a.m. pasted into bash and dash tells no secret" {
    block
    for how in at_once slowly; do
        pasted $how "bash --norc --noprofile -i"
        pasted $how "dash -i"
    done
    term=xterm pasted bracketed "bash --norc --noprofile -i"
}

@test "what is pasted behind that block is neither the secret nor run" {
    block
    for shell in "bash --norc --noprofile -i" "dash -i"; do
        tokens 'alice alices-phone'
        terminal "$shell"
        wait_for seen 'ready> '
        at_once "$(cat "$tmp/block")"$'\n'"$secret"$'\ntouch ran\n'
        wait_for seen "$asks"
        at_once "$secret"$'\n'
        wait_for seen 'confirmed: 1 request'
        at_once $'exit\n'
        leave
        no seen 'not found'
        [ ! -e "$tmp/ran" ]
        left
    done
}

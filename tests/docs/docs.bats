#!/usr/bin/env bats
# Every block of code in README.md and in smh_token.h's manual, and the version
# wherever it stands.  $COMPILE, $LINK and $B come from the Makefile.

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    out=$BATS_TEST_TMPDIR
    standin=
}

teardown() {
    [ -z "$standin" ] || kill "$standin"
}

# HEADING: what the manual says below it.
manual() {
    awk -v heading="$1" '
        $0 == heading { inside = 1; next }
        /^[A-Z]/ { inside = 0 }
        inside' smh_token.h
}

# LANGUAGE: each block of it in README.md in a file N.LANGUAGE.
blocks() {
    awk -v language="$1" -v out="$out" '
        /^```/ {
            file = file == "" && $0 == "```" language ? \
                out "/" ++n "." language : ""
            next
        }
        file != "" { print >file }' README.md
    [ -e "$out/1.$1" ]
}

start_standin() {
    examples/smh_standin/pki.sh "$out/pki" "DNS:$1"
    echo "a secret" >"$out/secret"
    "$B/smh_standin" --cert "$out/pki/server.pem" --key "$out/pki/server.key" \
        --library smh0example --secret-file "$out/secret" --admin-port 0 \
        >"$out/ports" 3>&- &
    standin=$!
    for _ in {1..100}; do
        grep -q admin "$out/ports" && break
        sleep 0.1
    done
    port=$(awk '/^port/ { print $2 }' "$out/ports")
    admin=$(awk '/^admin/ { print $2 }' "$out/ports")
}

# TARGET: the body of the stand-in's answer.
get() {
    exec 4<>"/dev/tcp/127.0.0.1/$admin"
    printf 'GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' "$1" >&4
    sed '1,/^\r$/d' <&4
    exec 4>&-
}

create_token() {
    get "/api/v1/token?library_id=smh0example&library_secret=a%20secret&$1" |
        grep -q accessToken
}

@test "the examples of manual and README revoke what they say" {
    blocks c
    mv "$out/1.c" "$out/readme.inc"
    manual EXAMPLE | grep '^        ' >"$out/blocking.inc"
    {
        sed '/int result/,$d' "$out/blocking.inc"
        echo 'int result;'
        manual "BARE METAL" | grep '^        '
    } >"$out/stepping.inc"
    # shellcheck disable=SC2086
    $COMPILE -Wno-declaration-after-statement -I"$out" tests/docs/manual.c \
        -o "$out/manual" $LINK
    start_standin smh0example.api.tencentsmh.cn
    for example in blocking stepping readme; do
        create_token user_id=alice
        create_token user_id=bob
        [ "$(get /standin/tokens | grep -c alice)" = 1 ]
        timeout 20 "$out/manual" "$port" "$out/pki/ca.pem" "a secret" $example
        [ -z "$(get /standin/tokens | grep alice)" ]
        get /standin/tokens | grep -q bob
    done
}

# BLOCK: a program links; another one is definitions, or else statements, of a
# file that includes what README.md speaks of.
compiles() {
    local flags="-Wno-unused -Wno-missing-prototypes -Wno-shadow"
    # shellcheck disable=SC2086
    if grep -q 'int main' "$1"; then
        $COMPILE $flags "$1" -o "$out/block" $LINK
    else
        $COMPILE $flags -include tests/docs/context.h -c "$1" \
            -o "$out/block" && return
        { echo 'static void block(void) {' && cat "$1" && echo '}'; } \
            >"$out/body.c"
        $COMPILE $flags -Wno-declaration-after-statement \
            -include tests/docs/context.h -c "$out/body.c" -o "$out/block"
    fi
}

@test "README: every block of C compiles" {
    blocks c
    for block in "$out"/[0-9]*.c; do
        compiles "$block" || {
            cat "$block"
            return 1
        }
    done
}

@test "README: the commands are commands, their targets and options exist" {
    blocks sh
    for block in "$out"/*.sh; do
        sh -n "$block"
    done
    grep -hoE 'make [a-z-]+' "$out"/*.sh | sort -u >"$out/targets"
    while read -r _ target; do
        make -n "$target" >/dev/null
    done < <(grep -v 'make make' "$out/targets")
    "$B/smh_revoke" --help >"$out/help" 2>&1
    for option in $(grep -hA9 smh_revoke "$out"/*.sh | grep -oE -e '--[a-z-]+' |
        sort -u); do
        grep -qe "$option" "$out/help" || {
            echo "$option is not an option"
            return 1
        }
    done
}

@test "README: the files that it links to exist" {
    [ -e README.md ]
    grep -oE '\]\([^):#]+\)' README.md | tr -d '])(' | sort -u >"$out/links"
    while read -r link; do
        [ -e "$link" ] || {
            echo "no $link"
            return 1
        }
    done <"$out/links"
}

@test "one version: title line, macro, history, README, pkg-config file" {
    version=$(sed -n 's/^#define SMH_TOKEN_VERSION "\(.*\)"$/\1/p' smh_token.h)
    [ -n "$version" ]
    head -n 1 smh_token.h | grep -qF " v$version "
    sed -n '/^HISTORY/{n;p}' smh_token.h | grep -q "^ *${version//./[.]} "
    grep -qF "$version" README.md
    make -s install B="$B" DESTDIR="$out/root" PREFIX=/usr
    grep -qxF "Version: $version" "$out/root/usr/lib/pkgconfig/smh_token.pc"
    for file in smh_token.h port/*.h; do
        cmp "$file" "$out/root/usr/include/$(basename "$file")"
    done
    "$out/root/usr/bin/smh_revoke" --help >/dev/null
}

@test "one licence, word for word in file and header, named in each port" {
    words() { sed -n '/Copyright (C)/,/^[*]\/$/p' "$1" | grep -oE '[^ */]+'; }
    words LICENSE >"$out/licence"
    [ "$(wc -l <"$out/licence")" -gt 100 ]
    words smh_token.h >"$out/words"
    diff "$out/licence" "$out/words"
    for file in port/*.h; do
        head -n 1 "$file" | grep -q ' - 0BSD$'
        tail -n 1 "$file" | grep -q 'LICENCE: 0BSD.*smh_token.h'
    done
}

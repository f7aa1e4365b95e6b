#!/usr/bin/env bats
# Every block of code in README.md, port/README.md and smh_token.h's manual, the
# pages of the examples, and the version wherever it stands.  $COMPILE, $LINK
# and $B come from the Makefile.

load common
bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    out=$BATS_TEST_TMPDIR
    . examples/smh_standin/standin.sh
}

teardown() {
    [ -z "${standin-}" ] || standin_stop
}

# HEADING: what the manual says below it.
manual() {
    awk -v heading="$1" '
        $0 == heading { inside = 1; next }
        /^[A-Z]/ { inside = 0 }
        inside' smh_token.h
}

@test "the examples of manual and README revoke what they say" {
    blocks README.md c
    mv "$out/1.c" "$out/readme.inc"
    manual EXAMPLE | grep '^        ' >"$out/blocking.inc"
    {
        sed '/int result/,$d' "$out/blocking.inc"
        echo 'int result;'
        manual "BARE METAL" | grep '^        '
    } >"$out/stepping.inc"
    # shellcheck disable=SC2086
    $COMPILE -Wno-declaration-after-statement -I"$out" tests/build/manual.c \
        -o "$out/manual" $LINK
    dir=$out/pki library=smh0example
    standin_names=DNS:smh0example.api.tencentsmh.cn standin_start --admin-port 0
    for example in blocking stepping readme; do
        printf '%s\n' 'alice x' 'bob x' | standin_create
        [ "$(standin_get tokens | grep -c alice)" = 1 ]
        timeout 60 "$out/manual" "$port" "$dir/ca.pem" "$(cat "$dir/secret")" \
            $example
        [ "$(standin_get tokens | sort -u)" = "bob x -" ]
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
        $COMPILE $flags -include tests/build/context.h -c "$1" \
            -o "$out/block" && return
        { echo 'static void block(void) {' && cat "$1" && echo '}'; } \
            >"$out/body.c"
        $COMPILE $flags -Wno-declaration-after-statement \
            -include tests/build/context.h -c "$out/body.c" -o "$out/block"
    fi
}

# PAGE: what needs lwIP is compiled by cross.bats.
blocks_compile() {
    blocks "$1" c
    for block in "$out"/[0-9]*.c; do
        grep -q smh_lwip "$block" || compiles "$block" || {
            cat "$block"
            return 1
        }
    done
}

@test "README: every block of C compiles" {
    blocks_compile README.md
}

@test "the page of the ports: every block of C compiles" {
    blocks_compile port/README.md
}

@test "the page of the ports: the program for Zephyr" {
    sed 's/smh_lwip/smh_posix/g; s/SMH_LWIP/SMH_POSIX/g
         s/esp_fill_random/sys_csrand_get/' \
        "$(block_of_ports c esp_fill_random)" >"$out/zephyr.c"
    grep -q sys_csrand_get "$out/zephyr.c"
    # shellcheck disable=SC2086
    $COMPILE -Wno-missing-prototypes -c "$out/zephyr.c" -o "$out/zephyr.o"
}

# PORT OPTION...: the contract's suite on it.
contract() {
    make contract B="$B" TLS="$TLS" SAN="$SAN" PORT="$1" "${@:2}" >"$out/said" \
        2>&1 3>&- || {
        cat "$out/said"
        return 1
    }
    grep -q PASSED "$out/said"
}

@test "the page of the ports: the port of a modem keeps to the contract" {
    mv "$(block_of_ports c modem_port)" "$out/modem.h"
    contract tests/build/modem_driver.h CFLAGS="-I$out"
}

@test "the page of the ports: its header passes the contract, and none is told" {
    contract "$(block_of_ports c contract_port)"
    run -2 make contract B="$B" TLS="$TLS"
    [[ $output == *"contract: want PORT=my_port.h"* ]]
    run -2 make contract B="$B" TLS="$TLS" PORT="$out/none.h"
    [[ $output == *"there is no file $out/none.h; want"* ]]
}

@test "the page of the ports: CMake builds the smallest example" {
    mv "$(block_of_ports cmake find_package)" "$out/CMakeLists.txt"
    cp examples/minimal.c "$out"
    make -s install B="$B" DESTDIR= PREFIX="$out/there"
    cmake -S "$out" -B "$out/made" -DCMAKE_PREFIX_PATH="$out/there;$TLS" \
        -DCMAKE_LIBRARY_PATH="$TLS/library" \
        ${SAN:+-DCMAKE_C_FLAGS=-fsanitize="$SAN"}
    cmake --build "$out/made"
    run -2 "$out/made/minimal"
}

@test "the page of the ports: its commands find the root, and say when it ends" {
    dir=$out/pki library=smh0example
    examples/smh_standin/pki.sh "$dir"
    # As with a service, the root is not sent, and lies in a store by its hash.
    mkdir "$out/store"
    cp "$dir/ca.pem" \
        "$out/store/$(openssl x509 -in "$dir/ca.pem" -noout -subject_hash).0"
    standin_start --cert "$dir/chain.pem" --key "$dir/chain.key"
    sed "s|^host=.*|host=localhost|; s|^store=.*|store='$out/store'|; s|:443|:$port|" \
        "$(block_of_ports sh s_client)" >"$out/root"
    (cd "$out" && sh -eux root)
    cmp "$out/ca.der" "$dir/ca.der"
    { echo 'const unsigned char ca[] = {' && cat "$out/ca.inc" && echo '};'; } \
        >"$out/ca.c"
    # shellcheck disable=SC2086
    $COMPILE -c "$out/ca.c" -o "$out/ca.o"
    sh -eu <<<"cd '$out'; $(cat "$(block_of_ports sh checkend)")"
    printf '%s\n' one two one >"$out/starts.txt"
    [ "$(cd "$out" && sh "$(block_of_ports sh uniq)")" = one ]
    # Another root, of whatever name, is not taken.
    rm "$out"/store/*
    run ! sh -eu <<<"cd '$out'; . ./root"
}

@test "the page of the ports: what it names of the live test exists" {
    block=$(block_of_ports sh live.sh)
    sh -n "$block"
    for name in $(grep -oE 'SMH_[A-Z_]+' "$block"); do
        grep -q "$name" tests/live.sh
    done
}

@test "the page of the ports: each section is marked as tested, run or read" {
    awk '/^## / {
            if (section != "" && !marked)
                bad = bad "\n" section
            section = $0
            marked = 0
        }
        tolower($0) ~ /[*](tested|run by hand|read)/ { marked = 1 }
        END { printf "%s", bad; exit bad != "" || !marked }' port/README.md
}

@test "README: the commands are commands, their targets and options exist" {
    blocks README.md sh
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

@test "the files that README and the other pages link to exist" {
    for page in README.md port/README.md tests/README.md \
        tests/bench/results.md examples/README.md examples/*/README.md; do
        grep -oE '\]\([^):#]+\)' "$page" | tr -d '])(' |
            sed "s|^|$(dirname "$page")/|" >>"$out/links" || :
    done
    [ "$(wc -l <"$out/links")" -gt 5 ]
    while read -r link; do
        [ -e "$link" ] || {
            echo "no $link"
            return 1
        }
    done <"$out/links"
}

# FILE: its commands, with what is built where it is here.
here() {
    sed "s|build/smh_|$B/smh_|g; s|^make .*|make B='$B' '$B/smh_standin'|" "$1"
}

@test "the stand-in's page: what it says for CI works" {
    blocks examples/smh_standin/README.md sh
    here "$out/2.sh" >"$out/ci.sh"
    grep -q start.sh "$out/ci.sh"
    grep -q smh_revoke "$out/ci.sh"
    sed -i "s|build/smh/|$out/smh/|g; s|build/smh\\b|$out/smh|g" "$out/ci.sh"
    timeout 300 sh -eux "$out/ci.sh" >"$out/said" 2>&1 3>&- || {
        cat "$out/said"
        return 1
    }
    [ ! -e "$out/smh" ]
}

@test "the stand-in's one command says what to pass, and leaves nothing" {
    blocks examples/smh_standin/README.md sh
    here "$out/1.sh" | sed "s|start.sh.*|start.sh '$out/own'|" >"$out/start"
    grep -q "start.sh" "$out/start"
    sed -i 's|^examples|exec examples|' "$out/start"
    sh -eu "$out/start" >"$out/said" 3>&- &
    standin=$!
    timeout 300 sh -c "until [ -e '$out/own/env' ]; do sleep 0.1; done"
    sed -n 's/^    //p' "$out/said" >"$out/commands"
    [ "$(grep -cE '^(curl|.*smh_revoke)' "$out/commands")" = 5 ]
    sh -eux "$out/commands" >"$out/done" 2>&1 || {
        cat "$out/done"
        return 1
    }
    grep -q '1 request' "$out/done"
    grep -q 'DELETE .*user_id=alice 204' "$out/done"
    standin_stop
    standin=
    [ ! -e "$out/own" ]
}

@test "the stand-in's one command: its help, its version, a wrong option" {
    standin_home=examples/smh_standin
    "$standin_home/start.sh" -h | grep -qF 'start.sh [DIR] [OPTION]...'
    for option in -V --version; do
        [ "$("$standin_home/start.sh" $option)" = "$("$B/smh_standin" -V)" ]
    done
    run "$standin_home/start.sh" "$out/own" --port 70000
    [ "$status" = 1 ]
    [[ $output == *'--port "70000": want a number from 0 to 65535'* ]]
    [ ! -e "$out/own" ]
}

@test "the stand-in's page: the faults that it names exist" {
    "$B/smh_standin" --help >"$out/help"
    sed -n 's/^| `\([a-z-]*\).*/\1/p' examples/smh_standin/README.md >"$out/named"
    [ "$(wc -l <"$out/named")" -ge 8 ]
    while read -r fault; do
        grep -q "^    $fault " "$out/help"
    done <"$out/named"
}

@test "no example leans on the tests, and each has its line in their page" {
    run grep -rnE '(^|[^[:alnum:]_])tests/' examples
    [ "$status" = 1 ] || {
        echo "$output"
        return 1
    }
    for example in examples/*; do
        [ "$example" = examples/README.md ] ||
            grep -qF "](${example#examples/}" examples/README.md
    done
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

# All but what is made of a name of a board and versions of its stacks.
@test "make help lists every target" {
    make help >"$out/help"
    make -pRrq 2>/dev/null | sed -n 's/^[.]PHONY: //p' | tr ' ' '\n' |
        grep -vE -e '^$' -e '-firmware-' | sort -u >"$out/targets"
    [ "$(wc -l <"$out/targets")" -gt 30 ]
    while read -r target; do
        grep -qwF -e "$target" "$out/help" || {
            echo "make help does not list $target"
            return 1
        }
    done <"$out/targets"
    # And what a user may want to set.
    for variable in B= CC= TLS= LWIP= PORT= FUZZ_MORE= PREFIX= STATIC_CC=; do
        grep -qF -e " $variable" "$out/help"
    done
}

# `make size` holds that row to what is measured.
@test "README: the kilobytes in its first lines are those of the size table" {
    bytes=$(awk '/code of the blocking call, Cortex-M0[+]$/ { print $1 }' \
        tests/README.md)
    [ -n "$bytes" ]
    sed -n 3,5p README.md |
        grep -qF "$(awk -v n="$bytes" 'BEGIN { printf "%.1f kB", n / 1000 }')"
}

# What each says of options, "--NAME", and of statuses, "= N".
said_by_help() {
    "$B/smh_revoke" --help | grep -oE '(^  |^  -h, |; -V, )--[a-z-]+|^  [0-9]  ' |
        sed -e 's/.*--/--/' -e 's/^ *\([0-9]\).*/= \1/' | sort
}
said_by_page() {
    sed -n -e 's/^[.]It \(Fl h , \|Fl V , \|Fl \)-\([a-z-]*\).*/--\2/p' \
        -e 's/^[.]It \([0-9]\)$/= \1/p' "$1" | sort
}

@test "the manual page of the tool says what --help says, without a fault" {
    page=examples/smh_revoke/smh_revoke.1
    mandoc -T lint "$page"
    [ "$(said_by_help | wc -l)" -gt 25 ]
    diff <(said_by_help) <(said_by_page "$page")
}

@test "README: its figures of proofs and mutants are those of the gates" {
    claims=tests/proof/claims rules=tests/mutate/rules.mk
    tr '\n' ' ' <README.md | tr -s ' ' >"$out/readme"
    grep -qF "proves $(grep -c '^claim' $claims) claims" "$out/readme"
    grep -qF "the $(grep -c '^ *fault' $claims) faults planted" "$out/readme"
    least() { sed -n "s|.* $1 --sample 600 --at-least ||p" $rules; }
    grep -qF "kill at least $(least smh_token.h) % of 600 mutants of it and $(least \
        port/smh_mbedtls.h) % of the TLS port's" "$out/readme"
}

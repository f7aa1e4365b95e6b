#!/usr/bin/env bats
# install, install-strip and uninstall, and what a user of them can build.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    root="$BATS_TEST_TMPDIR/a root"
    unset CC CFLAGS LDFLAGS
}

installed() { # its files below the root
    (cd "$root" && find . -type f | sort)
}

make_to() { # TARGET VARIABLE...
    make -s "$1" B="$B" DESTDIR="$root" TLS="$TLS" SAN="$SAN" "${@:2}"
}

@test "install: header, ports, tool and pkg-config file, with any DESTDIR" {
    make_to install PREFIX=/opt/smh
    diff <(installed) - <<'END'
./opt/smh/bin/smh_revoke
./opt/smh/include/smh_lwip.h
./opt/smh/include/smh_lwip_raw.h
./opt/smh/include/smh_mbedtls.h
./opt/smh/include/smh_posix.h
./opt/smh/include/smh_token.h
./opt/smh/lib/cmake/smh_token/smh_token-config-version.cmake
./opt/smh/lib/cmake/smh_token/smh_token-config.cmake
./opt/smh/lib/pkgconfig/smh_token.pc
./opt/smh/share/man/man1/smh_revoke.1
END
    for file in smh_token.h port/*.h; do
        cmp "$file" "$root/opt/smh/include/$(basename "$file")"
    done
    "$root/opt/smh/bin/smh_revoke" --help >/dev/null
}

@test "install-strip: the tool has no symbols left" {
    make_to install
    readelf -S "$root/usr/local/bin/smh_revoke" | grep -q ' \.symtab '
    rm -r "$root"
    make_to install-strip
    run ! grep -q ' \.symtab \| \.debug' \
        <(readelf -S "$root/usr/local/bin/smh_revoke")
    "$root/usr/local/bin/smh_revoke" --version
}

@test "uninstall removes what was installed and nothing else" {
    make_to install
    echo other >"$root/usr/local/include/other.h"
    make_to uninstall
    [ "$(installed)" = ./usr/local/include/other.h ]
    make_to uninstall
}

@test "the smallest example is built by what pkg-config says" {
    command -v pkg-config >/dev/null || skip "no pkg-config here"
    make_to install PREFIX="$BATS_TEST_TMPDIR/there" DESTDIR=
    export PKG_CONFIG_PATH="$BATS_TEST_TMPDIR/there/lib/pkgconfig"
    [ "$(pkg-config --variable=prefix smh_token)" = "$BATS_TEST_TMPDIR/there" ]
    cp examples/minimal.c "$BATS_TEST_TMPDIR/"
    cd "$BATS_TEST_TMPDIR"
    # shellcheck disable=SC2046
    gcc -std=c99 -D_POSIX_C_SOURCE=200809L ${SAN:+-fsanitize="$SAN"} \
        $(pkg-config --cflags smh_token) -o minimal minimal.c \
        $(pkg-config --libs smh_token)
    run -2 ./minimal
    [[ $output == *"minimal HOST PORT"* ]]
}

project() { # VERSION COMPONENTS: a project in C++17, configured
    make_to install PREFIX="$BATS_TEST_TMPDIR/there" DESTDIR=
    printf '%s\n' '#define SMH_TOKEN_IMPLEMENTATION' '#include <smh_token.h>' \
        'int main() { return *smh_strerror(SMH_DONE) == 0; }' \
        >"$BATS_TEST_TMPDIR/core.cpp"
    cp examples/minimal.c "$BATS_TEST_TMPDIR/"
    cat >"$BATS_TEST_TMPDIR/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.13)
project(cutter LANGUAGES C CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(smh_token $1 REQUIRED $2)
add_executable(core core.cpp)
target_link_libraries(core smh_token::smh_token)
add_executable(minimal minimal.c)
target_compile_definitions(minimal PRIVATE _POSIX_C_SOURCE=200809L)
target_link_libraries(minimal smh_token::posix_mbedtls)
END
    cmake -S "$BATS_TEST_TMPDIR" -B "$BATS_TEST_TMPDIR/made" \
        -DCMAKE_PREFIX_PATH="$BATS_TEST_TMPDIR/there;$TLS" \
        -DCMAKE_LIBRARY_PATH="$TLS/library" \
        ${SAN:+-DCMAKE_C_FLAGS=-fsanitize="$SAN"}
}

@test "CMake finds header and ports, and what they are linked with" {
    project 0.2 "COMPONENTS posix_mbedtls"
    cmake --build "$BATS_TEST_TMPDIR/made"
    "$BATS_TEST_TMPDIR/made/core"
    run -2 "$BATS_TEST_TMPDIR/made/minimal"
    [[ $output == *"minimal HOST PORT"* ]]
}

@test "CMake is told what there is not" {
    run ! project 0.2 "COMPONENTS posix_openssl"
    [[ $output == *"smh_token::posix_openssl is not known"* ]]
    for version in 0.1 0.3 1; do
        run ! project "$version" ""
        [[ $output == *"smh_token-config.cmake, version:"* ]]
    done
}

# commands VARIABLE...: what would be run for the tool
commands() {
    env "$@" make -n B="$BATS_TEST_TMPDIR/none" TLS="$TLS" \
        "$BATS_TEST_TMPDIR/none/smh_revoke" | tr '\\\n' '  '
}

@test "CC, CFLAGS and LDFLAGS of the environment count" {
    commands A=b | grep -q ' gcc .* -O2 -g '
    commands CC=tcc CFLAGS=-O9 LDFLAGS=-Lhere >"$BATS_TEST_TMPDIR/commands"
    grep -q ' tcc .* -O9 .* -Lhere ' "$BATS_TEST_TMPDIR/commands"
    run ! grep -q -e '-O2' "$BATS_TEST_TMPDIR/commands"
}

@test "warnings are errors in tests alone" {
    run ! grep -q -e -Werror <(commands A=b)
    make -n B="$BATS_TEST_TMPDIR/none" TLS="$TLS" check-tool |
        grep -q -e '-Werror.*smh_revoke'
}

@test "TLS takes what was installed, and what was built in place" {
    for lib in lib lib64 library; do
        tls="$BATS_TEST_TMPDIR/$lib"
        mkdir -p "$tls/$lib"
        : >"$tls/$lib/libmbedtls.a"
        TLS=$tls commands A=b | grep -qF -e "-isystem $tls/include"
        TLS=$tls commands A=b | grep -qF -e "-L$tls/$lib "
    done
    run -2 make -n B="$BATS_TEST_TMPDIR/none" TLS=/nonexistent all
    [[ $output == *"TLS=/nonexistent: no libmbedtls in its lib or library"* ]]
}

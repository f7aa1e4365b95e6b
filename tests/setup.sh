#!/bin/sh
# tests/setup.sh GROUP...: installs what these groups lack, with apt-get.
# Nothing missing: no apt, no network.  As root, or through sudo.
set -eu

die() {
    echo "setup: $*" >&2
    exit 1
}

groups="build host strangers cross foreign tls static lwip firmware quality \
bench proof mutate fresh all"

# A group may name others as @group.  netbase makes a tree know localhost.
packages() {
    case $1 in
    build) echo gcc libc6-dev make libmbedtls-dev openssl ca-certificates \
        netbase ;;
    host) echo @build @strangers g++ clang libcmocka-dev bats jq procps \
        iproute2 mount curl pkg-config cmake mandoc ;;
    strangers) echo nginx haproxy hitch nodejs ;;
    cross) echo @build gcc-arm-none-eabi libnewlib-arm-none-eabi tcc \
        gcc-riscv64-unknown-elf gcc-avr avr-libc simavr ;;
    foreign) echo @tls gcc-s390x-linux-gnu libc6-dev-s390x-cross \
        gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user ;;
    tls) echo @build dpkg-dev bzip2 xz-utils ;;
    static) echo @tls musl-tools ;;
    lwip) echo @host @tls liblwip-dev ;;
    firmware) echo @tls gcc-arm-none-eabi libnewlib-arm-none-eabi \
        qemu-system-arm libcmocka-dev nginx ;;
    quality) echo valgrind clang-format universal-ctags gcovr \
        libclang-rt-14-dev llvm clang-tidy cppcheck ;;
    bench) echo @host @tls valgrind strace gnuplot-nox nghttp2-client \
        libcurl4-openssl-dev node-llhttp ;;
    proof) echo @build gcc-avr xz-utils ;;
    mutate) echo @host python3 ;;
    fresh) echo debootstrap git ;;
    all) echo @host @cross @foreign @tls @static @lwip @firmware @quality \
        @bench @proof @mutate @fresh ;;
    *) die "no group '$1'; there are $groups" ;;
    esac
}

expand() {
    for name in $(packages "$1"); do
        case $name in
        @*) expand "${name#@}" ;;
        *) echo "$name" ;;
        esac
    done
}

missing() {
    for name in $wanted; do
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null |
            grep -qx installed || echo "$name"
    done
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=600 "$@" >>"$log" 2>&1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Daemons that come along stay stopped, now and at the next boot.
policy=/usr/sbin/policy-rc.d
forbid_daemons() {
    [ ! -e $policy ] || return 0
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod +x $policy
    trap 'as_root rm -f $policy; rm -f "$log"' EXIT
}

[ $# -gt 0 ] || die "usage: tests/setup.sh GROUP..., of $groups"
wanted=
for group; do
    packages "$group" >/dev/null
    wanted="$wanted $(expand "$group")"
done
wanted=$(printf '%s\n' $wanted | sort -u)
case " $* " in
*" host "* | *" all "*)
    [ -e /proc/self ] || die "the tests look into /proc, which is not there:" \
        "mount -t proc proc /proc"
    ;;
esac
[ -n "$(missing)" ] || exit 0

command -v apt-get >/dev/null ||
    die "no apt-get here: install the like of" $(missing)
[ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    die "run this as root, or install sudo; missing:" $(missing)
exec 9<"$0" && flock 9
new=$(missing)
[ -n "$new" ] || exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM
forbid_daemons
echo "setup: installing" $new
apt update || echo "setup: apt-get update failed, going on with old lists" >&2
apt install -y --no-install-recommends $new || {
    tail -n 20 "$log" >&2
    die "apt-get install failed (above): mend the network or" \
        "/etc/apt/sources.list, then run this again"
}
for daemon in $(printf '%s\n' $new | grep -x -e nginx -e haproxy -e hitch); do
    as_root update-rc.d "$daemon" disable >/dev/null 2>&1 || :
done

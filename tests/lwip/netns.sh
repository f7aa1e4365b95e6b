#!/bin/sh
# tests/lwip/netns.sh PROGRAM...: runs PROGRAM in a network namespace of its
# own, which has a loopback and a tap device, $SMH_TAP, and nothing else; both
# are gone when it ends.  Needs root, since that is who may make them.
set -eu

[ "$(id -u)" = 0 ] && [ -c /dev/net/tun ] || {
    echo "netns: needs root and /dev/net/tun, for a network of its own" >&2
    exit 1
}
space=smh-lwip-$$
export SMH_TAP=smhtap0
ip netns add "$space" || {
    echo "netns: may not make a network namespace here" >&2
    exit 1
}
trap 'ip netns del "$space"' EXIT
trap 'exit 1' HUP INT TERM

in_space() {
    ip netns exec "$space" "$@"
}
in_space ip link set lo up
in_space ip tuntap add dev $SMH_TAP mode tap
in_space ip addr add 10.86.83.1/24 dev $SMH_TAP
in_space ip addr add fd53:4d48::1/64 dev $SMH_TAP nodad
in_space ip link set $SMH_TAP up
in_space "$@"

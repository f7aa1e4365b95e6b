#!/bin/sh
# tests/fresh/run.sh DIR: the README's two command lines in a new Debian 12 tree
# of debootstrap --variant=minbase with git and a clone of the last commit, in
# DIR.  Then the first one again, without a network.  As root.
set -eu

die() {
    echo "fresh: $*" >&2
    exit 1
}

[ $# = 1 ] || die "usage: tests/fresh/run.sh DIR"
[ "$(id -u)" = 0 ] || die "only root can make a tree of devices: use sudo"
mkdir -p "$1"
dir=$(cd "$1" && pwd)
root=$dir/root
cd "$(dirname "$0")/../.."

lines=$(sed -n '/^```sh/,/^```/p' README.md | grep -E 'make (demo|test)$') ||
    die "README.md has no lines in sh blocks that end in make demo, make test"
[ "$(echo "$lines" | wc -l)" = 2 ] || die "not two command lines: $lines"

if [ ! -e "$dir/base.tar" ]; then
    echo "fresh: debootstrap (about a minute)"
    rm -rf "$dir/base"
    debootstrap --variant=minbase --include=git bookworm "$dir/base" \
        "$(tests/mirror.sh)" >"$dir/debootstrap.log" || {
        tail -n 20 "$dir/debootstrap.log" >&2
        die "debootstrap failed"
    }
    apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-)' \
        >"$dir/base/etc/apt/apt.conf.d/as-here" || :
    tar -cf "$dir/base.new" -C "$dir/base" .
    mv "$dir/base.new" "$dir/base.tar"
    rm -rf "$dir/base"
fi

rm -rf "$root"
mkdir "$root"
tar -xf "$dir/base.tar" -C "$root"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
git clone -q . "$root/root/clone"

# LINE FLAGS...: the command line in the tree, with processes of its own, none
# of which outlives it; FLAGS are more for unshare.
in_tree='
    mount -t proc proc "$1/proc"
    ip link set lo up
    exec chroot "$1" env -i HOME=/root TERM=dumb LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        sh -c "cd /root/clone && $2"'
inside() {
    line=$1
    shift
    echo "fresh: $line $*"
    unshare --mount --pid --fork --kill-child "$@" \
        sh -ec "$in_tree" sh "$root" "$line" </dev/null
}

echo "$lines" | while read -r line; do
    inside "$line" || die "failed: $line"
done
before=$(sha256sum <"$root/var/lib/dpkg/status")
inside "make demo" --net || die "make demo needs the network a second time"
[ "$before" = "$(sha256sum <"$root/var/lib/dpkg/status")" ] ||
    die "the second make demo has installed something"
rm -rf "$root"
echo "fresh: passed"

# For the scripts of this folder, which source it at the top of the checkout: a
# new Debian 12 tree of debootstrap --variant=minbase with git and a clone of
# the last commit.

die() {
    echo "fresh: $*" >&2
    exit 1
}

# tree_make DIR NAME: $root is DIR/NAME; what debootstrap made is kept in DIR.
tree_make() {
    [ "$(id -u)" = 0 ] || die "only root can make a tree of devices: use sudo"
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    root=$dir/$2
    [ -e "$dir/base.tar" ] || tree_base
    rm -rf "$root"
    mkdir "$root"
    tar -xf "$dir/base.tar" -C "$root"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    git clone -q . "$root/root/clone"
}

tree_base() {
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
}

# The tree is a mount of its own, without which a network namespace cannot be
# entered in it; terminals and the tap device are those of any machine.
tree_in='
    mount --bind "$1" "$1"
    mount -t proc proc "$1/proc"
    mount -t sysfs sysfs "$1/sys"
    mkdir -p "$1/dev/pts" "$1/dev/shm" "$1/dev/net"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
    ln -sf pts/ptmx "$1/dev/ptmx"
    mount -t tmpfs tmpfs "$1/dev/shm"
    [ -e "$1/dev/net/tun" ] || mknod "$1/dev/net/tun" c 10 200
    ip link set lo up
    exec chroot "$1" env -i HOME=/root TERM=dumb LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        sh -c "cd /root/clone && $2"'

# tree_run LINE FLAGS...: the command line in the tree, with processes of its
# own, none of which outlives it; FLAGS are more for unshare.
tree_run() {
    line=$1
    shift
    echo "fresh: $line $*"
    unshare --mount --pid --fork --kill-child "$@" \
        sh -ec "$tree_in" sh "$root" "$line" </dev/null
}

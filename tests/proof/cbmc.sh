#!/bin/sh
# tests/proof/cbmc.sh: CBMC of Debian 13 in build/cbmc, where run starts any of
# its programs.  Nothing is done when it is already there.
#
# A model checker has no version that it must have, but a least one.  It is not
# installed: it is unpacked with the libraries of its own release, and started
# through its own loader.
set -eu
least=6.6

die() {
    echo "cbmc: $*" >&2
    exit 1
}

cd "$(dirname "$0")/../.."
out=build/cbmc
[ ! -e $out ] || exit 0
mkdir -p build
exec 9>$out.lock
flock 9
[ ! -e $out ] || exit 0
echo "cbmc: fetching"
work=$(mktemp -d -p build)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

tests/suite.sh deb trixie update ||
    die "cannot read trixie from the mirror: is there a network?"
(cd "$work" && ../../tests/suite.sh deb trixie download \
    cbmc libc6 libgcc-s1 libstdc++6 minisat zlib1g) || die "cannot download"
for package in "$work"/*.deb; do
    dpkg-deb -x "$package" "$work/root"
done
loader=$(cd "$work/root" && echo usr/lib/*/ld-linux*.so*)
[ -e "$work/root/$loader" ] || die "no loader in libc6"
cat >"$work/root/run" <<END
#!/bin/sh
here=\$(dirname "\$0") tool=\$1
shift
exec "\$here/$loader" --library-path \\
    "\$here/$(dirname "$loader"):\$here/usr/lib" \\
    "\$here/usr/bin/\$tool" "\$@"
END
chmod +x "$work/root/run"
found=$("$work/root/run" cbmc --version)
dpkg --compare-versions "${found%% *}" ge $least ||
    die "trixie has $found, want $least"
mv "$work/root" $out

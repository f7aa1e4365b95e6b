#!/bin/sh
# tests/trixie.sh LEAST TOOL PACKAGE...: TOOL of Debian 13 and those packages in
# build/TOOL, where run starts any of their programs.  Nothing is done when it is
# already there.
#
# What checks has no version that it must have, but a least one.  It is not
# installed: it is unpacked with the C and C++ libraries of its own release, and
# started through its own loader, which finds all else on this machine.
set -eu
least=$1
tool=$2
shift 2

die() {
    echo "$tool: $*" >&2
    exit 1
}

cd "$(dirname "$0")/.."
out=build/$tool
[ ! -e "$out" ] || exit 0
mkdir -p build
exec 9>"$out.lock"
flock 9
[ ! -e "$out" ] || exit 0
echo "$tool: fetching"
work=$(mktemp -d -p build)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

tests/suite.sh deb trixie update ||
    die "cannot read trixie from the mirror: is there a network?"
(cd "$work" && ../../tests/suite.sh deb trixie download \
    "$tool" libc6 libgcc-s1 libstdc++6 "$@") || die "cannot download"
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
found=$("$work/root/run" "$tool" --version | grep -o '[0-9][0-9.]*' |
    head -n 1)
dpkg --compare-versions "$found" ge "$least" ||
    die "trixie has $found, want $least"
mv "$work/root" "$out"

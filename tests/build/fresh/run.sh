#!/bin/sh
# tests/build/fresh/run.sh DIR: the README's two command lines in a new tree in
# DIR.  Then the first one again, without a network.  As root.
set -eu

cd "$(dirname "$0")/../../.."
. tests/build/fresh/tree.sh
[ $# = 1 ] || die "usage: tests/build/fresh/run.sh DIR"

lines=$(sed -n '/^```sh/,/^```/p' README.md | grep -E 'make (demo|test)$') ||
    die "README.md has no lines in sh blocks that end in make demo, make test"
[ "$(echo "$lines" | wc -l)" = 2 ] || die "not two command lines: $lines"

tree_make "$1" root
echo "$lines" | while read -r line; do
    tree_run "$line" || die "failed: $line"
done
before=$(sha256sum <"$root/var/lib/dpkg/status")
tree_run "make demo" --net || die "make demo needs the network a second time"
[ "$before" = "$(sha256sum <"$root/var/lib/dpkg/status")" ] ||
    die "the second make demo has installed something"
rm -rf "$root"
echo "fresh: passed"

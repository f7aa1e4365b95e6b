#!/bin/sh
# tests/build/fresh/gate.sh DIR: the whole of .ci/run in a new tree in DIR, but
# for the step that would make another tree.  As root.  If it fails, the tree
# stays for a look.
set -eu

cd "$(dirname "$0")/../../.."
. tests/build/fresh/tree.sh
[ $# = 1 ] || die "usage: tests/build/fresh/gate.sh DIR"

tree_make "$1" gate
tree_run "apt-get -qq update && apt-get -qq install -y make >/dev/null"
tree_run "SMH_FRESH=1 .ci/run" || die "failed: .ci/run; the tree is $root"
rm -rf "$root"
echo "fresh: the gate passed"

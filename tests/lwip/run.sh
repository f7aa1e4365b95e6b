#!/bin/sh
# tests/lwip/run.sh PROGRAM...: each in a network of its own, with certificates
# for it.  $SMH_STANDIN is the stand-in.
set -eu

here=$(dirname "$0")
PKI=$(mktemp -d)
export PKI
trap 'rm -rf "$PKI"' EXIT
trap 'exit 1' HUP INT TERM
"$here/../../examples/smh_standin/pki.sh" "$PKI" DNS:both.test DNS:four.test \
    DNS:six.test DNS:gap.test DNS:late.test
for program; do
    echo "== $program"
    timeout 900 "$here/netns.sh" "$program"
done

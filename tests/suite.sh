#!/bin/sh
# tests/suite.sh deb|deb-src SUITE ARGUMENT...: apt-get in a private source list
# of that suite alone, on the mirror that this machine uses anyway; update has a
# lock.  apt's configuration of the machine is only read, and what is installed
# here does not count.
set -eu
kind=$1
suite=$2
shift 2

root=$(cd "$(dirname "$0")/.." && pwd)
apt=$root/build/apt/$suite-$kind
key=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
: >>"$apt/status"
if [ "$1" = update ]; then
    exec 8>"$apt/lock"
    flock 8
    mirror=$("$root/tests/mirror.sh")
    echo "$kind [signed-by=$key] $mirror $suite main" >"$apt/source.list"
fi
exec apt-get -qq -o Dir::Etc::SourceList="$apt/source.list" \
    -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$apt/lists" \
    -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" \
    -o APT::Sandbox::User=root -o APT::Update::Post-Invoke-Success::=true "$@"

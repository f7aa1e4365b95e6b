#!/bin/sh
# examples/smh_standin/start.sh [DIR] [OPTION]...
# Starts a stand-in of the service, with certificates and a secret of its own in
# DIR (a temporary one if none is named), and prints what to pass to a client.
# DIR/env has the same as variables of the shell; it appears when all is ready.
# Ends on Ctrl-C or SIGTERM, and removes DIR.  OPTION: see smh_standin --help.
set -eu

die() {
    echo "start.sh: $*" >&2
    exit 2
}

here=$(dirname "$0")
B=${B:-build}
[ -x "$B/smh_standin" ] ||
    die "no $B/smh_standin here: run \`make\`, or set B to the folder it is in"
case ${1-} in
-h | --help)
    sed -n '2,6s/^# //p' "$0"
    exit 0
    ;;
-V | --version) exec "$B/smh_standin" --version ;;
'' | -*) dir=$(mktemp -d) ;;
*)
    [ ! -e "$1" ] || die "$1 is there already: want the name of a new folder"
    mkdir "$1"
    dir=$(cd "$1" && pwd)
    shift
    ;;
esac
# shellcheck disable=SC2034 # standin.sh reads them
library=smh0standin standin_home=$here
. "$here/standin.sh"

end() {
    [ -z "${standin-}" ] || standin_stop
    rm -rf "$dir"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

standin_start --admin-port 0 "$@"
cat >"$dir/env.new" <<END
SMH_HOST='localhost:$port'
SMH_LIBRARY='$library'
SMH_CA='$dir/ca.pem'
SMH_SECRET_FILE='$dir/secret'
SMH_ADMIN='http://127.0.0.1:$admin'
END
cat <<END
A stand-in of the service; Ctrl-C ends it and removes $dir.

Create a token:

    curl -fsSG http://127.0.0.1:$admin/api/v1/token -d library_id=$library \\
        -d library_secret=\$(cat $dir/secret) \\
        -d user_id=alice -d client_id=phone

Revoke it:

    $B/smh_revoke --host localhost:$port --library $library \\
        --ca $dir/ca.pem --secret-file $dir/secret --user alice

Let the next request fail, see the tokens that are left and what was asked:

    curl -fsSX POST http://127.0.0.1:$admin/standin/faults?fault=1:status:503
    curl -fsS http://127.0.0.1:$admin/standin/tokens
    curl -fsS http://127.0.0.1:$admin/standin/log
END
mv "$dir/env.new" "$dir/env"
wait "$standin"

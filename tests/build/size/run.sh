#!/bin/sh
# tests/build/size/run.sh DIR COMMAND...: runs what measures, and fails if it
# does or if tests/README.md shows a row that was not measured now.
dir=$1
shift
mkdir -p "$dir"
echo "size: measuring, with the firmware run in an emulator for it" >&2
"$@" >"$dir/size.txt"
status=$?
cat "$dir/size.txt"

# What varies from run to run has a ceiling, no row here: interrupts and records
# do, and the CA in the image, whose signature is some bytes longer or shorter.
sed -n '/^## Sizes/,$p' tests/README.md |
    grep -E -e '^ +[0-9]+  ' -e '^[|]' |
    grep -vE '^[|] ([*]*in all|drivers|arena|stack: used|longest turn)' \
        >"$dir/size.readme"
cat "$dir/firmware/table.md" >>"$dir/size.txt"
if [ ! -s "$dir/size.readme" ]; then
    echo "tests/README.md shows no sizes: put rows of these into it" >&2
    status=1
fi
if grep -vxF -f "$dir/size.txt" "$dir/size.readme" >&2; then
    echo "tests/README.md shows these rows, which are out of date" >&2
    status=1
fi
exit $status

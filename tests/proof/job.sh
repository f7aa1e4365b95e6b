#!/bin/sh
# tests/proof/job.sh DIR NUMBER: the row of that number in DIR/jobs, which
# run.sh wrote, as a line of TAP.
set -eu
dir=$1 out=$1/$2 number=$2
tab=$(printf '\t')
sed -n "${number}p" "$dir/jobs" | tr '\t' '\n' >"$dir/$number.row"
{
    read -r kind
    read -r width
    read -r entry
    read -r file
    read -r words
    read -r want || :
    read -r fault || :
} <"$dir/$number.row"
mkdir -p "$out"
mv "$dir/$number.row" "$out/row"
name="$entry, $width bits: $words"
[ $kind = claim ] || name="$entry sees a fault: $fault"

verdict() {
    printf '%s\n' "$1 $number - $name ($(cat "$out/seconds" 2>/dev/null) s)"
    [ $# = 1 ] || echo "#     $2"
    exit 0
}

# A header of its own, if there is a fault, comes before the one in the root.
flags=-I$out
calls= loops= options=
for word in $words; do
    case $word in
    -D*) flags="$flags $word" ;;
    *.loop) loops=tests/proof/$word ;;
    *.*) options="$options $word" ;;
    *:*[a-z]*) calls="$calls --replace-calls $word" ;;
    *) options="$options $word" ;;
    esac
done
if [ $kind = fault ]; then
    sed -E "$fault" smh_token.h >"$out/smh_token.h"
    ! cmp -s "$out/smh_token.h" smh_token.h ||
        verdict "not ok" "it changes nothing"
    flags="$flags -DFAULT"
fi
run=build/cbmc/run
source=tests/proof/$file
narrow=
if [ $width = 16 ]; then
    avr-gcc -std=c99 -mmcu=atmega1284p -ffreestanding -E $flags -I. \
        -o "$out/narrow.i" "$source"
    source=$out/narrow.i
    narrow=--16
fi
$run goto-cc -std=c99 $narrow $flags -I. -o "$out/goto" "$source" \
    >"$out/compile.log" 2>&1 || verdict "not ok" "it does not compile"
[ -z "$calls" ] ||
    $run goto-instrument $calls "$out/goto" "$out/goto" >"$out/calls.log" 2>&1 ||
    verdict "not ok" "no calls: $out/calls.log"
[ -z "$loops" ] ||
    $run goto-instrument --loop-contracts-file "$loops" \
        --apply-loop-contracts "$out/goto" "$out/goto" >"$out/loops.log" 2>&1 ||
    verdict "not ok" "no contract: $out/loops.log"

(
    ulimit -t 900
    exec $run cbmc "$out/goto" --function "$entry" --drop-unused-functions \
        --slice-formula --unsigned-overflow-check --conversion-check \
        --pointer-overflow-check $options
) >"$out/log" 2>&1 || :
times >"$out/times"
awk -F '[ms ]' 'NR == 2 { printf "%.1f\n", $1 * 60 + $2 }' "$out/times" \
    >"$out/seconds"
grep -q '^VERIFICATION ' "$out/log" || verdict "not ok" "no answer: $out/log"

# What failed, or was not reached by the solver for that; but for what a waiver
# names, a function and a text behind it, and what was to be SEEN.
grep -E ': (FAILURE|UNKNOWN)$' "$out/log" | grep -v ' seen: .*: FAILURE$' |
    awk -v waived="$out/waived" '
    FILENAME != "-" {
        if (!/^#/)
            waivers[$0] = 1
        next
    }
    {
        for (line in waivers) {
            split(line, part, " *[|] *")
            if (index($0, "[" part[1] ".") == 1 && index($0, part[2])) {
                print line >waived
                next
            }
        }
        print
    }' tests/proof/waivers - >"$out/failed"
[ $kind = claim ] || {
    grep -F "$want" "$out/failed" | grep -q ': FAILURE$' ||
        verdict "not ok" "it does not see it: want $want"
    verdict ok
}
sed -n 's/^[[].*[.]assertion[.][0-9]*[]] line [0-9]* \(.*\): [A-Z]*$/\1/p' \
    "$out/log" | grep -v '^seen: ' >"$out/claims" || :
grep ' seen: .*: SUCCESS$' "$out/log" >>"$out/failed" || :
[ ! -s "$out/failed" ] || verdict "not ok" "$(head -n 1 "$out/failed")"
verdict ok

#!/bin/sh
# tests/unit/coverage.sh DIR: says how many lines, branches and conditions of the
# header the runs in DIR have covered, and where one is missing, which it may not.
# A function that is the same in all variants is judged by the runs of all; where
# they differ, each has to be whole.
set -eu
dir=$1
run=build/clang-19/run

$run llvm-profdata-19 merge -o "$dir/runs" "$dir"/*.profraw
for unit in "$dir"/unit/*/unit; do
    $run llvm-cov-19 report -show-mcdc-summary -instr-profile "$dir/runs" \
        "$unit" smh_token.h >>"$dir/report"
    $run llvm-cov-19 show -show-branches=count -show-mcdc \
        -instr-profile "$dir/runs" "$unit" smh_token.h >>"$dir/places"
done

awk '
    /MC\/DC Decision Region/ { decision = $0 }
    /-Pair: not covered/ { print decision "\n" $0 }
    /^ *[0-9]+[|] +0[|]/ || /(True|False): 0[],]/' "$dir/places"
awk '
    $1 == "TOTAL" {
        variants++
        lines += $8
        branches += $11
        conditions += $14
        no_lines += $9
        no_branches += $12
        no_conditions += $15
    }
    END {
        printf "header, %d variants: lines %d of %d, branches %d of %d, " \
            "MC/DC %d of %d\n", variants, lines - no_lines, lines,
            branches - no_branches, branches, conditions - no_conditions,
            conditions
        exit variants == 0 || no_lines + no_branches + no_conditions > 0
    }' "$dir/report"

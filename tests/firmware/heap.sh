#!/bin/sh
# tests/firmware/heap.sh IMAGE...: no image may have a heap.
set -eu
for image; do
    arm-none-eabi-nm "$image" | awk -v image="$image" '
        $NF == "main" { main = 1 }
        $NF ~ /^_*(malloc|calloc|realloc|free|sbrk)(_r)?$/ {
            print image ": has a heap: " $NF
            heap = 1
        }
        END { exit heap || !main }' >&2
done

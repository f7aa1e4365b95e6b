#!/bin/sh
# tests/firmware/heap.sh IMAGE...: no image may have a heap.
set -eu
for image; do
    if arm-none-eabi-nm "$image" | awk '
        $NF ~ /^_*(malloc|calloc|realloc|free|sbrk)(_r)?$/ { print; found = 1 }
        END { exit !found }'; then
        echo "$image: has a heap" >&2
        exit 1
    fi
done

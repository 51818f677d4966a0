#!/bin/sh
# The applications on this machine, against the host board: ./build.sh [FOLDER], by default build/firmware/.
# For a microcontroller: gfp.c, gfp_frame.c, one application and a board of your own, with your compiler and -Os.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
out=${1:-$here/../../build/firmware}
mkdir -p "$out"

compile() { "${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Wconversion "$@"; }

cd "$here"
for app in bump_bar call_base; do
    compile -O2 -o "$out/$app" "$app.c" host.c gfp.c gfp_frame.c
done
compile -O2 -o "$out/codec" codec.c gfp_frame.c
# For `size` and `nm`: what a microcontroller gets. data + bss would be RAM beside the board's one struct gfp.
compile -Os -c -o "$out/gfp.o" gfp.c
compile -Os -c -o "$out/gfp_frame.o" gfp_frame.c

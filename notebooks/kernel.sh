#!/bin/sh
# Starts the kernel for the course: kernel.sh EVCXR_JUPYTER CONNECTION-FILE. `make setup` names it in kernel.json.
#
# The kernel builds in target/kernels/PID. Cargo reads target/kernels/.cargo/config.toml there, by which the kernel's cache keeps
# `support` as well: the first cell of a chapter takes 3 s instead of 8.
set -u
target=$(cd "$(dirname "$0")/.." && pwd)/target

# What would have cargo build in another way or place than the kernel expects. With CARGO_INCREMENTAL=0 its cache would hand a cell
# another cell's code.
unset CARGO_INCREMENTAL CARGO_BUILD_INCREMENTAL CARGO_PROFILE_DEV_INCREMENTAL CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_BUILD_TARGET \
  CARGO_ENCODED_RUSTFLAGS RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_RUSTC_WRAPPER CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER
# A folder that is not there would end the kernel before its first word.
[ -z "${TMPDIR-}" ] || [ -w "$TMPDIR" ] || unset TMPDIR

# The kernel says the path of a cell's library in a line whose words are parted by spaces.
kernels="$target/kernels"
case "$target" in
*[[:space:]]*)
  kernels="${TMPDIR:-/tmp}/course-$(id -u)-$(printf %s "$target" | cksum | tr -s ' ' -)"
  mkdir -p "$kernels" && cp -R "$target/kernels/.cargo" "$target/kernels/.config" "$kernels/" || exit
  ;;
esac
# Those that were killed could not tidy up.
for old in "$kernels"/*; do
  kill -0 "${old##*/}" 2>/dev/null || rm -rf "$old"
done
export EVCXR_TMPDIR="$kernels/$$" EVCXR_CONFIG_DIR="$kernels/.config" XDG_CACHE_HOME="$target/cache"
mkdir -p "$EVCXR_TMPDIR" "$XDG_CACHE_HOME" || exit

# A cell's library looks for std by a path from its own folder, one folder short where both begin alike: /home/me/course and
# /home/me/.rustup, say.
if libraries=$(rustc --print target-libdir 2>/dev/null); then
  export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
exec "$1" --control_file "$2"

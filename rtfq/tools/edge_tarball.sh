#!/bin/sh
# Packs programs with the shared libraries they need, so that they run on a
# machine that has nothing of them but its C library (glibc 2.36 or later, as in
# Debian 12):
#
#   rtfq-edge/bin/rtfq-<program>
#   rtfq-edge/lib/<library>      found by the programs beside them
#   rtfq-edge/LICENSE, THIRD_PARTY_NOTICES.md
#
#   edge_tarball.sh OUT.tar.gz LIBDNNL LICENSE NOTICES PROGRAM...
set -eu
out=$1 dnnl=$2 licence=$3 notices=$4
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/rtfq-edge
mkdir -p "$root/bin" "$root/lib"
cp "$licence" "$root/LICENSE"
cp "$notices" "$root/THIRD_PARTY_NOTICES.md"
cp "$dnnl" "$root/lib/libdnnl.so.3"
for program in "$@"; do
  cp "$program" "$root/bin/rtfq-$(basename "$program")"
done
chmod -R u+w "$root"

# The loader and the C library are the machine's own.
LD_LIBRARY_PATH=$root/lib ldd "$root"/bin/* >"$work/ldd"
if grep 'not found' "$work/ldd" >&2; then
  exit 1
fi
sed -n 's/^.* => \(\/[^ ]*\) .*/\1/p' "$work/ldd" | sort -u |
  grep -vE '/(ld-linux[^/]*|libc|libm|libdl|librt|libpthread)\.so\.[0-9]+$' |
  while read -r library; do
    [ -e "$root/lib/$(basename "$library")" ] || cp -L "$library" "$root/lib/"
  done
chmod -R u+w "$root"
strip --strip-unneeded "$root"/bin/* "$root"/lib/*

tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
  -C "$work" -cf "$work/all.tar" rtfq-edge
gzip -9 -n -c "$work/all.tar" >"$out"

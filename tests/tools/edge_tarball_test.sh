#!/bin/sh
# Unpacks the tarball into a root that holds nothing else but the C library, and
# classifies an image there with a bundle: prints the program's output.
#
#   edge_tarball_test.sh TARBALL BUNDLE IMAGE SUBNET
set -eu
PATH=$PATH:/usr/sbin:/sbin # chroot's
glibc='(ld-linux[^/ ]*|libc|libm|libdl|librt|libpthread)\.so\.[0-9]+'
tarball=$1 bundle=$2 image=$3 subnet=$4
root=$(mktemp -d -p "${TEST_TMPDIR:-/tmp}")
trap 'rm -rf "$root"' EXIT
tar -xzf "$tarball" -C "$root"
cp -L "$bundle" "$root/model.rtfq"
cp -L "$image" "$root/image"
echo "unpacked: $(du -sk "$root/rtfq-edge" | cut -f1) KiB, packed: $(du -Lk "$tarball" | cut -f1) KiB" >&2

# Every library but the C library must come out of the tarball.
env -i ldd "$root"/rtfq-edge/bin/* |
  sed -n 's/^.* => \(\/[^ ]*\) .*/\1/p' | grep -v "^$root/rtfq-edge/" |
  grep -vE "/$glibc\$" >"$root/foreign" || true
if [ -s "$root/foreign" ]; then
  echo "not from the tarball:" >&2
  sort -u "$root/foreign" >&2
  exit 1
fi

set -- --subnet="$subnet" --json --top=1 --threads=1
mkdir "$root/proc"
if unshare -rmpf --mount-proc="$root/proc" true 2>/dev/null; then
  for library in $(ldd "$root"/rtfq-edge/bin/* | grep -oE "/[^ ]*/$glibc" | sort -u); do
    mkdir -p "$root/$(dirname "$library")"
    cp -L "$library" "$root/$library"
  done
  unshare -rmpf --mount-proc="$root/proc" \
    chroot "$root" /rtfq-edge/bin/rtfq-classify /model.rtfq /image "$@"
else
  echo "no chroot may be made here: run beside the machine's own libraries" >&2
  env -i "$root/rtfq-edge/bin/rtfq-classify" "$root/model.rtfq" "$root/image" "$@"
fi

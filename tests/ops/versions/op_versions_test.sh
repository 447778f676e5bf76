#!/bin/sh
# Every version of the elementwise loops gives the same bits: what is shipped,
# which takes the best this processor has, and each version by itself.
# Usage: op_versions_test.sh SHIPPED PORTABLE AVX2
set -u

"$1" > shipped.txt || exit 1
lines=$(wc -l < shipped.txt)
if [ "$lines" -lt 60 ]; then
  echo "only $lines operations"
  exit 1
fi
for version in portable avx2; do
  if [ $version = portable ]; then "$2" > $version.txt; else "$3" avx2 > $version.txt; fi
  status=$?
  if [ $status = 77 ]; then
    cat $version.txt
    continue
  fi
  if [ $status != 0 ]; then exit 1; fi
  if ! diff shipped.txt $version.txt; then
    echo "these operations have other bits in the version '$version' (>)"
    exit 1
  fi
done
echo "$lines results have the same bits"

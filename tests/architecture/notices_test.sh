#!/bin/sh
# Every pinned library has all its fields, a notice with the same licence and
# that licence's text; every package it needs is one that bazelw installs.
#
# usage: notices_test.sh PINS NOTICES PACKAGES
set -u
pins=$1
notices=$2
packages=$3
failures=0

complain() {
  echo "$*" >&2
  failures=$((failures + 1))
}

count=0
while IFS='|' read -r name title version license apt use; do
  count=$((count + 1))
  for field in "$name" "$title" "$version" "$license" "$use"; do
    [ -n "$field" ] || complain "third_party/versions.bzl: $name has an empty field"
  done
  grep -qF "| $title | $license | " "$notices" ||
    complain "THIRD_PARTY_NOTICES.md: no row '| $title | $license | ...' for $name"
  for package in $apt; do
    grep -qxF "$package" "$packages" ||
      complain "third_party/system/packages.txt: $package is missing, $name needs it"
  done
done <"$pins"
[ "$count" -ge 10 ] || complain "only $count libraries in $pins"

# The texts of the licences that the table names.
for license in $(sed -n 's/^| [^|]* | \([^|]*\) | .*/\1/p' "$notices" | sed '1d; s/ AND / /g' | tr ' ' '\n' | sort -u); do
  case $license in
    IJG) grep -qF "based in part on the work of the Independent JPEG Group" "$notices" ;;
    *) grep -qxF "## $license" "$notices" ;;
  esac || complain "THIRD_PARTY_NOTICES.md: the text of $license is missing"
done

[ "$failures" -eq 0 ]

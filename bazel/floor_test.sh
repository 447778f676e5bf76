#!/bin/sh
# Fails if a floor reaches what it must not, and names it.
if [ ! -f "$1" ]; then
  echo "no answer of the query at '$1'" >&2
  exit 1
fi
if [ -s "$1" ]; then
  echo "this floor must not depend on (see bazel/floors.bzl):" >&2
  cat "$1" >&2
  exit 1
fi

#!/bin/sh
# Fails if a target reaches what it must not, and names it.
if [ ! -f "$1" ]; then
  echo "no answer of the query at '$1'" >&2
  exit 1
fi
if [ -s "$1" ]; then
  echo "forbidden dependencies (bazel/floors.bzl says why):" >&2
  cat "$1" >&2
  exit 1
fi

#!/bin/sh
echo "bazel coverage is not supported; use gcov" >&2
exit 1

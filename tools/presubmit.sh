#!/bin/sh
# What a change must pass before it is sent: format, all tests, and the tests
# again with addresses and with undefined behaviour checked. Stops at the first
# failure. Arguments are given to each Bazel command:
#
#   tools/presubmit.sh --jobs=2
set -eu
cd "$(dirname -- "$0")/.."

step() {
  echo "presubmit: $*" >&2
  "$@"
}

if command -v clang-format-14 >/dev/null || [ -n "${RTFQ_CLANG_FORMAT:-}" ]; then
  step tools/format.sh --check
else
  echo "presubmit: the format was not checked: apt-get install clang-format-14" >&2
fi
step ./bazelw test "$@" //...
step ./bazelw test --config=asan "$@" //tests/...
step ./bazelw test --config=ubsan "$@" //tests/...
echo "presubmit: all passed" >&2

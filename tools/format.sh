#!/bin/sh
# Formats this project's C++ as .clang-format says, with clang-format 14 (another
# version breaks lines elsewhere).
#
#   tools/format.sh            rewrites what is not formatted
#   tools/format.sh --check    changes nothing; names such files and fails
#
# RTFQ_CLANG_FORMAT=/path/to/clang-format chooses another program.
set -eu
cd "$(dirname -- "$0")/.."

clang_format=${RTFQ_CLANG_FORMAT:-$(command -v clang-format-14 || true)}
[ -n "$clang_format" ] || {
  echo "format.sh: clang-format-14 is not installed: apt-get install clang-format-14" >&2
  exit 3
}

our_sources() {
  find rtfq tests -type f \( -name '*.cc' -o -name '*.h' \) -print0
}

case "${1:-}" in
  "") our_sources | xargs -0 "$clang_format" -i ;;
  --check)
    # One line a file instead of one a place.
    unformatted=$(our_sources | xargs -0 "$clang_format" --dry-run 2>&1 |
      sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: warning: code should be clang-formatted.*/\1/p' | sort -u)
    [ -z "$unformatted" ] || {
      echo "not formatted (run tools/format.sh):" >&2
      echo "$unformatted" >&2
      exit 1
    }
    ;;
  *)
    echo "usage: tools/format.sh [--check]" >&2
    exit 2
    ;;
esac

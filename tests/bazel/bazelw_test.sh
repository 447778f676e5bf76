#!/bin/sh
# Which Bazel bazelw takes, from where, and what it says without apt: with a
# PATH of links to a few tools and stubs that print how they were called.
set -eu
bazelw=$(readlink -f "$1")
root=$(dirname "$bazelw")
work=${TEST_TMPDIR:?}
path=$work/path
mkdir -p "$path" "$work/outside"
for tool in sh dirname sed grep tr cat pwd readlink; do
  ln -s "$(command -v "$tool")" "$path/$tool"
done
failures=0

# stub NAME VERSION
stub() {
  cat >"$path/$1" <<END
#!$path/sh
if [ "\$1" = --version ]; then
  # As bazelisk under another name: what the folder's .bazelversion says.
  if [ -f .bazelversion ]; then echo "bazel $2"; else echo "bazel 9.0.0"; fi
else
  echo "$1 \$* in \$(pwd) for \${RTFQ_WORKING_DIRECTORY:-nobody}"
fi
END
  chmod +x "$path/$1"
}

# expect WORDS FOLDER [NAME=VALUE]: what bazelw says when called there.
expect() {
  said=$(cd "$2" && env PATH="$path" ${3:-A=b} "$bazelw" run //:x 2>&1) || true
  case $said in
    *"$1"*) ;;
    *)
      echo "in $2, ${3:-}: wanted '$1', got: $said" >&2
      failures=$((failures + 1))
      ;;
  esac
}

expect "no apt; install what" "$root"
stub bazel 8.1.0
expect "no apt; install what" "$root"
stub bazel 4.2.3
expect "bazel run //:x in $root for nobody" "$root"
expect "is taken to be installed" "$root"
expect "bazel run //:x in $root for $work/outside" "$work/outside"
stub bazel-4 4.2.3-
expect "bazel-4 run //:x in $root for nobody" "$root"
stub bazelisk 9.0.0
expect "bazelisk run //:x in $root for nobody" "$root"
stub mine 7.0.0
expect "mine run //:x in $root for nobody" "$root" "RTFQ_BAZEL=$path/mine"
expect "mine run //:x in $root for $work/outside" "$work/outside" \
  "RTFQ_BAZEL=$path/mine"
exit $failures

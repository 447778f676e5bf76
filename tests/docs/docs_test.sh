#!/bin/sh
# Every path, link and Bazel label that the documents name exists. Reads the
# checkout this script is in; changes nothing.
set -eu
work=${TEST_TMPDIR:-$(mktemp -d)}
cd "$(dirname "$(readlink -f "$0")")/../.."
[ -f WORKSPACE ] || {
  echo "no checkout at $(pwd)" >&2
  exit 1
}
failures=0

complain() {
  echo "$*" >&2
  failures=$((failures + 1))
}

# A target is a file of its package, or a name that its BUILD file has between
# quotes, or one that a list comprehension makes there of "a_%s_b".
known_label() {
  package=${1#//}
  case $package in
    *...) # at least one package
      below=${package%...}
      [ -n "$(find "./$below" -name BUILD -print -quit 2>/dev/null)" ]
      return
      ;;
    *:*)
      target=${package#*:}
      package=${package%%:*}
      ;;
    *) # "//a/b" is "//a/b:b", or speaks of the package
      [ -f "./$package/BUILD" ]
      return
      ;;
  esac
  [ -f "./$package/BUILD" ] || return 1
  case $target in all) return 0 ;; esac
  [ ! -f "./$package/$target" ] || return 0
  grep -qF -- "\"$target\"" "./$package/BUILD" && return 0
  sed -n 's/^ *name = "\([A-Za-z0-9_%.-]*%s[A-Za-z0-9_%.-]*\)".*/\1/p' "./$package/BUILD" |
    sed 's/%s/[a-z0-9_]*/' >"$work/patterns"
  [ -s "$work/patterns" ] && echo "$target" | grep -qxf "$work/patterns"
}

# a/x.{h,cc} is two paths; a/*.md is at least one.
known_path() {
  case $1 in
    *"{"*"}"*)
      before=${1%%"{"*}
      after=${1#*"}"}
      middle=${1#*"{"}
      for part in $(echo "${middle%%"}"*}" | tr ',' ' '); do
        known_path "$before$part$after" || return 1
      done
      ;;
    *"*"*) ls -d ./$1 >/dev/null 2>&1 ;;
    *) [ -e "./$1" ] ;;
  esac
}

# What a document names, one a line: "label X", "path X", "link X". Addresses of
# the web and labels of other repositories are no concern of ours.
names_in() {
  sed -E 's|[a-z]+://[^ )>]*||g; s|@[a-z_]*//[A-Za-z0-9_./:-]*||g' "$1" >"$work/text"
  grep -oE '//([A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*)?(:[A-Za-z0-9_.-]*[A-Za-z0-9_])?' "$work/text" |
    sed -E 's|([^.])[.]$|\1|' | grep -vx '//' | sed 's/^/label /'
  sed -E 's|//[A-Za-z0-9_./:-]*||g' "$work/text" |
    grep -oE '(^|[^A-Za-z0-9_./~-])(\.ci|bazel|docs|recipes|rtfq|tests|third_party|tools)/[A-Za-z0-9_./{},*-]*' |
    sed -E 's/^[^A-Za-z.]//; s/[.,]+$//; s/^/path /'
  grep -oE '\]\([^)#]+' "$work/text" | sed -E 's/^\]\(/link /'
}

documents=0
named=0
for document in *.md docs/*.md docs/*/*.md tests/golden/README.md third_party/*.md; do
  documents=$((documents + 1))
  names_in "$document" | sort -u >"$work/names"
  while read -r kind name; do
    named=$((named + 1))
    case $kind in
      label) known_label "$name" || complain "$document: no target $name" ;;
      path) known_path "$name" || complain "$document: no file $name" ;;
      link) known_path "$(dirname "$document")/$name" || complain "$document: dead link to $name" ;;
    esac
  done <"$work/names"
done

# Fewer would mean that this script no longer finds them.
[ "$documents" -ge 8 ] || complain "only $documents documents"
[ "$named" -ge 150 ] || complain "only $named names in $documents documents"
[ "$failures" -eq 0 ] || exit 1
echo "$named names in $documents documents"

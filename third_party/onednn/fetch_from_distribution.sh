#!/bin/sh
# Fetches oneDNN's pinned source from the distribution's archive, unless an
# earlier checkout of this user has done so.
#
# usage: fetch_from_distribution.sh FOLDER SUITE PACKAGE_VERSION TARBALL
#
# Leaves FOLDER/TARBALL. The mirror is the one this machine's apt already uses,
# and so are apt's settings; lists and downloads stay in a folder of our own:
# the system is not touched and nobody needs to be root.
set -eu
folder=$1
suite=$2
version=$3
tarball=$4
[ ! -e "$folder/$tarball" ] || exit 0

command -v apt-get >/dev/null || { echo "no apt-get on this machine" >&2; exit 1; }
mkdir -p "$folder"
work=$(mktemp -d "$folder/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/machine/partial" "$work/cache/archives/partial"

apt() {
  apt-get -qq -o Dir::Cache="$work/cache" -o APT::Sandbox::User="$(id -un)" \
    -o Acquire::Languages=none "$@"
}
mirror() {
  apt "$@" indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
    sed -n 's/ Debian$//p' | head -n 1
}
from=$(mirror)
if [ -z "$from" ]; then
  # Container images come without lists, and then apt names no mirrors.
  apt -o Dir::State::Lists="$work/machine" update >&2
  from=$(mirror -o Dir::State::Lists="$work/machine")
fi
[ -n "$from" ] || { echo "apt is set up for no Debian mirror here" >&2; exit 1; }

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
signed=
[ ! -e "$keyring" ] || signed="[signed-by=$keyring]"
echo "deb-src $signed $from $suite main" >"$work/sources.list"

source_apt() {
  apt -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$work/lists" "$@"
}
cd "$work"
source_apt update >&2
source_apt source --download-only "onednn=$version" >&2
# Renamed at the end: a half-written file never has the name others look for.
mv "$tarball" "$folder/$tarball"

#!/bin/sh
# Prints, for Graphviz, who depends on whom:
#
#   tools/dependency_graph.sh                  the floors
#   tools/dependency_graph.sh //rtfq/train     the units of one floor and what
#                                              they use
#   tools/dependency_graph.sh | dot -Tsvg >floors.svg
set -eu
cd "$(dirname -- "$0")/.."

# "//rtfq/ops:lsq //rtfq/core:tensor", one edge a line.
edges() {
  ./bazelw query --noimplicit_deps --output=graph --nograph:factored "$1" 2>/dev/null |
    sed -n 's|^ *"\(//rtfq/[^"]*\)" -> "\(//rtfq/[^"]*\)"$|\1 \2|p'
}

case "${1:-}" in
  "")
    node='s|//rtfq/\([^/:]*\)[^ ]*|\1|g'
    graph=$(edges "kind('cc_(library|binary) rule', //rtfq/...)")
    ;;
  //rtfq/*)
    node='s|//rtfq/||g'
    graph=$(edges "kind('cc_(library|binary) rule', //rtfq/... intersect deps($1/..., 1))")
    ;;
  *)
    echo "usage: tools/dependency_graph.sh [//rtfq/<floor>]" >&2
    exit 2
    ;;
esac

[ -n "$graph" ] || {
  echo "dependency_graph.sh: no edges; does ./bazelw query //rtfq/... succeed?" >&2
  exit 1
}
echo "digraph rtfq {"
echo "  node [shape=box]"
echo "$graph" | sed "$node" | awk '$1 != $2 { print "  \"" $1 "\" -> \"" $2 "\"" }' | sort -u
echo "}"

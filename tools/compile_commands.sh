#!/bin/sh
# Writes compile_commands.json for editors and clang-tidy: how Bazel compiles
# each of our sources. Builds generated headers first, so that includes are
# found. Needs python3.
set -eu
cd "$(dirname -- "$0")/.."
command -v python3 >/dev/null || {
  echo "compile_commands.sh: python3 is not installed" >&2
  exit 3
}

actions=$(mktemp)
trap 'rm -f "$actions"' EXIT
./bazelw build --output_groups=compilation_prerequisites_INTERNAL_ //rtfq/... //tests/... >&2
./bazelw aquery --output=jsonproto 'mnemonic("CppCompile", //rtfq/... + //tests/...)' >"$actions"

execution_root=$(./bazelw info execution_root 2>/dev/null)
python3 - "$actions" "$execution_root" "$PWD" <<'PYTHON' >compile_commands.json
import json
import sys

actions_path, execution_root, workspace = sys.argv[1:]
with open(actions_path, encoding="utf-8") as file:
    actions = json.load(file).get("actions", [])
commands = {}
for action in actions:
    arguments = action.get("arguments", [])
    if "-c" not in arguments:
        continue
    source = arguments[arguments.index("-c") + 1]
    if source.startswith(("rtfq/", "tests/")):
        commands[source] = {
            "directory": execution_root,
            "file": workspace + "/" + source,
            "arguments": arguments,
        }
json.dump([commands[source] for source in sorted(commands)], sys.stdout, indent=1)
PYTHON
echo "compile_commands.sh: $(grep -c '"file":' compile_commands.json) sources in compile_commands.json" >&2

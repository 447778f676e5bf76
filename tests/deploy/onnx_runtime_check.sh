#!/bin/sh
# Compares our ONNX models with Int8Graph in ONNX Runtime, which is no
# dependency of this project: without node and its package onnxruntime-node this
# says so and passes. NODE_PATH says where the package is:
#
#   npm install --ignore-scripts --prefix /tmp/ort onnxruntime-node
#   bazel test //tests/deploy:onnx_runtime_check --test_output=all \
#     --test_env=NODE_PATH=/tmp/ort/node_modules
#
# usage: onnx_runtime_check.sh CASES CHECK [BUNDLE SUBNETS IMAGES]
set -eu
cases=$1
check=$2
shift 2

if ! node -e "require('onnxruntime-node')" 2>/dev/null; then
  echo "SKIPPED: node or its package onnxruntime-node is not here; NODE_PATH is '${NODE_PATH:-}'"
  exit 0
fi

folder=$(mktemp -d -p "${TEST_TMPDIR:-/tmp}")
trap 'rm -rf "$folder"' EXIT
"$cases" "$folder" "$@"
node "$check" "$folder"

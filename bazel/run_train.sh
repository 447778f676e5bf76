#!/bin/sh
# Behind rtfq_train(): runs the trainer with a config, both found below the
# folder `bazel run` starts this in, then whatever flags the person gave.
train=$1
config=$2
if [ ! -x "$train" ] || [ ! -f "$config" ]; then
  echo "error: start this by: bazel run //...:name -- --data=... --run=..." >&2
  exit 1
fi
shift 2
for flag; do
  case $flag in
    # A run that is gone on with has its config.
    --resume|--resume=*|--help) exec "$train" "$@" ;;
  esac
done
exec "$train" --config="$PWD/$config" "$@"

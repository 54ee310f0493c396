# Paths and messages that the shell scripts share; sourced, never run.
#
#   QUANTC_CACHE   what is built once for all clones (default ~/.cache/quantc)
#   QUANTC_SHARED  folder with small models and data, used by some tests when it
#                  is there (default ../shared beside the repository)
#   QUANTC_MODELS  where the language models are built (default models-built)
set -euo pipefail

QUANTC_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
QUANTC_VENV=$QUANTC_ROOT/.venv
QUANTC_CACHE=${QUANTC_CACHE:-$HOME/.cache/quantc}
export QUANTC_SHARED=${QUANTC_SHARED:-$(dirname "$QUANTC_ROOT")/shared}
export QUANTC_MODELS=${QUANTC_MODELS:-$QUANTC_ROOT/models-built}
ONNX_VERSION=1.23.2

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
fail() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# run_logged LOG WHAT COMMAND...: one progress line; the end of the log on failure.
run_logged() {
  local log=$1 what=$2 start=$SECONDS
  shift 2
  say "$what ..."
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    fail "$what did not work; the whole output is in $log"
  fi
  say "$what: done in $((SECONDS - start)) s"
}

# How many compilers fit: one a processor, and 1.2 GB of free memory for each.
parallel_jobs() {
  local cpus memory_kb by_memory
  cpus=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  by_memory=$((memory_kb / 1200000))
  ((by_memory < 1)) && by_memory=1
  echo $((cpus < by_memory ? cpus : by_memory))
}

# Folder of an ONNX CMake package that is new enough: CMAKE_PREFIX_PATH, the
# system, then what scripts/setup built. Prints nothing when there is none.
find_onnx() {
  local prefix file version
  local -a prefixes
  IFS=':;' read -ra prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  for prefix in "${prefixes[@]}" /usr/local /usr "$(onnx_prefix)"; do
    for file in "$prefix"/lib/cmake/ONNX/ONNXConfigVersion.cmake "$prefix"/lib/*/cmake/ONNX/ONNXConfigVersion.cmake; do
      [ -f "$file" ] || continue
      version=$(sed -n 's/^set(PACKAGE_VERSION "\(.*\)")/\1/p' "$file")
      if [ "$(printf '%s\n1.21\n' "$version" | sort -V | head -n 1)" = 1.21 ]; then
        echo "$prefix"
        return
      fi
    done
  done
}

# onnx_config_dir PREFIX: the folder that CMake calls ONNX_DIR.
onnx_config_dir() {
  dirname "$(ls "$1"/lib/cmake/ONNX/ONNXConfig.cmake "$1"/lib/*/cmake/ONNX/ONNXConfig.cmake 2>/dev/null | head -n 1)"
}

# The ONNX library depends on the compiler and on protobuf's headers.
onnx_prefix() {
  local protobuf
  protobuf=$(protoc --version 2>/dev/null | awk '{print $2}')
  echo "$QUANTC_CACHE/onnx-$ONNX_VERSION-clang$(clang++-22 -dumpversion 2>/dev/null)-protobuf$protobuf"
}

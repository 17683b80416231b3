#!/bin/bash
# A minute of every scenario of "hotquic perf", awaited and with event handlers: fails on errors and where nothing is moved, whatever the figures.
#
#   perf/smoke.sh [FOLDER]      keeps the results there, as JSON; in artifacts/perf otherwise
#
# Builds nothing: tools/hotquic is built before.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(realpath -m "${1:-$root/artifacts/perf}")
tool=$root/tools/hotquic/bin/Release/net10.0/HotQuic.Tools.dll
scenarios=(upload download handshake request latency)
failures=0

fail() {
  echo "FAILED: $1" >&2
  failures=$((failures + 1))
}

mkdir -p "$folder" || exit 2
for api in stream handler; do
  result=$folder/smoke-$api.json
  rm -f "$result"
  timeout --kill-after=10s 150s dotnet "$tool" perf "${scenarios[@]}" --api $api --seconds 4 --json "$result" </dev/null ||
    fail "hotquic perf --api $api ended with $?"
  for scenario in "${scenarios[@]}"; do
    operations=$(sed -n "/\"scenario\": \"$scenario\"/,/\"settings\"/s/.*\"operations\": \([0-9]*\).*/\1/p" "$result" 2>/dev/null)
    [ "${operations:-0}" -gt 0 ] || fail "$scenario, --api $api: no operation completed"
  done
done
exit $((failures > 0))

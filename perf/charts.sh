#!/bin/bash
# Draws the charts of perf/results from the data there, as SVG beside it. Needs node and npm; what draws is installed from npm into artifacts.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=$root/artifacts/charts

command -v node >/dev/null && command -v npm >/dev/null || { echo "charts: needs node and npm (Debian: nodejs npm)" >&2; exit 2; }
mkdir -p "$target"
if ! cmp -s "$root/perf/charts/package.json" "$target/package.json"; then
  cp "$root/perf/charts/package.json" "$target/package.json.new"
  mv "$target/package.json.new" "$target/package.json"
  npm install --prefix "$target" --ignore-scripts --no-audit --no-fund --no-progress --no-package-lock >"$target/install.log" 2>&1 \
    || { rm "$target/package.json"; echo "charts: npm install failed, see $target/install.log" >&2; exit 1; }
fi
cp "$root/perf/charts/draw.mjs" "$target/draw.mjs"
node "$target/draw.mjs" "$root/perf/results"

#!/bin/bash
# Measures HotQuic and quinn side by side: builds quinn's peer (perf/quinn) from Debian's packages, has `hotquic perf --compare` run both in turns,
# client and server a process each, and writes perf/results/quinn.json and the table in README.md. See --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=$root/artifacts/quinn
data=$root/perf/results/quinn.json
debian_packages=(cargo rustc librust-quinn-dev librust-rustls-pemfile-dev openssl jq)
all_scenarios=(upload download request latency handshake)

scenarios=()
seconds=3
rounds=6
builds=yes
measures=yes
installs=no

usage() {
  cat <<END
usage: perf/compare-quinn.sh [OPTION...] [SCENARIO...]
Measures HotQuic and quinn (Debian's) in turns: ${all_scenarios[*]} (default: all of them).
Scenarios that are not measured keep what was measured before, in artifacts/quinn.

  --install      install what is missing of Debian's packages first, as root: ${debian_packages[*]}
  --seconds N    how long to measure at a time (default: $seconds)
  --rounds N     how often (default: $rounds)
  --no-build     take what was built before
  --build-only   build, and measure nothing
END
}

fail() {
  echo "compare-quinn: $1" >&2
  exit "${2:-1}"
}

missing_packages() {
  local package
  for package in "${debian_packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

require_packages() {
  command -v dpkg-query >/dev/null || fail "needs Debian (or a derivative): ${debian_packages[*]}" 2
  local missing
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  [ "$installs" = yes ] || fail "missing: $(echo $missing); --install installs them" 2
  [ "$(id -u)" = 0 ] || fail "missing, and only root can install them: $(echo $missing)" 2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >&2
  # shellcheck disable=SC2086 # a list of names
  apt-get install -y -q --no-install-recommends $missing >&2
}

# Debian's compiler and Debian's sources, whatever else is installed, and no network.
build_peer() {
  mkdir -p "$target/source" "$target/home"
  cp -r "$root/perf/quinn/." "$target/source"
  cat >"$target/home/config.toml" <<END
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
END
  (cd "$target/source" && CARGO_HOME=$target/home RUSTC=/usr/bin/rustc \
    /usr/bin/cargo build --release --offline --quiet --target-dir "$target/target") || fail "building quinn's peer failed"
  cp "$target/target/release/quinn-perf" "$target/quinn-perf"
}

# An authority and a certificate for localhost; the peer's TLS takes no certificate that signs itself.
make_certificates() {
  local certs=$target/quinn-perf.certs
  [ ! -f "$certs/leaf.pem" ] || ! openssl x509 -checkend 86400 -noout -in "$certs/leaf.pem" >/dev/null || return 0
  mkdir -p "$certs"
  (
    cd "$certs"
    openssl ecparam -genkey -name prime256v1 -noout -out ca.key
    openssl req -x509 -new -key ca.key -days 30 -subj "/CN=quinn-perf authority" -addext basicConstraints=critical,CA:TRUE -out ca.pem
    openssl ecparam -genkey -name prime256v1 -noout | openssl pkcs8 -topk8 -nocrypt -out leaf.key
    openssl req -new -key leaf.key -subj "/CN=localhost" | openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
      -extfile <(printf 'subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\n') -out leaf.pem
  ) 2>>"$target/openssl.log" || fail "making certificates failed, see $target/openssl.log"
}

build() {
  build_peer
  make_certificates
  dotnet build "$root/tools/hotquic" -c Release --verbosity quiet --nologo >&2
}

measure() {
  [ -x "$target/quinn-perf" ] || fail "nothing is built yet: without --no-build"
  local scenario
  for scenario in "${scenarios[@]}"; do
    (cd "$root" && dotnet tools/hotquic/bin/Release/net10.0/HotQuic.Tools.dll perf "$scenario" --seconds "$seconds" --rounds "$rounds" \
      --udp-payload-limit 1452 --compare artifacts/quinn/quinn-perf --json "$target/$scenario.json")
  done
}

write_data() {
  local files=() scenario
  for scenario in "${all_scenarios[@]}"; do
    [ ! -f "$target/$scenario.json" ] || files+=("$target/$scenario.json")
  done
  mkdir -p "$(dirname "$data")"
  jq -s --arg quinn "$(dpkg-query -W -f '${Version}' librust-quinn-dev | sed 's/-.*//')" '{
    what: "hotquic perf SCENARIO --compare quinn-perf: A is HotQuic, through awaited streams, B is quinn",
    quinn: $quinn, startedAt: (map(.startedAt) | min), environment: .[0].environment, method: .[0].method,
    rounds: (map(.rounds) | min), settings: (.[0].sides[1].options | join(" ")), scenarios: map(.scenarios[0])
  }' "${files[@]}" >"$data.new"
  mv "$data.new" "$data"
}

# One row a figure: medians and ranges, and the ratio the other way round than in the data, HotQuic to quinn.
table() {
  jq -r '
    def fixed($digits): . * pow(10; $digits) | round | tostring | ("0" * ($digits + 1 - length) // "") + . | .[:-$digits] + "." + .[-$digits:];
    def number: if . >= 1000 then (round | tostring | [match("(^\\d{1,3}(?=(\\d{3})*$))|\\d{3}"; "g").string] | join(","))
      elif . >= 100 then round | tostring elif . >= 10 then fixed(1) else fixed(2) end;
    def cell: "\(.median | number) (\(.min | number)-\(.max | number))";
    def ratio: if . == null then "-" else "\(1 / .ratio | fixed(2)) (\(1 / .high | fixed(2))-\(1 / .low | fixed(2)))" end;
    def confidence: [.scenarios[].figures[].ratio | select(. != null) | .confidence] | min | if . >= 0.95 then 95 else . * 100 | floor end;
    def name: { request: "requests, 32 at a time", latency: "requests, one at a time", handshake: "handshakes" }[.] // .;
    def quantity($scenario): { "operations/s": "per second", "latency us, p50": "p50, us", "latency us, p99": "p99, us" }[.]
      // if $scenario == "handshake" then sub("/op"; "") else sub("/op"; " each") end;
    "| median (range) of \(.rounds) rounds | HotQuic | quinn \(.quinn) | HotQuic / quinn (\(confidence) % interval) |",
    "|---|---|---|---|",
    (.scenarios[] | .scenario as $scenario | .figures[]
      | select(.metric | test("p90|p99.9") | not)
      | select($scenario != "latency" or (.metric | test("^lat")))
      | select($scenario != "handshake" or (.metric | test("lat") | not))
      | "| \($scenario | name): \(.metric | quantity($scenario)) | \(.a | cell) | \(.b | cell) | \(.ratio | ratio) |")
  ' "$data"
}

write_table() {
  local readme=$root/README.md begin='<!-- quinn: perf/compare-quinn.sh writes from here -->' end='<!-- quinn: to here -->'
  grep -qF "$begin" "$readme" && grep -qF "$end" "$readme" || fail "README.md has no place for the table: $begin ... $end"
  table >"$target/table.md"
  awk -v begin="$begin" -v end="$end" -v table="$target/table.md" '
    $0 == end { inside = 0 }
    !inside { print }
    $0 == begin { inside = 1; while ((getline line < table) > 0) print line }
  ' "$readme" >"$target/README.md"
  cat "$target/README.md" >"$readme"
}

while [ $# -gt 0 ]; do
  case $1 in
    --install) installs=yes ;;
    --seconds) seconds=${2:?--seconds needs a number}; shift ;;
    --rounds) rounds=${2:?--rounds needs a number}; shift ;;
    --no-build) builds=no ;;
    --build-only) measures=no ;;
    -h | --help) usage; exit 0 ;;
    upload | download | request | latency | handshake) scenarios+=("$1") ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
[ ${#scenarios[@]} -gt 0 ] || scenarios=("${all_scenarios[@]}")

require_packages
[ "$builds" = no ] || build
if [ "$measures" = yes ]; then
  measure
  write_data
  write_table
fi

#!/bin/bash
# Installs the independent QUIC stacks that the tests talk to: Debian's packages (Chromium among them), npm's packages, and our Go peer
# built from Debian's quic-go source. Idempotent; silent when all is there. Without root (or off Debian) it says what is missing and exits 2.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sources=$root/tests/peers
target=$root/artifacts/peers
log=$target/install.log
quic_go=/usr/share/gocode/src/github.com/lucas-clemente/quic-go
debian_packages=(openssl chromium caddy ngtcp2-client ngtcp2-server golang-go golang-github-lucas-clemente-quic-go-dev)

mkdir -p "$target"

fail() {
  echo "install-test-peers: $1" >&2
  [ ! -s "$log" ] || tail -n 30 "$log" >&2
  exit "${2:-1}"
}

stamp_of() { # a content hash of the named files
  cat "$@" | sha256sum | cut -d' ' -f1
}

is_current() { # is_current STAMP_FILE EXPECTED
  [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

attempt() { # registries and mirrors have bad moments: three tries
  local try
  for try in 1 2 3; do
    "$@" >>"$log" 2>&1 </dev/null && return 0
    sleep "$try"
  done
  return 1
}

missing_debian_packages() {
  local package
  for package in "${debian_packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
  command -v npm >/dev/null && command -v node >/dev/null || echo nodejs npm
}

install_debian_packages() {
  command -v dpkg-query >/dev/null || fail "needs Debian (or a derivative): ${debian_packages[*]}" 2
  local missing
  missing=$(missing_debian_packages)
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || fail "missing, and only root can install them: $(echo $missing)" 2
  export DEBIAN_FRONTEND=noninteractive
  attempt apt-get update -q || fail "apt-get update failed"
  # shellcheck disable=SC2086 # a list of names
  attempt apt-get install -y -q --no-install-recommends $missing || fail "apt-get install failed:" $missing
}

install_npm_packages() {
  local stamp
  stamp=$(stamp_of "$sources/package.json")
  is_current "$target/npm.stamp" "$stamp" && return 0
  cp "$sources/package.json" "$target/package.json"
  attempt npm install --prefix "$target" --ignore-scripts --no-audit --no-fund --no-progress --no-package-lock \
    || fail "npm install failed"
  chmod +x "$target/node_modules/@deno/linux-x64-glibc/deno" "$target/node_modules/@oven/bun-linux-x64/bin/bun"
  echo "$stamp" >"$target/npm.stamp"
}

build_quic_go_peer() {
  local stamp gopath=$target/gopath
  stamp=$(stamp_of "$sources/quic-go/main.go" "$quic_go/interface.go")
  is_current "$target/quic-go.stamp" "$stamp" && return 0
  # The peer sets quic-go's key update interval, which is internal: it has to be compiled inside a copy of the package's tree.
  rm -rf "$gopath"
  mkdir -p "$gopath/src/github.com/lucas-clemente"
  cp -rL "$quic_go" "$gopath/src/github.com/lucas-clemente/quic-go"
  mkdir "$gopath/src/github.com/lucas-clemente/quic-go/hotquicpeer"
  cp "$sources/quic-go/main.go" "$gopath/src/github.com/lucas-clemente/quic-go/hotquicpeer/main.go"
  GO111MODULE=off GOFLAGS='' GOTOOLCHAIN=local GOPATH=$gopath:/usr/share/gocode GOCACHE=$target/gocache \
    go build -o "$target/quic-go-peer" github.com/lucas-clemente/quic-go/hotquicpeer >>"$log" 2>&1 </dev/null \
    || fail "building the quic-go peer failed"
  echo "$stamp" >"$target/quic-go.stamp"
}

: >"$log"
install_debian_packages
install_npm_packages
build_quic_go_peer

#!/bin/bash
# Shows that the guards neither sleep nor cry wolf, on a copy of the last commit that is gone afterwards, after Ctrl-C too:
# 1. one room is made 10 % slower on purpose, and the time guard names it and no other;
# 2. 24 bytes are allocated where the budget is 0, and the allocation budgets fail;
# 3. three runs of both without a change raise nothing.
# Takes a quarter of an hour. The exit code is 0 only where all of that was seen.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
budgets=perf/HotQuic.Benchmarks/bin/Release/net10.0/HotQuic.Benchmarks.dll
slowed="seal 1452, ChaCha20Poly1305Sha256"
allocating="ACK frame sent for four packets, out of order"
failures=0

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
unset HOTQUIC_BASELINE

say() {
  printf '\n== %s (%ds)\n' "$1" "$SECONDS"
}

expect() { # expect WHAT COMMAND…: the command succeeds
  if "${@:2}"; then
    echo "SEEN: $1"
  else
    echo "NOT SEEN: $1"
    failures=$((failures + 1))
  fi
}

edit() { # edit FILE SED_EXPRESSION: changes the file, or stops
  cp "$1" "$work/before"
  sed -i "$2" "$1"
  if cmp -s "$1" "$work/before"; then
    echo "$1 has changed so much that this script does not know where to slow it down." >&2
    exit 2
  fi
}

guard() {
  perf/guard.sh --baseline HEAD 2>&1 | tee "$work/guard.log" | grep -v -e '^first look' -e '^second look'
  return "${PIPESTATUS[0]}"
}

check_budgets() {
  dotnet build perf/HotQuic.Benchmarks -c Release -v quiet --tl:off -p:RunAnalyzers=false -p:UseSharedCompilation=false || exit 2
  dotnet $budgets budgets 2>&1 | tee "$work/budgets.log" | grep -v ' ok$'
  return "${PIPESTATUS[0]}"
}

only_the_slowed_room_is_named() {
  grep -q "^SLOWER than [^:]*: $slowed ([0-9]* rooms compared" <(sed 's/^\(SLOWER than [0-9a-f]*\) (.*): /\1: /' "$work/guard.log")
}

prepare() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/hotquic-guard-proof.XXXXXX") || exit 2
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  git -C "$root" diff --quiet HEAD || echo "What is not committed takes no part."
  git clone --quiet --shared --no-checkout "$root" "$work/tree" || exit 2
  cd "$work/tree" || exit 2
  git checkout --quiet --detach "$(git -C "$root" rev-parse HEAD)" || exit 2
}

slow_a_room() {
  say "of ten packets one is sealed twice with ChaCha20-Poly1305"
  local aead=src/HotQuic.Core/Protection/VectorisedChaCha20Poly1305Aead.cs
  edit $aead 's/^    private protected override void SealCore(/    private int _calls;\
\
    private void SealAgain(PacketNumber packetNumber, ReadOnlySpan<byte> header, ReadOnlySpan<byte> tail, int length)\
    {\
        Span<byte> again = stackalloc byte[length];\
        SealCore(packetNumber, header, tail, again);\
    }\
\
&/'
  # Of eleven calls ten are the caller's, and one is the repetition.
  edit $aead '/ override void SealCore/,/ThrowIfDisposed/s/^        ThrowIfDisposed();/&\
        if (++_calls % 11 == 0)\
        {\
            SealAgain(packetNumber, header, tail, destination.Length);\
        }\
/'
  git diff
  guard
  expect "the time guard fails" test $? -eq 1
  expect "it names that room alone" only_the_slowed_room_is_named
  git checkout --quiet .
}

allocate() {
  say "each acknowledged ACK frame allocates 24 bytes"
  edit src/HotQuic.Core/Acknowledgements/AckTracker.cs '/public void OnAckAcknowledged/{n;s/{/{\n        GC.KeepAlive(new object());/}'
  git diff
  check_budgets
  expect "the allocation budgets fail" test $? -ne 0
  expect "they name what allocates, to the byte" grep -q "^$allocating  *0  *24  EXCEEDED" "$work/budgets.log"
  git checkout --quiet .
}

change_nothing() {
  say "no change, run $1 of 3"
  expect "the time guard raises nothing" guard
  expect "the allocation budgets raise nothing" check_budgets
}

main() {
  prepare
  slow_a_room
  allocate
  change_nothing 1
  change_nothing 2
  change_nothing 3
  say "done"
  [ $failures -eq 0 ] && echo "The guards caught both, and nothing else." || echo "$failures of the expectations failed."
  exit $((failures > 0))
}

main

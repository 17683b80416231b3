#!/bin/bash
# Sets up all that the tests need, builds, checks the format, runs every test project and closes with one line:
# "N passed, N failed, N skipped".
#
#   tools/test.sh [--long] [--filter EXPRESSION] [--shards N] [--io MODE]
#
#   --long      many more seeds and longer fuzzing (sets HOTQUIC_LONG=1)
#   --filter    only the tests that match (dotnet test's filter expression)
#   --shards    engines that tests leave to their defaults have N shards, not one for each processor (sets HOTQUIC_TEST_SHARDS)
#   --io        and drive sockets so: offload, sockets, or datagrams, which is one datagram a system call (sets HOTQUIC_TEST_IO)
#
# CI=true turns a missing peer or missing test vectors from a skip into a failure. The exit code is 0 only when tests ran and nothing
# failed.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
results=$root/artifacts/test-results
figures=${HOTQUIC_ARTIFACTS:-$root/artifacts}/perf # what budgets, time guard and smoke run found, as JSON
guard_limit=8m    # a look at everything, and another at all of it
project_limit=20m # a project that takes longer hangs
test_limit=5m     # so does a test
configuration=Release
filter=()
combined_tests='FullyQualifiedName~.Engine.ConnectionTests|FullyQualifiedName~.Engine.ListenerTests|FullyQualifiedName~.Engine.StreamTests
|FullyQualifiedName~.Engine.TransferTests|FullyQualifiedName~.Engine.EngineSetUpTests|FullyQualifiedName~.Handlers.ConnectionLifeTests
|FullyQualifiedName~.Handlers.StreamDataTests|FullyQualifiedName~.Handlers.StreamAbortTests|FullyQualifiedName~.Listener.StartingTests
|FullyQualifiedName~.Listener.StoppingTests|FullyQualifiedName~.Listener.AttemptTests|FullyQualifiedName~.Listener.AdmissionTests
|FullyQualifiedName~.Pipes.PipeReaderTests|FullyQualifiedName~.Pipes.PipeWriterTests|FullyQualifiedName~.Shards.ForwardingTests'
combined_tests=${combined_tests//$'\n'/}
passed=0 failed=0 skipped=0
failures=() # told again at the end, where a long log is looked at first

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export MSBUILDDISABLENODEREUSE=1 # no build server outlives this script

finish() {
  [ "$((passed + failed + skipped))" -gt 0 ] || fail "no test ran"
  echo
  [ ${#failures[@]} -eq 0 ] || printf '%s\n' "${failures[@]}"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}

fail() {
  echo "FAILED: $1" >&2
  failures+=("FAILED: $1")
  failed=$((failed + 1))
}

give_up() {
  fail "$1"
  finish
}

section() {
  printf '\n== %s (%ds)\n' "$1" "$SECONDS"
}

usage() {
  sed -n '5,10s/^# \{0,3\}//p' "${BASH_SOURCE[0]}"
}

while [ $# -gt 0 ]; do
  case $1 in
    --long) export HOTQUIC_LONG=1 ;;
    --filter) filter=(--filter "${2:?--filter needs an expression}"); shift ;;
    --shards)
      [[ ${2-} =~ ^[1-9][0-9]?$ && $2 -le 64 ]] || { echo "--shards needs a number from 1 to 64" >&2; exit 2; }
      export HOTQUIC_TEST_SHARDS=$2; shift ;;
    --io)
      [[ ${2-} =~ ^(offload|sockets|datagrams)$ ]] || { echo "--io needs offload, sockets or datagrams" >&2; exit 2; }
      export HOTQUIC_TEST_IO=$2; shift ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

check_dotnet() {
  local wanted
  wanted=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' global.json)
  command -v dotnet >/dev/null || give_up "the .NET SDK is missing: install $wanted (see global.json) and put dotnet on the PATH"
  dotnet --version >/dev/null 2>&1 ||
    give_up "no installed .NET SDK fits global.json, which wants $wanted; installed: $(dotnet --list-sdks 2>&1 | tr '\n' ' ')"
}

install_peers() {
  # Without them the interop tests say so themselves: they skip, or fail in CI.
  bash tools/install-test-peers.sh || echo "The interop peers are not complete."
}

build() {
  dotnet build HotQuic.sln -c "$configuration" -v quiet --tl:off -p:UseSharedCompilation=false || give_up "the build failed"
}

check_format() {
  # The build has judged style and formatting of code (EnforceCodeStyleInBuild); what is left needs no workspace.
  dotnet format whitespace . --folder --verify-no-changes || fail "dotnet format would change files"
}

counter() { # counter TRX_FILE NAME
  sed -n "s/.*<Counters [^>]*\b$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1
}

skip_reasons() { # skip_reasons TRX_FILE: each reason, with the number of tests it holds for
  sed -n '/outcome="NotExecuted"/,/<\/UnitTestResult>/s/.*<Message>\(.*\)<\/Message>.*/\1/p' "$1" | sort | uniq -c | sed 's/^ */  skipped /'
}

failed_tests() { # failed_tests TRX_FILE: each one's name, with the first line of why
  sed -n '/<UnitTestResult .*outcome="Failed"/,/<Message>/{s/.* testName="\([^"]*\)".*/FAILED: \1/p;s/.*<Message>\([^<]*\).*/  \1/p}' "$1"
}

run_project() { # run_project PROJECT [FILTER [SUFFIX OF ITS NAME]]
  local project=$1 name code trx project_passed project_failed total
  local chosen=("${filter[@]}")
  [ -n "${2-}" ] && chosen=(--filter "$2")
  name=$(basename "$project" .csproj)${3-}
  section "$name"
  timeout --kill-after=10s "$project_limit" \
    dotnet test "$project" -c "$configuration" --no-build --results-directory "$results/$name" "${chosen[@]}" \
    --logger 'console;verbosity=minimal' --logger 'trx;LogFileName=results.trx' \
    --blame-hang-timeout "$test_limit" --blame-hang-dump-type none </dev/null |
    grep -v -e '\[SKIP\]$' -e '^  Skipped ' -e "^Data collector 'Blame'" # the reasons follow, once each
  code=${PIPESTATUS[0]}
  trx=$results/$name/results.trx
  if [ ! -f "$trx" ]; then
    [ "$code" -eq 0 ] && { echo "$name has no test to run."; return; }
    fail "$name ended with $code and without results"
    return
  fi
  total=$(counter "$trx" total)
  project_passed=$(counter "$trx" passed)
  project_failed=$(($(counter "$trx" executed) - project_passed))
  if [ "$code" -ne 0 ] && [ "$project_failed" -eq 0 ]; then
    fail "$name's test host ended with $code"
  elif [ "$project_failed" -gt 0 ]; then
    mapfile -t -O ${#failures[@]} failures < <(failed_tests "$trx")
  fi
  skip_reasons "$trx"
  passed=$((passed + project_passed))
  failed=$((failed + project_failed))
  skipped=$((skipped + total - $(counter "$trx" executed)))
}

# What the number of shards and the way of driving sockets are most likely to break, once more in each combination of them: the rest runs
# with the engine's defaults. --shards and --io run everything in one combination.
run_combinations() {
  local io shards
  for io in offload sockets datagrams; do
    for shards in 1 4; do
      HOTQUIC_TEST_IO=$io HOTQUIC_TEST_SHARDS=$shards run_project tests/HotQuic.Tests/HotQuic.Tests.csproj "$combined_tests" "-$io-$shards"
    done
  done
  HOTQUIC_TEST_IO=datagrams HOTQUIC_TEST_SHARDS=4 run_project tests/HotQuic.Interop.Tests/HotQuic.Interop.Tests.csproj DisplayName~Download -datagrams-4
}

check_budgets() {
  if dotnet perf/HotQuic.Benchmarks/bin/$configuration/net10.0/HotQuic.Benchmarks.dll budgets --json "$figures/budgets.json"; then
    passed=$((passed + 1))
  else
    fail "something allocates more, or less, than perf/HotQuic.Benchmarks/allocation-budgets.json says"
  fi
}

check_times() {
  if [ "${CI-}" = true ] && [ "$(git rev-parse --is-shallow-repository 2>/dev/null)" = true ]; then
    # A baseline needs a commit that changes src/, and its parent.
    GIT_TERMINAL_PROMPT=0 timeout 60 git fetch --quiet --deepen=100 </dev/null || echo "The history could not be deepened."
  fi
  timeout --kill-after=10s "$guard_limit" perf/guard.sh --json "$figures/guard.json" </dev/null
  case $? in
    0) passed=$((passed + 1)) ;;
    3) echo "SKIPPED: the time guard has no baseline"; skipped=$((skipped + 1)) ;;
    *) fail "the time guard" ;;
  esac
}

check_traffic() {
  if perf/smoke.sh "$figures"; then
    passed=$((passed + 1))
  else
    fail "the perf smoke"
  fi
}

cd "$root" || exit 1
rm -rf "$results"
mkdir -p "$figures" && rm -f "$figures"/{budgets,guard,smoke-stream,smoke-handler}.json
section "set-up"
check_dotnet
install_peers
section "build"
build
section "format"
check_format
for project in tests/*/*.csproj; do
  run_project "$project"
done
if [ -z "${filter[*]}${HOTQUIC_TEST_SHARDS-}${HOTQUIC_TEST_IO-}" ]; then
  run_combinations
fi
if [ ${#filter[@]} -eq 0 ]; then
  section "allocation budgets"
  check_budgets
  section "time guard"
  check_times
  section "perf smoke"
  check_traffic
fi
section "done"
finish

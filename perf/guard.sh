#!/bin/bash
# Compares the time of every room of the data path with a baseline that is built beside, on this machine and in turns with the working tree.
#
#   perf/guard.sh [--baseline REF] [--rounds N] [--json FILE]
#
#   --baseline  a commit. Otherwise $HOTQUIC_BASELINE; otherwise the last commit where src/ has uncommitted changes, and the parent of the
#               newest commit of this branch that changes src/ where it has none
#   --rounds    processes of the first look; 12 otherwise
#   --json      where the result is kept
#
# The rooms themselves (perf/HotQuic.Benchmarks/Rooms) are the working tree's on both sides; one that does not compile with the baseline's
# src/ is left out, and named. Exit code: 0 where no room is slower, 1 where one is, 2 where nothing could be compared, 3 where there is no
# baseline.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
watched=(src Directory.Build.props Directory.Packages.props global.json)
benchmarks=perf/HotQuic.Benchmarks
testing=tests/HotQuic.Testing
output=bin/Release/net10.0/HotQuic.Benchmarks.dll
reference=${HOTQUIC_BASELINE-}
options=()

usage() {
  sed -n '4,9s/^# \{0,3\}//p' "${BASH_SOURCE[0]}"
}

while [ $# -gt 0 ]; do
  case $1 in
    --baseline) reference=${2:?--baseline needs a commit}; shift ;;
    --rounds)
      [[ ${2-} =~ ^[1-9][0-9]?$ ]] || { echo "--rounds needs a number from 1 to 99" >&2; exit 2; }
      options+=("$1" "$2"); shift ;;
    --json) options+=("$1" "$(realpath -m "${2:?--json needs a file}")"); shift ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
cd "$root" || exit 2

no_baseline() {
  echo "NO BASELINE, so no time was compared: $1" >&2
  exit 3
}

choose_baseline() { # prints the commit
  local newest
  if [ -n "$reference" ]; then
    git rev-parse --verify --quiet "$reference^{commit}" || no_baseline "this repository has no commit $reference"
  elif [ -n "$(git status --porcelain -- "${watched[@]}")" ]; then
    git rev-parse HEAD
  else
    newest=$(git rev-list -1 --first-parent HEAD -- "${watched[@]}")
    git rev-parse --verify --quiet "$newest^1" ||
      no_baseline "the history ends at $(git rev-parse --short "$newest"), the last commit that changes src/; fetch one more, or set HOTQUIC_BASELINE"
  fi
}

copy_rooms() { # the working tree's rooms, and what they stand on
  rm -rf "${work:?}/tree/$benchmarks" "${work:?}/tree/$testing"
  mkdir -p "$work/tree/$benchmarks"
  cp -r $benchmarks/HotQuic.Benchmarks.csproj $benchmarks/allocation-budgets.json $benchmarks/Rooms "$work/tree/$benchmarks"
  tar -c --exclude=bin --exclude=obj $testing | tar -x -C "$work/tree"
}

build() { # build PROJECT [PROPERTY…]: quick, since what is built is only to be run
  dotnet build "$1" -c Release -v quiet --tl:off -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false -p:UseSharedCompilation=false "${@:2}"
}

failing_files() { # failing_files FOLDER: its files that the last build complained of
  grep -o "$work/tree/$1/[^(:]*\.cs([0-9,]*): error" "$work/build.log" | sed 's/(.*//' | sort -u
}

build_baseline() {
  local file failing has_own_testing=
  while ! build "$work/tree/$benchmarks" -p:OutputType=Library >"$work/build.log" 2>&1; do
    failing=$(failing_files $benchmarks/Rooms | grep -v -e '/Room\.cs$' -e '/RoomCatalogue\.cs$')
    if [ -n "$(failing_files $testing)" ] && [ -z "$has_own_testing" ]; then
      echo "$testing does not compile with the baseline, whose own is taken." >&2
      rm -rf "${work:?}/tree/$testing"
      git archive "$baseline" -- $testing | tar -x -C "$work/tree" || return 1
      has_own_testing=1
    elif [ -n "$failing" ]; then
      for file in $failing; do
        echo "$(basename "$file" .cs) does not compile with the baseline: its rooms are not compared." >&2
        rm "$file"
      done
    else
      grep -e error "$work/build.log" | sort -u | head -n 20 >&2
      echo "The baseline does not build." >&2
      return 1
    fi
  done
}

git rev-parse --git-dir >/dev/null 2>&1 || no_baseline "this is not a git repository"
baseline=$(choose_baseline) || exit
name="$(git log -1 --format='%h (%s)' "$baseline")"
echo "The baseline is $name."

work=$(mktemp -d "${TMPDIR:-/tmp}/hotquic-guard.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$work/tree"
git archive "$baseline" -- "${watched[@]}" tests/Directory.Build.props | tar -x -C "$work/tree" || exit 2
copy_rooms
build_baseline || exit 2
build $benchmarks >"$work/build.log" 2>&1 || { grep -e error "$work/build.log" | sort -u >&2; echo "The working tree does not build." >&2; exit 2; }
dotnet $benchmarks/$output guard "$work/tree/$benchmarks/$output" --name "$name" "${options[@]}"

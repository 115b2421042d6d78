#!/usr/bin/env bash
# Everything that only a GPU can tell, in under eight minutes: what it measures is printed as one table at the end, and a
# step that fails stops no other. Without a card it says so, and runs what needs none.
#
#   tests/gpu/run.sh [WHEELS]
#
# WHEELS is a folder of wheels that the machine lacks and cannot fetch; they are unpacked for this run only. Beside them
# it wants torch, timm, pytest and what the extra `harness` brings, and CuPy and nvidia-ml-py for the whole of it.
# RESULTS, if set, is a folder that gets every step's full output.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

python="${PYTHON:-python3}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
results="${RESULTS:-$work/results}"
mkdir -p "$results"
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
export FUSEBOARD_STORE="$work/store" OMP_WAIT_POLICY=PASSIVE

if [ "$#" -gt 0 ]; then
    "$python" -m pip install --quiet --no-index --no-deps --target "$work/site" "$1"/*.whl || exit 2
    export PYTHONPATH="$work/site:$PYTHONPATH"
fi

failed=0
table="$results/table.tsv"
: >"$table"

# step NAME SECONDS COMMAND…: its lines with a tab go into the table, and how it failed, if it did.
step() {
    local name="$1" limit="$2" rc=0 began="$SECONDS"
    shift 2
    printf '=== %s\n' "$name"
    timeout "$limit" "$@" >"$results/$name.log" 2>&1 || rc=$?
    grep "$(printf '\t')" "$results/$name.log" >>"$table"
    if [ "$rc" -ne 0 ]; then
        failed=$((failed + 1))
        tail -n 15 "$results/$name.log"
        if [ "$rc" -eq 124 ]; then
            printf '%s\tFAILED: not done in %s s\n' "$name" "$limit" >>"$table"
        else
            printf '%s\tFAILED (%s): %s\n' "$name" "$rc" "$(tail -n 1 "$results/$name.log")" >>"$table"
        fi
    fi
    printf '    %s s\n' "$((SECONDS - began))"
}

card=0
if "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    card=1
fi

step machine 60 "$python" -m tests.gpu.measure machine
step canaries 90 "$python" -m tests.gpu.measure canaries
step decoding 90 "$python" -m tests.gpu.measure decoding
step fits 120 "$python" -m tests.gpu.measure fits
step ridge 150 "$python" -m tests.gpu.measure ridge
if [ "$card" = 1 ]; then
    step tests 200 "$python" -m tests.gpu.measure tests
    step extraction 120 "$python" -m tests.gpu.measure extraction
else
    printf 'tests and extraction\tNOT RUN: no CUDA device on this machine; the rows above are of its processor\n' >>"$table"
fi

printf '\n'
awk -F '\t' '{printf "%-40s %s\n", $1, $2}' "$table"
printf '\n%s s, %s steps failed\n' "$SECONDS" "$failed"
[ "$failed" -eq 0 ]

"""`python -m benchmarks [NAME ...]`: ours and the peer in turn, in one process, medians; one JSON object a line.

`ratio` is peer / ours: above 1, ours is faster. A peer that is not installed gives null.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

import torch

from benchmarks import ctc, surface, sweep, training
from benchmarks.case import Case

ROUNDS, ENOUGH = 9, 20.0  # rounds wanted, seconds after which fewer will do
BLOCK = 0.05  # seconds; a slower call is timed alone


def timed(run: Callable[[], object]) -> float:
    """Milliseconds of one call, over as many calls as fill a block, so that a short call is not timed cold."""
    began, calls = time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - began < BLOCK:
        run()
        calls += 1
    return 1e3 * (time.perf_counter() - began) / calls


def measured(case: Case) -> dict[str, object]:
    """Medians of ours and the peer's, taken in turn so that a machine that drifts drifts for both."""
    runs = [case.ours] + ([case.peer_run] if case.peer_run else [])
    for run in runs:
        run()  # warm
    times: list[list[float]] = [[] for _ in runs]
    began = time.perf_counter()
    while len(times[0]) < ROUNDS and (len(times[0]) < 3 or time.perf_counter() - began < ENOUGH):
        for row, run, scale in zip(times, runs, (1.0, case.times), strict=False):
            row.append(scale * timed(run))
    ours, *theirs = map(statistics.median, times)
    peer_ms = theirs[0] if theirs else None
    ratio = statistics.median(p / o for o, p in zip(*times, strict=True)) if theirs else None
    return {
        "name": case.name,
        "ours_ms": round(ours, 4),
        "peer": case.peer,
        "peer_ms": peer_ms and round(peer_ms, 4),
        "ratio": ratio and round(ratio, 3),
    }


def main() -> None:
    torch.set_num_threads(1)
    wanted = set(sys.argv[1:])
    for case in [*surface.CASES, *ctc.CASES, *training.CASES, *sweep.CASES]:
        if not wanted or case.name in wanted:
            print(json.dumps(measured(case)), flush=True)


if __name__ == "__main__":
    main()

"""`python -m benchmarks.race [--rates] [TASK ...]`: cell × task × lag over seeds, a JSON line a cell and then a Markdown table.

A run stops when 20 batches in a row reach the score that counts as solved, or at its task's cap. With `--rates` every
cell first tries four learning rates on three other seeds, and the best of each are printed.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any, NamedTuple

import torch

from rnnviz.experiment import Experiment
from rnnviz.film import advance, start
from rnnviz.measure.race import CELLS, WINDOW, best_rate, entrants, level
from rnnviz.nets.simple import Rnn
from rnnviz.rules import Adam
from rnnviz.tasks.adding import Adding
from rnnviz.tasks.copy import Copy
from rnnviz.tasks.digits import Digits
from rnnviz.tasks.echo import Echo
from rnnviz.tasks.order import Order
from rnnviz.tasks.recall import Recall

SEEDS, TRIALS = range(5), (100, 101, 102)
GRID = (0.001, 0.003, 0.01, 0.03)


class Race(NamedTuple):
    name: str
    task: Any
    cap: int  # steps


RACES = (
    Race("recall, T = 20", Recall(lag=20), 400),
    Race("recall, T = 50", Recall(lag=50), 400),
    Race("recall, T = 100", Recall(lag=100), 400),
    Race("adding, T = 30", Adding(numbers=30), 800),
    Race("order, L = 20", Order(length=20), 400),
    Race("order, L = 60", Order(length=60), 400),
    Race("copy, T = 10", Copy(pause=10), 600),
    Race("copy, T = 30", Copy(pause=30), 600),
    Race("echo, delay 8", Echo(delay=8), 400),
    Race("digits", Digits(), 600),
)
TUNED_ON = ("recall, T = 50", "adding, T = 30", "order, L = 20", "copy, T = 10", "echo, delay 8", "digits")


class Finish(NamedTuple):
    steps: int | None  # until solved; None if it was not
    best: float  # highest mean score of 20 batches
    seconds: float  # of this thread's own computing


def run(exp: Experiment, cap: int) -> Finish:
    state, best, began = start(exp), 0.0, time.thread_time()
    for end in range(WINDOW, cap + 1, WINDOW):
        state, frames = advance(exp, state, WINDOW)
        best = max(best, float(frames.score.mean()))
        if best >= level(exp.task):
            return Finish(end, best, time.thread_time() - began)
    return Finish(None, best, time.thread_time() - began)


def raced(race: Race, name: str, rate: float, seeds: Any, cap: int) -> list[Finish]:
    base = Experiment(race.task, Rnn(), Adam(clip=0.1), batch=32)
    (exp,) = entrants(base, 32, {name: rate}).values()
    return [run(exp.change("seed", seed), cap) for seed in seeds]


def preference(done: list[Finish], cap: int) -> float:
    """Smaller is better: steps that it took on average, and the missing score where it did not arrive."""
    return statistics.mean(f.steps if f.steps else cap * (2 - f.best) for f in done)


def tuned(race: Race, name: str) -> float:
    cap = min(race.cap, 400)
    found = {rate: preference(raced(race, name, rate, TRIALS, cap), cap) for rate in GRID}
    return min(found, key=lambda rate: found[rate])


def told(done: list[Finish]) -> str:
    arrived = [f.steps for f in done if f.steps]
    if len(arrived) == len(done):
        return f"{statistics.median(arrived):.0f}"
    if not arrived:
        return f"({statistics.median(f.best for f in done):.2f})"
    return f"{statistics.median(arrived):.0f} · {len(arrived)}/{len(done)}"


def main() -> None:
    torch.set_num_threads(1)
    wanted = [a for a in sys.argv[1:] if not a.startswith("--")]
    races = [r for r in RACES if not wanted or any(r.name.startswith(w) for w in wanted)]
    if "--rates" in sys.argv:
        for race in (r for r in races if r.name in TUNED_ON):
            kind = type(race.task).__name__
            print(json.dumps({kind: {name: tuned(race, name) for name in CELLS}}, ensure_ascii=False), flush=True)
        return
    rows: dict[str, list[str]] = {name: [] for name in CELLS}
    for race in races:
        for name in CELLS:
            done = raced(race, name, best_rate(race.task, name), SEEDS, race.cap)
            rows[name].append(told(done))
            seconds = round(statistics.median(f.seconds for f in done), 3)
            line = {"race": race.name, "cell": name, "steps": [f.steps for f in done], "seconds": seconds}
            print(json.dumps(line | {"best": [round(f.best, 3) for f in done]}, ensure_ascii=False), flush=True)
    print("| cell | " + " | ".join(r.name for r in races) + " |\n|" + "---|" * (len(races) + 1))
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()

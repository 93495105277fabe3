"""One sequence of a memory task, in words that can be drawn."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rnnviz.experiment import Experiment
from rnnviz.film import batch_at
from rnnviz.records.race import Question
from rnnviz.tasks.adding import Adding
from rnnviz.tasks.copy import Copy
from rnnviz.tasks.digits import Digits
from rnnviz.tasks.echo import Echo
from rnnviz.tasks.order import CLASSES, Order

LETTERS = "abcdefgh"


@lru_cache(maxsize=256)
def asked(exp: Experiment) -> Question:
    """The first sequence that `exp` trains on."""
    task: Any = exp.task
    batch = batch_at(exp, 0)
    x, y = batch.x[0].numpy(), batch.y[0].tolist()
    rows = tuple(LETTERS[: x.shape[1]])
    if isinstance(task, Adding):
        return Question(x, ("number", "mark"), f"the marked two make {y:.2f}")
    if isinstance(task, Order):
        return Question(x, ("A", "B", "w", "x", "y", "z"), f"hidden in it: {' then '.join(CLASSES[y])}")
    if isinstance(task, Copy):
        said = " ".join(LETTERS[k] for k in y)
        return Question(x, (*LETTERS[: task.symbols], "blank", "now!"), f"from “now!” on: {said}")
    if isinstance(task, Echo):
        return Question(x, rows, f"at every step: what was read {task.delay} steps ago")
    if isinstance(task, Digits):
        return Question(x.reshape(8, 8), tuple(map(str, range(1, 9))), f"it is a {y}")
    return Question(x, rows, f"the first was {LETTERS[y]}")

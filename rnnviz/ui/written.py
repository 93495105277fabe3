"""Runs as text that stands in a link, and in words.

Only settings travel: a task that holds what somebody typed or uploaded has no text here.
"""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING, fields
from typing import Any

from rnnviz.experiment import Experiment
from rnnviz.nets.build import NETS
from rnnviz.rules import Adam, FineSgd, RmsProp, Sgd
from rnnviz.settings import Text, declarations
from rnnviz.tasks.adding import Adding
from rnnviz.tasks.characters import Characters
from rnnviz.tasks.copy import Copy
from rnnviz.tasks.dates import Dates
from rnnviz.tasks.digits import Digits
from rnnviz.tasks.echo import Echo
from rnnviz.tasks.future import Ahead, Settled, Tomorrow
from rnnviz.tasks.memory import Memory
from rnnviz.tasks.order import Order
from rnnviz.tasks.phrases import Phrases
from rnnviz.tasks.pulse import Pulse
from rnnviz.tasks.recall import Recall
from rnnviz.tasks.reversal import Reversal
from rnnviz.tasks.sentences import Sentences
from rnnviz.tasks.slots import Slots
from rnnviz.tasks.speech import Speech
from rnnviz.tasks.symbols import Brackets, Counting, FlipFlop, Quote
from rnnviz.tasks.target import Target
from rnnviz.ui.controls import shown
from rnnviz.ui.reel import Reel

TASKS = (Adding, Brackets, Characters, Copy, Counting, Digits, Echo, FlipFlop, Memory, Order, Pulse, Quote, Recall)
TASKS = (*TASKS, Ahead, Dates, Phrases, Reversal, Sentences, Settled, Slots, Speech, Target, Tomorrow)
PARTS: dict[str, type] = {c.__name__: c for c in (*TASKS, *NETS, Sgd, FineSgd, RmsProp, Adam)}
LONGEST = 900  # characters of a run


def written(reel: Reel) -> str:
    """A run as text: `Recall(lag=15), Rnn(), Sgd(rate=3.0), batch=16`, a fork's parent before it with its step.

    Raises ValueError for a run that holds more than settings of known parts.
    """
    exp = reel.exp
    rest = [f"{name}={getattr(exp, name)!r}" for name in ("batch", "seed")]
    own = ", ".join([*(_part(p) for p in (exp.task, exp.net, exp.rule)), *rest])
    return f"{written(reel.parent)} @{reel.at} {own}" if reel.parent else own


def _part(spec: Any) -> str:
    known = declarations(spec)
    if PARTS.get(type(spec).__name__) is not type(spec):
        raise ValueError(f"{type(spec).__name__} does not travel in links")
    changed = [f.name for f in fields(spec) if f.default is MISSING or getattr(spec, f.name) != f.default]
    if private := [n for n in changed if n not in known or isinstance(known[n], Text)]:
        raise ValueError(f"{type(spec).__name__}.{private[0]} is somebody's own")
    return f"{type(spec).__name__}({', '.join(f'{n}={getattr(spec, n)!r}' for n in changed)})"


def read(text: str) -> Reel:
    """The run that a text names; nothing in it is ever executed. Raises ValueError for anything else."""
    if len(text) > LONGEST:
        raise ValueError(f"a run of {len(text)} characters; at most {LONGEST}")
    first, *forks = re.split(r" @(\d{1,5}) ", text)
    reel = Reel(_experiment(first))
    for at, own in zip(forks[::2], forks[1::2], strict=True):
        reel = Reel(_experiment(own), reel, int(at))
    return reel


def _experiment(text: str) -> Experiment:
    try:
        call = ast.parse(f"run({text})", mode="eval").body
        assert isinstance(call, ast.Call)
        assert len(call.args) == 3
        task, net, rule = (_made(node) for node in call.args)
        return Experiment(task, net, rule, **_values(call))
    except (SyntaxError, TypeError, AssertionError, KeyError, RecursionError, MemoryError) as error:
        raise ValueError(f"no run: {text[:60]}") from error


def _made(node: ast.expr) -> Any:
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    assert not node.args
    made = PARTS[node.func.id](**_values(node))
    _part(made)
    return made


def _values(call: ast.Call) -> dict[str, Any]:
    return {str(k.arg): _constant(k.value) for k in call.keywords}


def _constant(node: ast.expr) -> int | float | str:
    sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
    found = node.operand if isinstance(node, ast.UnaryOp) and sign < 0 else node
    assert isinstance(found, ast.Constant)
    assert isinstance(found.value, (int, float, str))
    return found.value if isinstance(found.value, (str, bool)) else sign * found.value


def name_of(reel: Reel) -> str:
    """A run in words: its parts and what is not as usual in them."""
    exp = reel.exp
    parts = [words_of(p) for p in (exp.task, exp.net, exp.rule)]
    fork = f" from step {reel.at} of another" if reel.parent else ""
    return " · ".join(parts) + f" · seed {exp.seed}{fork}"


def words_of(spec: Any) -> str:
    """A part in words: its class and what is not as usual in it."""
    said = [f"{f.name} {shown(v)}" for f in fields(spec) if (v := getattr(spec, f.name)) != f.default]
    return " ".join([type(spec).__name__, ", ".join(said)]).strip()

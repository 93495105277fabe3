"""Runs as text that stands in a link, and the runs that lie on the shelf for everybody to compare.

Only settings travel: a task that holds what somebody typed or uploaded has no text here, so nobody else finds it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import streamlit as st

from rnnviz.catalogue import EXHIBITS
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
from rnnviz.ui.house import SHELF, VIEWS
from rnnviz.ui.reel import Reel

TASKS = (Adding, Brackets, Characters, Copy, Counting, Digits, Echo, FlipFlop, Memory, Order, Pulse, Quote, Recall)
TASKS = (*TASKS, Ahead, Dates, Phrases, Reversal, Sentences, Settled, Slots, Speech, Target, Tomorrow)
PARTS: dict[str, type] = {c.__name__: c for c in (*TASKS, *NETS, Sgd, FineSgd, RmsProp, Adam)}
LONGEST = 900  # characters of a run
MOST = 4


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
    return found.value if isinstance(found.value, str) else sign * found.value


def name_of(reel: Reel) -> str:
    """A run in words: its parts and what is not as usual in them."""
    exp = reel.exp
    parts = [_words(p) for p in (exp.task, exp.net, exp.rule)]
    fork = f" from step {reel.at} of another" if reel.parent else ""
    return " · ".join(parts) + f" · seed {exp.seed}{fork}"


def _words(spec: Any) -> str:
    said = [f"{f.name} {shown(v)}" for f in fields(spec) if (v := getattr(spec, f.name)) != f.default]
    return " ".join([type(spec).__name__, ", ".join(said)]).strip()


def on_the_shelf() -> dict[str, str]:
    """Text -> name of every run that somebody has trained here lately and that holds nothing but settings."""
    titles = {e.name.rpartition("/")[2]: e.title for e in EXHIBITS}
    found: dict[str, str] = {}
    for view in reversed(VIEWS.all()):
        for reel in view.reels.values():
            if isinstance(reel, Reel) and reel.key in SHELF:
                try:
                    found.setdefault(written(reel), f"{titles.get(Path(view.page).stem, '')}: {name_of(reel)}")
                except ValueError:
                    continue
    return found


def chosen_runs(offered: Mapping[str, Reel], first: int = 3) -> dict[str, Reel]:
    """Ask which runs to lay side by side, of those `offered` and those on the shelf; they stand in the address.

    Label -> run; without a choice, the first few that are offered.
    """
    names = {written(reel): name for name, reel in offered.items()}
    linked = dict.fromkeys(t for t in st.query_params.get_all("run")[:MOST] if _readable(t))
    kept = [t for t in st.session_state.get("runs", []) if _readable(t)]
    options = names | {t: name_of(read(t)) for t in (*linked, *kept) if t not in names}
    options |= {t: n for t, n in on_the_shelf().items() if t not in names}
    start = list(linked) or list(names)[:first]
    texts = st.multiselect(
        "Runs to lay side by side",
        list(options),
        start,
        format_func=lambda t: options[t],
        key="runs",
        max_selections=MOST,
    )
    texts = texts or start
    st.query_params["run"] = [] if texts == list(names)[:first] else texts
    return {f"{'ABCD'[i]}: {names.get(t) or name_of(read(t))}": read(t) for i, t in enumerate(texts)}


def _readable(text: str) -> bool:
    try:
        return bool(read(text))
    except ValueError:
        return False


def differences(runs: Mapping[str, Reel]) -> tuple[tuple[str, ...], ...]:
    """(setting, its value in every run) for every setting in which the runs are not all alike."""
    exps = [reel.exp for reel in runs.values()]
    paths = dict.fromkeys(path for exp in exps for path in exps[0].differs(exp))
    return tuple((path, *(_value(exp, path) for exp in exps)) for path in paths)


def _value(exp: Experiment, path: str) -> str:
    part, _, name = path.partition(".")
    found = getattr(exp, part)
    found = getattr(found, name, "–") if name else found
    return shown(found) if isinstance(found, (int, float, str)) else _words(found)


def ancestry(runs: Mapping[str, Reel]) -> tuple[tuple[str, int, int], ...]:
    """(label, first step, row of the parent or −1) of the runs and of all that they were forked from, parents first."""
    rows: dict[str, tuple[str, int, int]] = {}
    labels = {reel.key: label for label, reel in runs.items()}

    def visit(reel: Reel) -> int:
        if reel.parent is not None:
            visit(reel.parent)
        if reel.key not in rows:
            parent = list(rows).index(reel.parent.key) if reel.parent else -1
            rows[reel.key] = (labels.get(reel.key, ""), reel.at, parent)
        return list(rows).index(reel.key)

    for reel in runs.values():
        visit(reel)
    return tuple(rows.values())

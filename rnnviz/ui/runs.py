"""The runs that lie on the shelf for everybody to compare, and which of them a visitor wants side by side.

What somebody typed or uploaded has no text in `written`, so nobody else finds it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from rnnviz.catalogue import EXHIBITS
from rnnviz.experiment import Experiment
from rnnviz.settings import declarations
from rnnviz.ui.controls import shown
from rnnviz.ui.house import SHELF, VIEWS
from rnnviz.ui.reel import Reel
from rnnviz.ui.written import name_of, read, words_of, written

MOST = 4


def on_the_shelf() -> dict[str, str]:
    """Text -> name of every run that somebody has trained here lately and that holds nothing but settings."""
    titles = {e.name.rpartition("/")[2]: e.title for e in EXHIBITS}
    found: dict[str, str] = {}
    for view in reversed(VIEWS.all()):
        if Path(view.page).stem == "compare":
            continue  # they come from elsewhere
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
    """(setting in words, its value in every run) for every setting in which the runs are not all alike."""
    exps = [reel.exp for reel in runs.values()]
    paths = dict.fromkeys(path for exp in exps for path in exps[0].differs(exp))
    return tuple((_label(exps, path), *(_value(exp, path) for exp in exps)) for path in paths)


def _label(exps: list[Experiment], path: str) -> str:
    """How the sliders call it; a part that is another altogether by its own name."""
    part, _, name = path.partition(".")
    found = (declarations(getattr(exp, part) if name else exp) for exp in exps)
    return next((d[name or part].label for d in found if (name or part) in d), part.capitalize())


def _value(exp: Experiment, path: str) -> str:
    part, _, name = path.partition(".")
    found = getattr(exp, part)
    found = getattr(found, name, "–") if name else found
    return shown(found) if isinstance(found, (int, float, str)) else words_of(found)


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

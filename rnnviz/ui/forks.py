"""Fork in the page: at the paused step, change one setting; both runs are drawn together, and the link keeps the fork."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.settings import Choice, Range, declarations
from rnnviz.ui.controls import shown, shown_paths, stops, worded
from rnnviz.ui.reel import Ready, Reel
from rnnviz.ui.view import Fork

MOST = 2


def forks_of_the_link(originals: Mapping[str, Reel | Ready], until: int, key: str) -> tuple[Fork, ...]:
    """The forks that the address names: `fork=run~step~path~value`, several allowed; what makes no sense is left out."""
    found: list[Fork] = []
    for text in st.query_params.get_all(_name(key))[:MOST]:
        fork = _parsed(text, originals, until)
        if fork and fork.words not in {f.words for f in found}:
            found.append(fork)
    return tuple(found)


def _name(key: str) -> str:
    return "fork" if key == "screen" else f"fork.{key}"


def _parsed(text: str, originals: Mapping[str, Reel | Ready], until: int) -> Fork | None:
    try:
        run, at, path, value = text.split("~")
        label = list(originals)[int(run)]
        parent = originals[label]
        step = int(at)
        if not isinstance(parent, Reel) or not 0 <= step < until:
            return None
        exp = parent.exp.change(path, _typed(parent.exp, path, value))
    except (ValueError, KeyError, IndexError, AttributeError, TypeError):
        return None
    return Fork(label, Reel(exp, parent, step), f"{label}, {worded(exp, path)} from step {step}")


def _setting(exp: Experiment, path: str) -> tuple[object, str]:
    part, _, name = path.partition(".")
    return (getattr(exp, part), name) if name else (exp, part)


def _typed(exp: Experiment, path: str, value: str) -> float | int | str:
    owner, name = _setting(exp, path)
    return type(getattr(owner, name))(value)


def forkable(exp: Experiment, path: str) -> bool:
    """Settings that a running net can change: the rule's and the batch size. Others would change its shape or its data."""
    return path.startswith("rule.") or path == "batch"


def fork_here(originals: Mapping[str, Reel | Ready], at: int | None, until: int, key: str) -> None:
    """A popover that forks one run at the paused step, and a button that takes the forks away."""
    trained = {label: r for label, r in originals.items() if isinstance(r, Reel)}
    if not trained:
        return
    ready = at is not None and at < until
    help = (
        "Change one setting from the paused step on, and see both runs" if ready else "Pause first, at the step to fork"
    )
    with st.popover("Fork here", disabled=not ready, help=help):
        if ready:
            _form(trained, list(originals), at, key)
    if st.query_params.get_all(_name(key)):
        st.button("Remove forks", key=f"unfork:{key}", icon=":material/close:", on_click=_write, args=(key, []))


def _form(trained: Mapping[str, Reel], labels: list[str], at: int | None, key: str) -> None:
    label = st.selectbox("Run", list(trained), key=f"fork-run:{key}") if len(trained) > 1 else next(iter(trained))
    exp = trained[label].exp
    paths = [p for p in (*shown_paths(), "rule.rate", "rule.clip") if forkable(exp, p)]
    path = st.selectbox(
        "Setting", list(dict.fromkeys(paths)), format_func=lambda p: _label(exp, p), key=f"fork-path:{key}"
    )
    owner, name = _setting(exp, path)
    declared, now = declarations(owner)[name], getattr(owner, name)
    if isinstance(declared, Choice):
        value = st.selectbox("New value", declared.options, key=f"fork-value:{key}:{path}")
    elif isinstance(declared, Range):
        value = st.select_slider(
            "New value", stops(declared, now), now, key=f"fork-value:{key}:{path}", format_func=shown
        )
    else:
        return
    text = f"{labels.index(label)}~{at}~{path}~{value}"
    kept = st.query_params.get_all(_name(key))[: MOST - 1]
    st.button(
        "Fork", key=f"fork-go:{key}", type="primary", on_click=_write, args=(key, [*kept, text]), disabled=value == now
    )


def _label(exp: Experiment, path: str) -> str:
    owner, name = _setting(exp, path)
    return declarations(owner)[name].label


def _write(key: str, texts: list[str]) -> None:
    st.query_params.pop("at" if key == "screen" else f"at.{key}", None)
    st.query_params[_name(key)] = texts

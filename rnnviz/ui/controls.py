"""Sliders from declarations: one line in a page, one typed Experiment back. Every widget stands in the address."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.rules import OFF
from rnnviz.settings import Choice, Declaration, Range, Switch, Text, declarations
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.symbols import LONGEST, Symbols

Changes = Mapping[str, Any]
_PATHS = "rnnviz:paths"
_EVER = "rnnviz:paths-ever"
_PRESET = "preset"


def presets(exp: Experiment, choices: Mapping[str, Changes]) -> Experiment:
    """A button for each named set of changes; the experiment with the one that the address names."""
    with st.container(horizontal=True):
        for name, changes in choices.items():
            st.button(
                name, key=f"preset:{name}", on_click=_choose, args=(exp, name, dict(changes)), help=_told(exp, changes)
            )
    return _changed(exp, choices.get(st.query_params.get(_PRESET, ""), {}))


def preset_of(choices: Mapping[str, Any]) -> str:
    """The one of these names that the address names, else the first."""
    name = st.query_params.get(_PRESET, "")
    return name if name in choices else next(iter(choices))


def _changed(exp: Experiment, changes: Changes) -> Experiment:
    for path, value in changes.items():
        exp = exp.change(path, value)
    return exp


def _choose(exp: Experiment, name: str, changes: dict[str, Any]) -> None:
    for key in [k for k in st.query_params if k in ("at", "fork") or k.startswith(("at.", "fork."))]:
        del st.query_params[key]
    st.query_params[_PRESET] = name
    wanted = _changed(exp, changes)
    for path in st.session_state.get(
        _EVER, ()
    ):  # also those of another preset: the browser may still hold their values
        owner, field = _owner(wanted, path)
        if hasattr(owner, field):  # a preset may put another net in the place of this one
            st.session_state[path] = getattr(owner, field)


def _told(exp: Experiment, changes: Changes) -> str:
    wanted = _changed(exp, changes)
    settings = [path for path in changes if "." in path or path in declarations(exp)]  # "net" alone is a whole part
    return " · ".join(worded(wanted, path) for path in settings) or "The defaults"


def controls(exp: Experiment, *paths: str) -> Experiment:
    """Draw a control per path ("rule.rate") in the sidebar, and the seed; return the experiment that they describe.

    Raises KeyError for a path that names no declared setting.
    """
    paths = (*paths, "seed")
    st.session_state[_PATHS] = paths
    st.session_state[_EVER] = dict.fromkeys((*st.session_state.get(_EVER, ()), *paths))
    with st.sidebar:
        for path in paths:
            owner, name = _owner(exp, path)
            found = declarations(owner)
            if name not in found:
                raise KeyError(f"{path}: {type(owner).__name__} has no such setting; it has {sorted(found)}")
            exp = exp.change(path, _control(path, found[name], getattr(owner, name)))
        st.button("Another seed", icon=":material/casino:", on_click=_reseed, args=(exp.seed,), shortcut="N")
    return exp


def shown_paths() -> tuple[str, ...]:
    """The settings that this page has controls for."""
    return st.session_state.get(_PATHS, ())


def _reseed(seed: int) -> None:
    st.session_state["seed"] = (seed + 1) % 10_000


def _owner(exp: Experiment, path: str) -> tuple[Any, str]:
    part, _, name = path.partition(".")
    return (getattr(exp, part), name) if name else (exp, part)


def worded(exp: Experiment, path: str) -> str:
    """A setting in words: "Learning rate = 0.5"."""
    owner, name = _owner(exp, path)
    return f"{declarations(owner)[name].label} = {shown(getattr(owner, name))}"


def shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "on" if value else "off"
    return "off" if value == OFF else f"{value:g}"


def stops(declared: Range, *also: float) -> list[float]:
    """Positions of a slider from end to end; `also` are added where they are not among them."""
    whole = isinstance(declared.low, int) and isinstance(declared.high, int) and all(isinstance(v, int) for v in also)
    if declared.marks:
        marks = [declared.low, *declared.marks, declared.high]
    elif declared.log:
        marks = [float(f"{m}e{e}") for e in range(-15, 3) for m in (1, 1.5, 2, 3, 5, 7)]
        marks += [declared.low, declared.high]
    elif whole and declared.high - declared.low <= 200:
        marks = list(range(int(declared.low), int(declared.high) + 1))
    else:
        marks = [round(declared.low + (declared.high - declared.low) * i / 100, 6) for i in range(101)]
    inside = {int(m) if whole else float(m) for m in (*marks, *also) if declared.low <= m <= declared.high}
    return sorted(inside)


def _control(path: str, declared: Declaration, value: Any) -> Any:
    """The widget of one setting. Its key is its path, and so is its name in the address."""
    if isinstance(declared, Choice):
        return st.selectbox(
            declared.label,
            declared.options,
            declared.options.index(value),
            key=path,
            bind="query-params",
            help=declared.help or None,
        )
    if isinstance(declared, Switch):
        return st.toggle(declared.label, value, key=path, bind="query-params", help=declared.help or None)
    if isinstance(declared, Text):
        return st.text_input(
            declared.label, value, max_chars=declared.longest, key=path, bind="query-params", help=declared.help or None
        )
    if path == "seed":
        return st.number_input(
            declared.label,
            int(declared.low),
            int(declared.high),
            value,
            key=path,
            bind="query-params",
            help=declared.help or None,
        )
    options = stops(declared, value, *_elsewhere(path, declared))
    return st.select_slider(
        declared.label, options, value, key=path, bind="query-params", format_func=shown, help=declared.help or None
    )


def _elsewhere(path: str, declared: Range) -> list[float]:
    """Legal values between the stops that a preset, a click or the address has set."""
    found = [st.session_state.get(path)]
    with contextlib.suppress(KeyError, ValueError):
        found.append(float(st.query_params[path]))
    whole = isinstance(declared.low, int) and isinstance(declared.high, int)
    return [int(v) if whole else float(v) for v in found if isinstance(v, (int, float)) and declared.fault(v) is None]


def pick(exp: Experiment, path: str, value: float) -> None:
    """Set a slider from elsewhere, to the nearest legal value; before the page draws it."""
    owner, name = _owner(exp, path)
    declared = declarations(owner)[name]
    if isinstance(declared, Range):
        inside = min(max(value, declared.low), declared.high)
        st.session_state[path] = round(inside) if isinstance(declared.low, int) else float(f"{inside:.5g}")


class Chosen(NamedTuple):
    """What a click on a point sets: the choice `key` of `ask.pick`, to the name whose number the point carries."""

    key: str
    names: tuple[str, ...]


def choose(chosen: Chosen, point: Any) -> None:
    """Set a choice from elsewhere, before the page draws it; a click beside all points sets nothing."""
    if isinstance(point, int) and not isinstance(point, bool) and 0 <= point < len(chosen.names):
        st.session_state[chosen.key] = chosen.names[point]


class ask:
    """What a page asks besides settings: a word, a choice, a number. All stand in the address."""

    @staticmethod
    def text(
        key: str,
        default: str,
        *,
        longest: int,
        label: str,
        help: str | None = None,
        area: bool = False,
        reads: Callable[[str], object] | None = None,
    ) -> str:
        """A line (or, with `area`, several lines) typed by the visitor, never longer than `longest`.

        What `reads` refuses (Unreadable) is said under it, and the default goes on.
        """
        box = st.text_area if area else st.text_input
        typed = box(label, default, max_chars=longest, key=key, bind="query-params", help=help)[:longest]
        try:
            if reads:
                reads(typed)
        except Unreadable as error:
            st.warning(f"{error}. Until then you see: {default}")
            return default
        return typed

    @staticmethod
    def symbols(key: str, task: Symbols, example: str) -> str:
        """A text of a task's symbols; where it cannot be read, the example goes on."""
        label = f"Your own text, of {' '.join(task.alphabet)}"
        return ask.text(key, example, longest=LONGEST, label=label, reads=task.numbers)

    @staticmethod
    def pick(
        key: str,
        options: list[str] | tuple[str, ...],
        *,
        label: str,
        default: str | None = None,
        help: str | None = None,
    ) -> str:
        """One of a few names."""
        at = list(options).index(default) if default is not None else 0
        return st.selectbox(label, list(options), at, key=key, bind="query-params", help=help)

    @staticmethod
    def several(
        key: str, options: list[str] | tuple[str, ...], *, label: str, default: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        """Any of a few names, in the order of `options`."""
        chosen = st.pills(
            label, list(options), selection_mode="multi", default=list(default), key=key, bind="query-params"
        )
        return tuple(o for o in options if o in chosen)

    @staticmethod
    def number(key: str, default: float, low: float, high: float, *, label: str, help: str | None = None) -> Any:
        """A number between `low` and `high`; whole if all three are."""
        return st.slider(label, low, high, default, key=key, bind="query-params", help=help)

"""`play`: what a page calls to put films on the screen. It knows nothing of training."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from rnnviz.figures.scene import Scene
from rnnviz.ui.controls import Chosen, choose, pick
from rnnviz.ui.downloads import downloads
from rnnviz.ui.forks import fork_here, forks_of_the_link
from rnnviz.ui.house import TRAINER, VIEWS
from rnnviz.ui.reel import Ready, Reel, reel
from rnnviz.ui.screen import screen
from rnnviz.ui.view import View
from rnnviz.ui.wire import Encoded


@dataclass
class _Seat:
    """What one visitor's session remembers of one screen."""

    view: View
    at: int | None  # where it is paused; None while it plays
    fresh: bool = True


def play(
    scene: Callable[..., Scene],
    runs: Mapping[str, Any],
    *,
    until: int,
    every: int = 1,
    looks: tuple[Hashable, ...] = (),
    key: str = "screen",
    autoplay: bool = True,
    picks: Mapping[str, tuple[str, str] | Chosen] | None = None,
) -> int | None:
    """Draw `scene(step, stills, *looks)` while the runs grow to `until` steps; the step where it is paused, or None.

    `runs` maps a label to an Experiment or a Playable. Playing, scrubbing and speed are the browser's own business; a
    pause runs the page once more, and stands in the address so that the link reopens the picture. `picks` maps a panel's
    title to the settings that a click in it sets, along x and along y, or to the choice that a click on a point makes.
    """
    until = max(every, until // every * every) if until else 0
    originals = {label: reel(what) for label, what in runs.items()}
    page = inspect.getsourcefile(scene) or scene.__module__
    forks = forks_of_the_link(originals, until, key)
    wanted = View(page, scene, originals, looks, until, every, forks)
    seat = _seat(wanted, key)
    opening = _opening(seat)
    result = screen(
        seat.view,
        key=key,
        at=seat.at,
        autoplay=autoplay,
        opening=opening,
        picks=list(picks or ()),
        picked=lambda: _picked(originals, picks or {}, key),
    )
    seat.fresh = False
    if result.lost == seat.view.token:  # the server was restarted under an open page
        VIEWS.add(seat.view)
        st.rerun()
    _follow(result.at, seat, key)
    if until:
        first = key == "screen"  # what is done at a pause lies in sight, beside the settings
        with st.sidebar if first else contextlib.nullcontext(), st.container(horizontal=True):
            fork_here(originals, seat.at, until, key)
            downloads(seat.view, seat.at, key)
    return seat.at


def _opening(seat: _Seat) -> Encoded | None:
    """The frame of step 0, sent with the page. A scene that throws gives none: the screen asks again, and shows the words."""
    if not seat.fresh or seat.at is not None:
        return None
    with contextlib.suppress(RuntimeError):
        return TRAINER.frame(seat.view, 0)
    return None


def _picked(originals: Mapping[str, Reel | Ready], picks: Mapping[str, tuple[str, str] | Chosen], key: str) -> None:
    """A click in a panel moves two sliders, or chooses a name."""
    said = st.session_state[key].picked or {}
    exp = next((r.exp for r in originals.values() if r.exp is not None), None)
    wanted = picks.get(str(said.get("panel")))
    if isinstance(wanted, Chosen):
        choose(wanted, said.get("point"))
    elif exp is not None and wanted:
        for path, value in zip(wanted, (said.get("x"), said.get("y")), strict=True):
            if isinstance(value, (int, float)):
                pick(exp, path, value)


def _seat(wanted: View, key: str) -> _Seat:
    """The session's seat for this picture: the old one if nothing changed, else a new view at its opening.

    Where the runs are the same and only what is looked at changed, a paused picture stays at its step.
    """
    name = f"seat:{wanted.page}:{key}"
    seat: _Seat | None = st.session_state.get(name)
    if seat is None or seat.view.identity != wanted.identity:
        at = _at_of_the_link(wanted.until, key) if seat is None else seat.at if _same_runs(seat.view, wanted) else None
        if seat is not None:
            _write_at(at, key)
        VIEWS.add(wanted, instead=seat.view.token if seat else None)
        seat = st.session_state[name] = _Seat(wanted, at)
    elif VIEWS.get(seat.view.token) is None:
        VIEWS.add(seat.view)
    return seat


def _same_runs(old: View, new: View) -> bool:
    def runs(view: View) -> list[tuple[str, str]]:
        return [(label, reel.key) for label, reel in view.reels.items()]

    return runs(old) == runs(new) and old.until == new.until and old.every == new.every


def _follow(said: Any, seat: _Seat, key: str) -> None:
    """Take over what the browser says of this view: the step where it is paused, or that it plays."""
    if isinstance(said, dict) and said.get("view") == seat.view.token and said.get("step") != seat.at:
        seat.at = None if said["step"] is None else min(max(0, int(said["step"])), seat.view.until)
        _write_at(seat.at, key)


def _name(key: str) -> str:
    return "at" if key == "screen" else f"at.{key}"


def _at_of_the_link(until: int, key: str) -> int | None:
    try:
        return min(max(0, int(st.query_params[_name(key)])), until)
    except (KeyError, ValueError):
        return None


def _write_at(at: int | None, key: str) -> None:
    if at is None:
        st.query_params.pop(_name(key), None)
    else:
        st.query_params[_name(key)] = str(at)

"""The one component of the house: mounts `screen.js`, which draws frames with Plotly without ever mounting anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from rnnviz.figures.theme import ON_DARK
from rnnviz.ui.view import View
from rnnviz.ui.wire import Encoded
from rnnviz.ui.words import ENGLISH

HERE = Path(__file__).parent
_VERSION = hashlib.sha256((HERE / "screen.js").read_bytes()).hexdigest()[:12]
_LOADER = """
let ready;
export default async function (component) {
  ready ||= import(new URL(`${component.data.base}/screen.js?VERSION`, location.href));
  return (await ready).ENTRY(component);
}
""".replace("VERSION", _VERSION)

_component = component(
    "rnnviz_screen",
    html='<div class="rv-screen" tabindex="-1"></div>',
    css=(HERE / "screen.css").read_text(encoding="utf-8"),
    js=_LOADER.replace("ENTRY", "mount"),
    isolate_styles=False,
)
_warm = component("rnnviz_warm", html="<span></span>", js=_LOADER.replace("ENTRY", "warm"), isolate_styles=False)


def _base() -> str:
    folder = st.get_option("server.baseUrlPath").strip("/")
    return f"/{folder}/rnnviz" if folder else "/rnnviz"


def warm() -> None:
    """Let the browser load the scripts of the screen before a page needs them."""
    _warm(key="warm", data={"base": _base()}, height=1)


def screen(
    view: View,
    *,
    key: str,
    at: int | None,
    autoplay: bool,
    opening: Encoded | None,
    picks: list[str],
    picked: Callable[[], None],
) -> Any:
    """Mount the screen on a view. The result has `at` ({"view", "step"} where the visitor paused) and `lost`.

    A click in a panel whose title is in `picks` calls `picked`, with {"panel", "x", "y"} in the session's state.
    """
    data = {
        "view": view.token,
        "base": _base(),
        "until": view.until,
        "every": view.every,
        "at": at,
        "autoplay": autoplay,
        "opening": opening and json.loads(opening.message()),
        "picks": picks,
        "onDark": ON_DARK,
        "words": ENGLISH,
    }
    return _component(
        key=key, data=data, on_at_change=lambda: None, on_lost_change=lambda: None, on_picked_change=picked
    )

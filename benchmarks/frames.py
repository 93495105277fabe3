"""`python -m benchmarks.frames [--high] [PAGE ...]`: what a frame of each page costs; one JSON object a screen and line.

Milliseconds of the thread, medians over the frames: `train` for the steps between two frames, `scene` for measuring and
drawing, `wire` for packing. Of `kB` a frame, `kB_sent` are those that the browser does not hold yet.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from streamlit.testing.v1 import AppTest

from rnnviz.catalogue import EXHIBITS
from rnnviz.ui.house import VIEWS
from rnnviz.ui.reel import Ready, Reel
from rnnviz.ui.view import View
from rnnviz.ui.wire import encode

ROOT = Path(__file__).parents[1]


def views_of(name: str, *, high: bool) -> list[View]:
    """The screens of a page, `high` with all its sliders at their upper ends."""
    VIEWS.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300).run()
    app.switch_page(f"pages/{name}.py").run()
    if high:
        for scale in app.select_slider:
            scale.set_value(scale.options[-1])
        for slider in app.slider:
            slider.set_value(slider.max)
        app.run()
    return VIEWS.all()


def clocked(work: Callable[..., Any], *what: Any) -> tuple[Any, float]:
    """What `work` gives, and the milliseconds that this thread spent on it."""
    began = time.thread_time()
    found = work(*what)
    return found, 1e3 * (time.thread_time() - began)


def opened(reel: Reel | Ready) -> Any:
    """The film of a reel at its first step; its parents are trained up to where it was forked."""
    return reel.opened(reel.parent and opened(reel.parent).forward(reel.at - reel.parent.at))


def price(view: View, frames: int) -> dict[str, float]:
    """Medians over the frames after the opening one, played from the start or from where the last fork begins."""
    films = {label: opened(reel) for label, reel in view.reels.items()}
    first = max((reel.at for reel in view.reels.values()), default=0)
    rows: list[dict[str, float]] = []
    known: frozenset[str] = frozenset()
    for step in range(first, min(view.until, first + frames * view.every) + 1, view.every):
        row: dict[str, float] = dict.fromkeys(("train", "scene", "wire", "kB", "kB_sent"), 0.0)
        for label, film in films.items():
            if film.step < step and not film.over:
                films[label], spent = clocked(film.forward, step - film.step)
                row["train"] += spent
        stills, before = clocked(lambda at=step: {label: f.still(min(at, f.step)) for label, f in films.items()})
        scene, drawing = clocked(view.draw, step, stills)
        frame, packing = clocked(encode, scene)
        text, writing = clocked(frame.message, known)
        known = frozenset(frame.blobs)
        row |= {
            "scene": before + drawing,
            "wire": packing + writing,
            "kB": frame.nbytes / 1e3,
            "kB_sent": len(text) / 1e3,
        }
        rows.append(row)
    return {key: round(statistics.median(r[key] for r in rows[1:] or rows), 1) for key in rows[0]}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("pages", nargs="*", help="ends of their names; all if none")
    ask.add_argument("--high", action="store_true", help="with all sliders at their upper ends")
    ask.add_argument("--frames", type=int, default=10)
    said = ask.parse_args()
    logging.disable(logging.WARNING)  # Streamlit's, about a script that no browser runs
    torch.set_num_threads(1)
    for name in (e.name for e in EXHIBITS[1:]):
        if not said.pages or name.endswith(tuple(said.pages)):
            for view in views_of(name, high=said.high):
                found = price(view, said.frames)
                total = round(found["train"] + found["scene"] + found["wire"], 1)
                print(json.dumps({"page": name, "every": view.every, "ms": total} | found), flush=True)


if __name__ == "__main__":
    main()

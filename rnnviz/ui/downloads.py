"""What a visitor takes home: the figures, the numbers, and a script that computes them again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from rnnviz.catalogue import EXHIBITS
from rnnviz.figures.scene import Panel, Scene
from rnnviz.ui.house import TRAINER
from rnnviz.ui.reel import Ready, Reel
from rnnviz.ui.script import script
from rnnviz.ui.view import View


def downloads(view: View, at: int | None, key: str) -> None:
    """A popover with the downloads of the paused picture. SVG of one figure: the camera in the figure's own bar."""
    file = Path(view.page).stem
    trained = trainings(view)
    ready = at is not None
    with st.popover("Download", disabled=not ready, help="Pause first: this takes the paused picture"):
        if not ready:
            return
        step = at or 0
        st.download_button(
            "Figures, HTML", lambda: page_html(view, step), f"{file}.html", "text/html", key=f"html:{key}"
        )
        st.download_button("Numbers, NPZ", lambda: npz(view, step), f"{file}.npz", key=f"npz:{key}")
        for label in trained:
            st.download_button(
                f"Numbers, CSV: {label}",
                lambda run=label: csv(view, run, step),
                f"{file}.csv",
                "text/csv",
                key=f"csv:{key}:{label}",
            )
        if trained:
            st.download_button(
                "Script, Python",
                lambda: script(_title(file), file, trained, step),
                f"{file}.py",
                "text/x-python",
                key=f"py:{key}",
            )
        st.caption("One figure as SVG: the camera at its upper right.")


def _title(file: str) -> str:
    return next((e.title for e in EXHIBITS if e.name.endswith("/" + file)), file)


def stills(view: View, step: int) -> dict[str, Any]:
    """Every run of the view as it stood at `step`, trained there if need be."""
    TRAINER.frame(view, step)
    return {label: TRAINER.still(reel, step) for label, reel in view.reels.items()}


def _scene(view: View, step: int) -> Scene:
    return view.draw(step, stills(view, step))


def trainings(view: View) -> dict[str, Reel]:
    """The runs that a script can compute again: films, and what goes along with one."""
    found = {label: _training(reel) for label, reel in view.reels.items()}
    return {label: reel for label, reel in found.items() if reel}


def _training(reel: Reel | Ready) -> Reel | None:
    if isinstance(reel, Reel):
        return reel
    exp = getattr(reel.playable, "trains", None)
    return Reel(exp) if exp else None


def csv(view: View, label: str, step: int) -> str:
    """Scalars of one run, a line a step."""
    return stills(view, step)[label].frames.csv()


def npz(view: View, step: int) -> bytes:
    """Scalars of every run and the arrays that the scene names; no pickles in it."""
    runs = stills(view, step)
    arrays = {f"scene/{k}": np.asarray(v) for k, v in view.draw(step, runs).numbers.items()}
    for label, still in runs.items():
        for name, values in vars(getattr(still, "frames", None) or object).items():
            if isinstance(values, np.ndarray):
                arrays[f"{label}/{name}"] = values
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, **arrays)
    return out.getvalue()


def page_html(view: View, step: int) -> str:
    """All panels in one file that needs no network."""
    import plotly.graph_objects as go

    def part(position: int, panel: Panel) -> str:
        figure = go.Figure(panel.figure)
        figure.update_layout(height=panel.height, title=panel.title, template="plotly_white")
        return figure.to_html(full_html=False, include_plotlyjs=position == 0)

    scene = _scene(view, step)
    body = "\n".join(part(i, p) for i, p in enumerate(scene.panels))
    return f'<!doctype html><meta charset="utf-8"><title>{Path(view.page).stem}, step {step}</title><p>{scene.says}</p>\n{body}'

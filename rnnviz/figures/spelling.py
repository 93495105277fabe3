"""A net that spells: letters over time, what it wrote and how often it is right."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.speech import MARGIN, STIFF
from rnnviz.figures.theme import ACCENT, CATEGORICAL, CLIPPED, TRUTH, axes, heat, line
from rnnviz.records.frames import Frames
from rnnviz.records.spelling import Marks
from rnnviz.records.utterance import Reading, Sounds

NAMES = {
    "one": "words it was trained on",
    "several": "strings of two to five digits",
    "new": "words that it was never trained on",
}


def letters(read: Reading, sounds: Sounds) -> Spec:
    """Probability of every letter over time, φ lowest; the letters that greedy reading keeps stand over their spikes."""
    rows = list(read.symbols)
    trace = heat(
        read.probs.T, "probability", x=read.middles.astype(np.float32), y=rows, zmin=0, zmax=1, showscale=False
    )
    trace["hovertemplate"] = "%{x:.2f} s, %{y}: %{z:.3f}<extra></extra>"
    spikes = [
        {"x": float(read.middles[t]), "y": 1.0, "yref": "paper", "yanchor": "bottom", "text": read.symbols[k]}
        | {"showarrow": False, "font": {"size": 17, "color": ACCENT}}
        for t, k in read.spikes
    ]
    edges = sorted({round(t, 4) for mark in sounds.marks for t in mark})
    lines = [
        {
            "type": "line",
            "x0": t,
            "x1": t,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": TRUTH, "width": 2, "dash": "dot"},
        }
        for t in edges
    ]
    up = {"type": "category", "dtick": 1, **STIFF}
    across = {"range": [0, sounds.seconds]}
    layout = axes("time (s)", "symbol", xaxis=across, yaxis=up, annotations=spikes, shapes=lines)
    return {"data": [trace], "layout": layout | {"margin": MARGIN | {"t": 32}}}


def rivals(found: Mapping[str, float], said: str, title: str, most: int = 6) -> Spec:
    """The likeliest spellings, the best on top; the right one in the colour of references."""
    best = list(found.items())[:most][::-1]
    bars = {"type": "bar", "orientation": "h", "x": [p for _, p in best], "y": [n or "(nothing)" for n, _ in best]}
    bars |= {"marker": {"color": [TRUTH if n == said else CATEGORICAL[0] for n, _ in best]}}
    bars |= {"text": [f"{p:.3f}" for _, p in best], "textposition": "outside", "textangle": 0}
    up = {"type": "category", "automargin": True}
    return {"data": [bars], "layout": axes(title, "spelling", xaxis={"range": [0, 1.15]}, yaxis=up)}


def progress(frames: Frames, marks: Marks, until: int) -> Spec:
    """Share of the running exam that is exact, smoothed over ten steps, and dots for the whole exams now."""
    window = np.ones(min(10, max(1, len(frames)))) / min(10, max(1, len(frames)))
    smooth = np.convolve(frames.score, window)[: len(frames)] if len(frames) else frames.score
    data = [line(frames.step, smooth, "running exam: trained words", CLIPPED)]
    for k, split in enumerate(marks.splits):
        dot = {
            "type": "scatter",
            "mode": "markers",
            "x": [len(frames.step)],
            "y": [marks.share[k]],
            "name": NAMES[split],
        }
        data.append(dot | {"marker": {"size": 13, "color": (CLIPPED, ACCENT)[k], "line": {"width": 1}}})
    across, up = {"range": [0, until * 1.02]}, {"range": [-0.03, 1.05]}
    return {"data": data, "layout": axes("training step", "exactly right", xaxis=across, yaxis=up)}


def loss(frames: Frames, until: int) -> Spec:
    up = {"type": "log", "exponentformat": "power", "dtick": 1}
    layout = axes("training step", "loss (nats a letter)", xaxis={"range": [0, until]}, yaxis=up)
    return {"data": [line(frames.step, frames.loss, "CTC", CLIPPED)], "layout": layout}

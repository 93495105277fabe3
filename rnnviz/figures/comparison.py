"""Several runs of any kind side by side: their curves, where their settings differ, and what was forked from what."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CLIPPED, RAW, TRUTH, Trace, axes, decades, line
from rnnviz.records.frames import Frames

HUES = (RAW, CLIPPED, ACCENT, TRUTH)  # the first two as the lecture has them: green, then blue


def curves(runs: Mapping[str, Frames], what: str, title: str, until: int, *, log: bool = False) -> Spec:
    """One scalar of every run ("loss", "score", "gradient") over the steps."""
    data = []
    for (name, frames), hue in zip(runs.items(), HUES, strict=False):
        values = getattr(frames, what)
        data.append(
            line(frames.step, np.where(values > 0, values, np.nan) if log else values, name.partition(":")[0], hue)
        )
    up = decades(*(trace["y"] for trace in data)) if log else {"rangemode": "tozero"}
    layout = axes("training step", title, xaxis={"range": [0, until]}, yaxis=up, showlegend=True)
    return {"data": data, "layout": layout}


def table(rows: tuple[tuple[str, ...], ...], names: tuple[str, ...]) -> Spec:
    """Settings that are not the same in all runs, one row each."""
    columns = [[row[i] for row in rows] for i in range(len(names) + 1)]
    heads = ["setting", *(f"<b>{name.partition(':')[0]}</b>" for name in names)]
    trace: Trace = {
        "type": "table",
        "header": {"values": heads, "align": "left", "fill": {"color": "rgba(128,128,128,0.15)"}, "height": 30},
        "cells": {"values": columns, "align": "left", "fill": {"color": "rgba(0,0,0,0)"}, "height": 28},
    }
    return {"data": [trace], "layout": {"margin": {"l": 4, "r": 4, "t": 4, "b": 4}}}


def tree(rows: tuple[tuple[str, int, int], ...], names: tuple[str, ...], until: int, step: int) -> Spec:
    """A lane a run from its first step on; a fork leaves its parent's lane where it was made."""
    hues = dict(zip(names, HUES, strict=False))
    data, notes = [], []
    for lane, (name, first, parent) in enumerate(rows):
        hue = hues.get(name, BLANK)
        if parent >= 0:
            data.append(line([first, first], [-parent, -lane], "", hue, width=2, dash="dot", hoverinfo="skip"))
        data.append(line([first, until], [-lane, -lane], name, hue, width=2, opacity=0.35, hoverinfo="skip"))
        data.append(line([first, max(first, step)], [-lane, -lane], name, hue, width=5))
        text = name or "not shown: what it was forked from"
        notes.append({"x": first, "y": -lane, "text": text, "showarrow": False, "xanchor": "left", "yanchor": "bottom"})
    hidden = {"visible": False, "range": [0.5 - len(rows), 0.8]}
    layout = axes("training step", "", xaxis={"range": [0, until]}, yaxis=hidden, annotations=notes, showlegend=False)
    return {"data": data, "layout": layout}

"""Codes as points of a plane, with their sentences; sentences read and written side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, CLIPPED, RAW, Trace, axes, line, thin
from rnnviz.records.codes import Between, Coded
from rnnviz.records.frames import Frames
from rnnviz.records.projection import Projection

CLEAR, WRONG = "rgba(0,0,0,0)", "rgba(213,94,0,0.2)"  # the latter over light and dark
SHAPES = ("circle", "square", "diamond")


def points(where: np.ndarray, groups: Sequence[str], words: Sequence[str], order: Sequence[str]) -> list[Trace]:
    """One trace for each group in `order`, so that every group keeps its look; `words` are told on hovering.

    More groups than there are colours take other shapes too, and are named where they lie instead of in a legend.
    """
    many = len(order) > len(CATEGORICAL)
    traces, names = [], []
    for position, group in enumerate(order):
        rows = [i for i, g in enumerate(groups) if g == group]
        shape, colour = divmod(position, len(CATEGORICAL))
        dots = {"color": CATEGORICAL[colour], "symbol": SHAPES[shape % len(SHAPES)], "size": 8, "opacity": 0.8}
        traces.append(_dots(where[rows], [words[i] for i in rows], group, dots) | {"showlegend": not many})
        if many and rows:
            names.append((group, *where[rows].mean(0)))
    if names:
        text, x, y = zip(*names, strict=True)
        label = {"mode": "text", "text": list(text), "textfont": {"size": 13}, "hoverinfo": "skip", "showlegend": False}
        traces.append({"type": "scatter", "x": thin(np.array(x)), "y": thin(np.array(y)), **label})
    return traces


def own(where: np.ndarray, words: Sequence[str]) -> list[Trace]:
    """The visitor's own sentences as stars, or nothing where there are none."""
    star = {"symbol": "star", "size": 15, "color": ACCENT, "line": {"width": 1, "color": "#FFFFFF"}}
    return [_dots(where, words, "your own", star)] if len(where) else []


def _dots(where: np.ndarray, words: Sequence[str], name: str, marker: dict[str, Any]) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": thin(where[:, 0]),
        "y": thin(where[:, 1]),
        "text": list(words),
        "hovertemplate": "%{text}<extra>" + name + "</extra>",
        "name": name,
        "marker": marker,
    }


def plane(traces: list[Trace], across: str, up: str, **more: Any) -> Spec:
    """Traces of points on axes around 0 on which a length is the same both ways."""
    layout = axes(
        across,
        up,
        xaxis={"range": _reach(traces, "x")},
        yaxis={"range": _reach(traces, "y"), "scaleanchor": "x"},
        showlegend=True,
        **more,
    )
    return {"data": traces, "layout": layout}


def _reach(traces: list[Trace], axis: str) -> list[float]:
    """An axis with room for all points, and as far to the one side as to the other."""
    found = [float(np.abs(t[axis]).max()) for t in traces if len(t[axis])]
    reach = 1.15 * max((r for r in found if np.isfinite(r)), default=1.0) or 1.0
    return [-reach, reach]


def codes(
    found: Projection,
    groups: Sequence[str],
    words: Sequence[str],
    order: Sequence[str],
    way: np.ndarray,
    mine: np.ndarray,
    mine_words: Sequence[str],
    told: str,
) -> Spec:
    """Sentence codes in the plane: the first two rows joined by an arrow that is `told`, the `way` between two codes, own ones."""
    step = line(
        way[:, 0], way[:, 1], "the way between", BLANK, mode="lines+markers", marker={"size": 5}, hoverinfo="skip"
    )
    traces = [*points(found.points, groups, words, order), step, *own(mine, mine_words)]
    parts = [f"{100 * s:.0f} %" if np.isfinite(s) else "–" for s in found.share]
    titles = [f"{name} direction ({part} of the variance)" for name, part in zip(("one", "other"), parts, strict=True)]
    return plane(traces, *titles, annotations=_arrow(found.points[0], found.points[1], told))


def _arrow(begin: np.ndarray, end: np.ndarray, told: str) -> list[dict[str, Any]]:
    """An arrow from one point to another and words at its head; nothing where a point is nowhere."""
    if not (np.isfinite(begin).all() and np.isfinite(end).all()):
        return []
    at = {"x": float(end[0]), "y": float(end[1]), "ax": float(begin[0]), "ay": float(begin[1])}
    refs = {"xref": "x", "yref": "y", "axref": "x", "ayref": "y"}
    arrow = {**at, **refs, "text": "", "arrowhead": 3, "arrowwidth": 3, "arrowcolor": ACCENT}
    sign = {"x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top", "align": "left"}
    return [arrow, {**sign, "text": told, "showarrow": False, "font": {"color": ACCENT, "size": 15}}]


def table(heads: Sequence[str], columns: Sequence[Sequence[str]], widths: Sequence[float], wrong: np.ndarray) -> Spec:
    """Rows of words, large enough for the last row of a hall; those that are `wrong` are shaded."""
    shades = [WRONG if bad else CLEAR for bad in wrong]
    look = {"align": "left", "height": 28, "line": {"color": BLANK, "width": 0.5}, "font": {"size": 15}}
    head = {**look, "values": [f"<b>{h}</b>" for h in heads], "fill": {"color": CLEAR}}
    body = {**look, "values": [list(column) for column in columns], "fill": {"color": [shades] * len(heads)}}
    trace = {"type": "table", "columnwidth": list(widths), "header": head, "cells": body}
    return {"data": [trace], "layout": {"margin": {"l": 4, "r": 4, "t": 8, "b": 4}}}


def reconstructions(seen: Coded) -> Spec:
    """What was read, what was written, and whether they are the same: wrong words in bold."""
    signs = ["✓" if right else "✗" for right in seen.right]
    written = [_marked(read, said) for read, said in zip(seen.read, seen.written, strict=True)]
    return table(("", "read", "written"), (signs, seen.read, written), (0.04, 0.48, 0.48), ~seen.right)


def _marked(read: str, said: str) -> str:
    """`said` with every word in bold that stands where `read` has another."""
    right = read.split()
    words = [w if at < len(right) and right[at] == w else f"<b>{w}</b>" for at, w in enumerate(said.split())]
    return " ".join(words) or "<i>nothing</i>"


def between(way: Between) -> Spec:
    """What the decoder says of every point between two codes; what is no sentence of the grammar is shaded."""
    shares = [f"{100 * s:.0f} %" for s in way.share]
    return table(("way", "written from that point"), (shares, way.written), (0.14, 0.86), ~way.sound)


def progress(frames: Frames, until: int, kept: Mapping[str, float], over: int = 15) -> Spec:
    """Share of unseen sentences that come back exactly: each step's handful, its running mean, and levels measured now."""
    data = [_running(frames, over)]
    data += [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [len(frames)],
            "y": [share],
            "name": name,
            "marker": {"size": 13, "color": colour},
        }
        for (name, share), colour in zip(kept.items(), (RAW, CLIPPED), strict=False)
    ]
    layout = axes(
        "training step", "share of unseen sentences", xaxis={"range": [0, until]}, yaxis={"range": [-0.03, 1.05]}
    )
    return {"data": data, "layout": layout | {"showlegend": True}}


def _running(frames: Frames, over: int) -> Trace:
    total = np.concatenate([[0.0], np.cumsum(frames.score)])
    last = np.arange(1, len(total))
    first = np.maximum(last - over, 0)
    mean = (total[last] - total[first]) / np.maximum(last - first, 1)
    return line(frames.step, mean, f"exact, mean of {over} steps", RAW)


def divergence(values: np.ndarray, until: int) -> Spec:
    """KL(P‖Q) of a t-SNE after each of its steps."""
    return _descent(values, until, "step of t-SNE", "KL divergence (nats)")


def crossed(values: np.ndarray, until: int) -> Spec:
    """Cross-entropy of a UMAP's two graphs after each of its epochs."""
    return _descent(values, until, "epoch of UMAP", "cross-entropy (nats a point)")


def _descent(values: np.ndarray, until: int, step: str, cost: str) -> Spec:
    layout = axes(step, cost, xaxis={"range": [0, until]}, yaxis={"rangemode": "tozero"})
    return {"data": [line(np.arange(1, len(values) + 1), values, cost, CLIPPED)], "layout": layout}

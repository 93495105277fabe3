"""Audio word vectors: clips in a plane, what lies near a clip, and exchanges of sounds as directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.figures.projection import CLEAR, WRONG
from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, CLIPPED, RAW, TRUTH, Trace, axes, line, thin
from rnnviz.records.frames import Frames
from rnnviz.records.retrieval import Directions, Found, Look, Search

BASE_COLOURS = (ACCENT, RAW, BLANK)  # of what nobody had to train
BEFORE, AFTER = CATEGORICAL[0], ACCENT  # words before and after an exchange of sounds


def clips(
    seen: Look, names: Sequence[str], words: Sequence[str], pairs: Sequence[tuple[str, str]], titles: tuple[str, str]
) -> Spec:
    """Codes in their plane: as `dots`, with an arrow for each pair and rings around what the net finds nearest."""
    spec = dots(seen.plane.points, names, words, pairs, seen.asks, titles)
    ring = {"symbol": "circle-open", "size": 17, "color": TRUTH, "line": {"width": 3}}
    spec["data"].append(_marks(seen.plane.points[next(iter(seen.near.values())).rows], ring, "its nearest"))
    return spec


def _marks(where: np.ndarray, marker: dict[str, Any], name: str) -> Trace:
    at = {"x": thin(where[:, 0]), "y": thin(where[:, 1])}
    return {"type": "scatter", "mode": "markers", **at, "marker": marker, "name": name, "hoverinfo": "skip"}


def dots(
    points: np.ndarray,
    names: Sequence[str],
    words: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    asks: np.ndarray,
    titles: tuple[str, str],
) -> Spec:
    """Clips (clip, axis); arrows join the means of the words of each pair, a star is the clip that asks (axis,)."""
    told = {"hovertemplate": "%{text}<extra></extra>", "type": "scatter", "mode": "markers", "showlegend": False}
    table = np.array(words)
    sides = [([a for a, _ in pairs], BEFORE), ([b for _, b in pairs], AFTER)]
    inside = np.isin(table, [w for side, _ in sides for w in side])
    traces: list[Trace] = []
    for rows, marker in (
        (np.flatnonzero(~inside), {"color": BLANK, "size": 6, "opacity": 0.35}),
        *((np.flatnonzero(np.isin(table, side)), {"color": c, "size": 9, "opacity": 0.75}) for side, c in sides),
    ):
        here = {"text": [names[i] for i in rows.tolist()], "customdata": rows, "marker": marker}
        traces.append({**told, "x": thin(points[rows, 0]), "y": thin(points[rows, 1]), **here})
    star = {"symbol": "star", "size": 19, "color": TRUTH, "line": {"width": 1, "color": "#FFFFFF"}}
    traces.append(_marks(asks[None], star, "the clip that asks"))
    means = {w: points[table == w].mean(0) for pair in pairs for w in pair}
    across, up = ({"range": _reach(column)} for column in points.T)
    arrows = [a for pair in pairs for a in _arrow(means, *pair)]
    return {"data": traces, "layout": axes(*titles, xaxis=across, yaxis=up, showlegend=True, annotations=arrows)}


def _reach(column: np.ndarray) -> list[float]:
    """From the smallest to the largest, and some room: arrows that are parallel stay so, however an axis is stretched."""
    low, high = (float(column.min()), float(column.max())) if np.isfinite(column).all() else (-1.0, 1.0)
    room = 0.08 * (high - low) or 1.0
    return [low - room, high + room]


def _arrow(means: Mapping[str, np.ndarray], one: str, other: str) -> list[dict[str, Any]]:
    """An arrow from a word to another, each with its name; nothing where a mean is nowhere."""
    begin, end = means[one], means[other]
    if not (np.isfinite(begin).all() and np.isfinite(end).all()):
        return []
    refs = {"xref": "x", "yref": "y", "axref": "x", "ayref": "y"}
    at = {"x": float(end[0]), "y": float(end[1]), "ax": float(begin[0]), "ay": float(begin[1])}
    signs = [
        {"x": float(x), "y": float(y), "text": f"<b>{word}</b>", "showarrow": False, "yshift": 13}
        | {"font": {"size": 15, "color": colour}}
        for word, (x, y), colour in ((one, begin, BEFORE), (other, end, AFTER))
    ]
    return [{**at, **refs, "text": "", "arrowhead": 3, "arrowwidth": 2.5, "arrowcolor": AFTER}, *signs]


def progress(frames: Frames, now: float, others: Mapping[str, Search], until: int) -> Spec:
    """MAP over the steps at which all unseen voices were examined; levels of what nobody had to train."""
    seen = np.isfinite(frames.score)
    look = {"mode": "lines+markers", "marker": {"size": 5}}
    data = [
        line([0, until], [other.map] * 2, f"{name} {other.map:.2f}", colour, dash="dash", hoverinfo="skip")
        for (name, other), colour in zip(others.items(), BASE_COLOURS, strict=True)
    ]
    data.append(line(frames.step[seen], frames.score[seen], "the net's codes", CLIPPED, width=3, **look))
    dot = {"type": "scatter", "mode": "markers", "x": [len(frames)], "y": [now], "showlegend": False, "name": "now"}
    data.append(dot | {"marker": {"color": CLIPPED, "size": 13}})
    up = {"range": [0, 1.02]}
    layout = axes("training step", "MAP, unseen voices", xaxis={"range": [0, until * 1.02]}, yaxis=up, showlegend=True)
    return {"data": data, "layout": layout}


def neighbours(asked: str, found: Mapping[str, Found]) -> Spec:
    """What every way of comparing finds nearest to the word `asked`; other words are shaded."""
    heads, columns, shades = [""], [[f"{i + 1}" for i in range(len(next(iter(found.values())).rows))]], []
    shades.append([CLEAR] * len(columns[0]))
    for name, near in found.items():
        heads.append(f"<b>{name}</b>")
        columns.append([f"{w} · {v}   ({d:.2f})" for w, v, d in zip(near.words, near.voices, near.apart, strict=True)])
        shades.append([CLEAR if w == asked or not asked else WRONG for w in near.words])
    return _table(heads, columns, shades, [0.1, *[0.45] * len(found)])


def scores(rows: Mapping[str, tuple[Search, str]]) -> Spec:
    """Ways of comparing, one a line: MAP, precision@1 and what a query costs."""
    columns = [
        [f"<b>{name}</b>" for name in rows],
        [f"{found.map:.2f}" for found, _ in rows.values()],
        [f"{found.at_one:.2f}" for found, _ in rows.values()],
        [cost for _, cost in rows.values()],
    ]
    heads = ["", "<b>MAP</b>", "<b>precision@1</b>", "<b>a query</b>"]
    return _table(heads, columns, [[CLEAR] * len(rows)] * 4, [0.25, 0.12, 0.18, 0.45])


def _table(heads: list[str], columns: list[list[str]], shades: list[list[str]], widths: list[float]) -> Spec:
    look = {"align": "left", "height": 29, "line": {"color": BLANK, "width": 0.5}, "font": {"size": 15}}
    trace = {
        "type": "table",
        "columnwidth": widths,
        "header": {**look, "values": heads, "fill": {"color": CLEAR}},
        "cells": {**look, "values": columns, "fill": {"color": shades}},
    }
    return {"data": [trace], "layout": {"margin": {"l": 4, "r": 4, "t": 8, "b": 4}}}


def parallels(ways: Mapping[str, Directions]) -> Spec:
    """Mean cosine of the differences of an exchange of sounds; a mark where 95 % of the shuffles lie below."""
    data: list[Trace] = []
    for (name, found), colour in zip(ways.items(), (CLIPPED, RAW), strict=True):
        label = f"{name}: {found.solved.sum()} of {found.asked.sum()} analogies"
        bar = {"type": "bar", "x": list(found.sounds), "y": found.parallel, "name": label, "offsetgroup": name}
        high = np.quantile(found.chance, 0.95, axis=0)
        data.append(bar | {"marker": {"color": colour}})
        mark = {"symbol": "line-ew-open", "size": 34, "color": BLANK, "line": {"width": 4}}
        chance = {"type": "scatter", "mode": "markers", "x": list(found.sounds), "y": high, "offsetgroup": name}
        data.append(chance | {"marker": mark, "name": "95 % of shuffled pairs", "showlegend": colour == CLIPPED})
    layout = axes(
        "exchange of sounds", "mean cosine", yaxis={"range": [-0.1, 1.05]}, barmode="group", scattermode="group"
    )
    return {"data": data, "layout": layout | {"showlegend": True}}


def alike(ways: Mapping[str, np.ndarray]) -> Spec:
    """Mean cosine of two clips against the phonemes between their words; the last stands for more, too."""
    data = []
    for (name, means), colour in zip(ways.items(), (CLIPPED, RAW), strict=True):
        apart = [*map(str, range(len(means) - 1)), f"{len(means) - 1} or more"]
        apart[0] = "0: the same word"
        data.append({"type": "bar", "x": apart, "y": means, "name": name, "marker": {"color": colour}})
    layout = axes(
        "phonemes between two words", "mean cosine", xaxis={"type": "category"}, yaxis={"range": [-0.35, 1.02]}
    )
    return {"data": data, "layout": layout | {"barmode": "group", "showlegend": True}}

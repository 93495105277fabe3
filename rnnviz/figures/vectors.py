"""Words in a plane, their neighbours, and how far the plane can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnviz.figures.projection import plane, table
from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, CLIPPED, RAW, Trace, axes, line, thin
from rnnviz.records.vectors import Near, Vectors

NAMED = 120  # more words than that cannot be read side by side: they are told on hovering


def words(
    seen: Vectors, where: np.ndarray, order: Sequence[str], titles: tuple[str, str], chosen: Sequence[str] = ()
) -> Spec:
    """A dot and its word for each vector, one colour a kind; `chosen` words in a ring."""
    traces = [_kind(seen, where, name, colour) for name, colour in zip(order, (*CATEGORICAL, BLANK), strict=False)]
    rows = [i for i, word in enumerate(seen.words) if word in chosen]
    ring = {"size": 17, "color": "rgba(0,0,0,0)", "line": {"color": ACCENT, "width": 3}}
    x, y = (thin(where[rows, at]) for at in (0, 1))
    rings = {"type": "scatter", "mode": "markers", "x": x, "y": y, "marker": ring, "hoverinfo": "skip"}
    shown = [t for t in traces if len(t["x"])]
    spec = plane([*shown, rings | {"name": "chosen", "showlegend": False}], *titles)
    spec["layout"] |= {"showlegend": len(shown) > 1, "hovermode": "closest"}
    return spec


def _kind(seen: Vectors, where: np.ndarray, name: str, colour: str) -> Trace:
    rows = [i for i, kind in enumerate(seen.kinds) if kind == name]
    return {
        "type": "scatter",
        "mode": "markers+text" if len(seen.words) <= NAMED else "markers",
        "x": thin(where[rows, 0]),
        "y": thin(where[rows, 1]),
        "text": [seen.words[i] for i in rows],
        "textposition": "top center",
        "textfont": {"size": 12, "color": colour},
        "hovertemplate": "%{text}<extra>" + name + "</extra>",
        "name": name,
        "marker": {"size": 7, "color": colour},
    }


def neighbours(seen: Near) -> Spec:
    """The nearest words and their cosines; those of another kind are shaded."""
    columns = (seen.words, seen.kinds, [f"{c:.3f}" for c in seen.cosine])
    return table(("word", "kind", "cosine"), columns, (0.4, 0.4, 0.2), ~seen.alike)


def directions(share: np.ndarray) -> Spec:
    """How much of the variance each principal direction holds."""
    bars = {"type": "bar", "x": np.arange(1, len(share) + 1), "y": thin(share), "marker": {"color": CLIPPED}}
    layout = axes(
        "principal direction", "share of the variance", yaxis={"range": [0, 1], "tickformat": ".0%"}, xaxis={"dtick": 1}
    )
    return {"data": [bars], "layout": layout}


def trust(ks: Sequence[int], trustworthy: np.ndarray, continuous: np.ndarray) -> Spec:
    """Trustworthiness and continuity against the size of the neighbourhood."""
    dots = {"mode": "lines+markers", "marker": {"size": 7}}
    data = [
        line(list(ks), trustworthy, "near here is near in truth (trustworthiness)", CLIPPED, **dots),
        line(list(ks), continuous, "near in truth is near here (continuity)", RAW, **dots),
        line([0, max(ks)], [0.5, 0.5], "a picture by chance", BLANK, dash="dot", hoverinfo="skip"),
    ]
    layout = axes("neighbours k", "share, 1 is best", xaxis={"range": [0, max(ks) + 1]}, yaxis={"range": [0.4, 1.02]})
    return {"data": data, "layout": layout | {"showlegend": True}}

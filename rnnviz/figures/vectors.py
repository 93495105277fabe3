"""Words in a plane, their neighbours, and how far the plane can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnviz.figures.projection import plane, table
from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, CLIPPED, RAW, Trace, axes, line, thin
from rnnviz.records.vectors import Near, Vectors

LETTER, LINE = 0.017, 0.036  # room that a letter takes in its line, and a line; in heights of the picture


def words(
    seen: Vectors, where: np.ndarray, order: Sequence[str], titles: tuple[str, str], chosen: Sequence[str] = ()
) -> Spec:
    """A dot and its word for each vector, one colour a kind; `chosen` words in a ring."""
    named = _readable(seen.words, where, chosen)
    colours = (*CATEGORICAL, BLANK) if len(order) > 1 else (CLIPPED,)
    traces = [_kind(seen, where, named, name, colour) for name, colour in zip(order, colours, strict=True)]
    rows = [i for i, word in enumerate(seen.words) if word in chosen]
    ring = {"size": 17, "color": "rgba(0,0,0,0)", "line": {"color": ACCENT, "width": 3}}
    x, y = (thin(where[rows, at]) for at in (0, 1))
    rings = {"type": "scatter", "mode": "markers", "x": x, "y": y, "marker": ring, "hoverinfo": "skip"}
    shown = [t for t in traces if len(t["x"])]
    spec = plane([*shown, rings | {"name": "chosen", "showlegend": False}], *titles)
    spec["layout"] |= {"showlegend": len(shown) > 1, "hovermode": "closest"}
    return spec


def _readable(words: Sequence[str], where: np.ndarray, chosen: Sequence[str]) -> set[int]:
    """Rows whose words can be written without one upon the other, `chosen` ones first; the rest is told on hovering."""
    reach = 2.3 * float(np.abs(where[np.isfinite(where)]).max(initial=0)) or 1.0
    places = (where[:, :2] / reach).tolist()
    kept: list[tuple[float, float, float]] = []
    rows = set()
    for i in sorted(range(len(words)), key=lambda i: words[i] not in chosen):
        (x, y), half = places[i], LETTER * (len(words[i]) + 1) / 2
        if all(abs(x - a) > half + b or abs(y - c) > LINE for a, c, b in kept):
            kept.append((x, y, half))
            rows.add(i)
    return rows


def _kind(seen: Vectors, where: np.ndarray, named: set[int], name: str, colour: str) -> Trace:
    rows = [i for i, kind in enumerate(seen.kinds) if kind == name]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": thin(where[rows, 0]),
        "y": thin(where[rows, 1]),
        "text": [seen.words[i] if i in named else "" for i in rows],
        "hovertext": [seen.words[i] for i in rows],
        "textposition": "top center",
        "textfont": {"size": 14, "color": colour},
        "hovertemplate": "%{hovertext}<extra>" + name + "</extra>",
        "name": name,
        "marker": {"size": 8, "color": colour, "symbol": "diamond" if colour == CATEGORICAL[-1] else "circle"},
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

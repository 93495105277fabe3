"""Prefix beam search as a picture: prefixes over time, where their probability comes from, and what is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, CLIPPED, SEQUENTIAL, TRUTH, Trace, axes, line
from rnnviz.records.search import LONGER, REPEAT, SILENCE, Beam

HUES = {SILENCE: BLANK, REPEAT: CLIPPED, LONGER: ACCENT}
HOWS = {SILENCE: "stays by φ", REPEAT: "stays by its last symbol", LONGER: "grows by a symbol"}
ROWS = 16  # prefixes that have a row

Spelt = Callable[[tuple[int, ...]], str]


def shares(beam: Beam) -> np.ndarray:
    """(prefix,) probability relative to all that is in the beam."""
    total = beam.total
    return np.exp(total - np.logaddexp.reduce(total))


def rows(beams: Sequence[Beam]) -> dict[tuple[int, ...], int]:
    """Prefix -> row: those that ever held most, in the order of a dictionary, so that a prefix stands under its own."""
    most: dict[tuple[int, ...], float] = {}
    for beam in beams:
        for prefix, share in zip(beam.prefixes, shares(beam).tolist(), strict=True):
            most[prefix] = max(share, most.get(prefix, 0.0))
    kept = sorted(most, key=lambda p: -most[p])[:ROWS]
    return {prefix: row for row, prefix in enumerate(sorted(kept))}


def tree(beams: Sequence[Beam], step: int, spelt: Spelt) -> Spec:
    """Prefixes (rows) over frames up to `step`; a dot's colour and size is its share of the beam, arcs say where from."""
    places = rows(beams)
    data: list[Trace] = [_arcs(beams[: step + 1], places, how) for how in HUES]
    found = [
        (t, places[p], share, spelt(p))
        for t, beam in enumerate(beams[: step + 1])
        for p, share in zip(beam.prefixes, shares(beam).tolist(), strict=True)
        if p in places
    ]
    x, y, size, names = zip(*found, strict=True)
    marker = {
        "size": [7 + 17 * s**0.5 for s in size],
        "color": list(size),
        "colorscale": SEQUENTIAL,
        "cmin": 0,
        "cmax": 1,
    }
    marker |= {
        "line": {"width": 1, "color": BLANK},
        "colorbar": {"title": {"text": "share of the beam", "side": "right"}, "thickness": 12},
    }
    dots: Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": list(x),
        "y": list(y),
        "marker": marker,
        "showlegend": False,
    }
    dots |= {"text": [f"{n or 'nothing'}: {s:.3f}" for n, s in zip(names, size, strict=True)]}
    dots |= {"hovertemplate": "frame %{x}, %{text}<extra></extra>"}
    up = {"tickvals": list(places.values()), "ticktext": [spelt(p) or "(nothing)" for p in places], "zeroline": False}
    up |= {"range": [len(places) - 0.4, -0.6], "automargin": True}
    across = {"range": [-0.4, len(beams) - 0.6], "zeroline": False, "dtick": 1 if len(beams) <= 25 else 4}
    legend = {"orientation": "h", "y": 1.12, "x": 0}
    return {
        "data": [*data, dots],
        "layout": axes("frame", "prefix", xaxis=across, yaxis=up, legend=legend, hovermode="closest"),
    }


def _arcs(beams: Sequence[Beam], places: dict[tuple[int, ...], int], how: int) -> Trace:
    x: list[float] = []
    y: list[float] = []
    for t in range(1, len(beams)):
        before, now = beams[t - 1], beams[t]
        for origin, into, kind in now.arcs.tolist():
            ends = before.prefixes[origin], now.prefixes[into]
            if kind == how and all(p in places for p in ends):
                x += [t - 1, t, np.nan]
                y += [places[ends[0]], places[ends[1]], np.nan]
    return line(x, y, HOWS[how], HUES[how], width=3 if how == LONGER else 2, opacity=0.55, hoverinfo="skip")


def halves(beam: Beam, spelt: Spelt, most: int = 8) -> Spec:
    """The two amounts of every prefix in the beam: alignments that end in φ, and in its last symbol."""
    whole = float(np.logaddexp.reduce(beam.total))
    names = [spelt(p) or "(nothing)" for p in beam.prefixes[:most]]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "x": np.exp(part[:most] - whole),
            "y": names,
            "name": name,
            "marker": {"color": hue},
        }
        for part, name, hue in ((beam.silent, "ends in φ", BLANK), (beam.voiced, "ends in its last symbol", CLIPPED))
    ]
    up = {"autorange": "reversed", "type": "category", "automargin": True}
    layout = axes("share of the beam", "prefix", xaxis={"range": [0, 1]}, yaxis=up, barmode="stack")
    return {"data": data, "layout": layout | {"legend": {"orientation": "h", "y": 1.15, "x": 0}}}


def answers(found: dict[str, float], wide: dict[str, float], greedy: str, exact: bool) -> Spec:
    """Labelling -> probability by this beam beside `wide` (listing all, where that is `exact`, else a much wider beam)."""
    names = list(dict.fromkeys((*list(wide)[:6], *list(found)[:3], greedy)))
    shown = [f"{n or '(nothing)'}{' · greedy' if n == greedy else ''}" for n in names]
    rivals = ((wide, "listing every path" if exact else "a beam of 200", TRUTH), (found, "this beam", CATEGORICAL[0]))
    data = [
        {"type": "bar", "orientation": "h", "x": [book.get(n, 0.0) for n in names], "y": shown, "name": name}
        | {"marker": {"color": hue}, "hovertemplate": "%{y}: %{x:.4g}<extra></extra>"}
        for book, name, hue in rivals
    ]
    up = {"autorange": "reversed", "type": "category", "automargin": True}
    layout = axes("probability", "labelling", yaxis=up, barmode="group")
    return {"data": data, "layout": layout | {"legend": {"orientation": "h", "y": 1.15, "x": 0}}}


def widths(found: np.ndarray, right: Sequence[bool], now: int) -> Spec:
    """Probability that a beam reports for its best labelling over its width; orange where that is not the widest one's."""
    x = np.arange(1, len(found) + 1)
    dots = {"mode": "lines+markers", "marker": {"size": 9, "color": [CLIPPED if r else ACCENT for r in right]}}
    trace = line(x, found, "best labelling", CLIPPED) | dots | {"showlegend": False}
    shapes = [
        {
            "type": "line",
            "x0": now,
            "x1": now,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": BLANK, "dash": "dot"},
        }
    ]
    layout = axes("width of the beam", "probability of its best", xaxis={"dtick": 2}, yaxis={"rangemode": "tozero"})
    return {"data": [trace], "layout": layout | {"shapes": shapes if now <= len(found) else []}}

"""A tagger's training: marks over steps and seconds, types, mistakes, sentences."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, axes, heat, line
from rnnviz.records.chunks import Chunks
from rnnviz.records.tagging import Curve, Lesson, Typed

F1, WORDS = CATEGORICAL[0], CATEGORICAL[2]
WIDTH = 120  # characters in a row of sentences
MOST = 12  # types that a picture has room for


def marks(curve: Curve, against: str, reach: float, goal: float | None) -> Spec:
    """F1 of chunks and share of right words, against "step" or "seconds"; `goal` is a dotted line."""
    x = getattr(curve, against)
    data = [
        line(x, curve.words, "words right", WORDS, width=1.5),
        line(x, curve.f1, "F1 of chunks", F1, mode="lines+markers", marker={"size": 6}),
    ]
    if goal:
        data.insert(0, line([0, reach], [goal, goal], f"{goal:.2f}", BLANK, dash="dot", hoverinfo="skip"))
    title = {"step": "training step", "seconds": "seconds of one core, training alone"}[against]
    layout = axes(title, "on sentences never trained on", xaxis={"range": [0, reach]}, yaxis={"range": [-0.02, 1.03]})
    return {"data": data, "layout": layout | {"showlegend": True}}


def plain(words: str) -> str:
    """A visitor's word, never taken for markup."""
    return words.replace("&", "&amp;").replace("<", "&lt;")


def _largest(chunks: Chunks) -> list[int]:
    """Types with the most chunks in the reference."""
    return np.argsort(-chunks.wanted, kind="stable")[:MOST].tolist()


def table(chunks: Chunks) -> Spec:
    """Precision, recall and F1 by type, the commonest types on top, all types together above them."""
    order = _largest(chunks)
    whole = chunks.overall
    rows = [np.array([c[0] for c in (whole.precision, whole.recall, whole.f1)])]
    rows += [np.array([c[k] for c in (chunks.precision, chunks.recall, chunks.f1)]) for k in order]
    names = [f"<b>all</b> ({whole.wanted[0]:,})", *(f"{plain(chunks.types[k])} ({chunks.wanted[k]:,})" for k in order)]
    cells = heat(
        np.array(rows),
        "share",
        x=["precision", "recall", "F1"],
        y=names,
        zmin=0,
        zmax=1,
        xgap=2,
        ygap=2,
        texttemplate="%{z:.2f}",
        hovertemplate="%{y}, %{x}: %{z:.3f}<extra></extra>",
    )
    layout = axes("", "type (chunks in the reference)", yaxis={"autorange": "reversed", "automargin": True, "dtick": 1})
    return {"data": [cells], "layout": layout}


def confusion(seen: Lesson) -> Spec:
    """Words by the type they have and the type they were given, as a share of each row."""
    order = _largest(seen.chunks)
    place = np.full(len(seen.types) + 1, len(order) + 1)  # the last column stands for all other types
    place[order] = np.arange(len(order))
    place[-1] = len(order)  # kind -1 is O
    rows, columns = place[seen.kind[seen.wanted]], place[seen.kind[seen.said]]
    size = len(order) + 2
    counts = np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)
    names = [*(plain(seen.types[k]) or "chunk" for k in order), "no type", "others"]
    used = [k for k in range(size) if counts[k].any() or counts[:, k].any()]
    counts = counts[np.ix_(used, used)]
    names = [names[k] for k in used]
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    cells = heat(
        share,
        "share of the words of a row",
        x=names,
        y=names,
        zmin=0,
        zmax=1,
        customdata=counts,
        hovertemplate="%{y} tagged as %{x}: %{customdata} words, %{z:.0%}<extra></extra>",
    )
    layout = axes(
        "type given by the net",
        "type in the reference",
        xaxis={"tickangle": -45, "automargin": True, "dtick": 1},
        yaxis={"autorange": "reversed", "automargin": True, "dtick": 1},
    )
    return {"data": [cells], "layout": layout}


def sentences(seen: Lesson, rows: int, *, wrong: bool) -> Spec:
    """Sentences with the types given to their words; `wrong` shows only those with a mistake, if there are any."""
    every = seen.sentences
    bad = seen.said != seen.wanted
    fitting = [s for s in every if sum(1.25 * len(w) + 2 for w in seen.words[s]) < WIDTH] or every
    found = [s for s in fitting if bad[s].any()] if wrong else []
    chosen = found or fitting
    chosen = chosen[:: max(1, len(chosen) // rows)][:rows]
    notes = [note for row, s in enumerate(chosen) for note in _row(seen, s, row)]
    off = {"visible": False}
    layout = axes("", "", xaxis={"range": [-1, WIDTH], **off}, yaxis={"range": [rows - 0.4, -0.55], **off})
    return {"data": [], "layout": layout | {"annotations": notes}}


def _row(seen: Lesson, where: slice, row: int) -> list[dict[str, Any]]:
    """One sentence: its words, and under each word the type it was given; the right one behind it if it is another."""
    notes, x = [], 0.0
    for k in range(where.start, where.stop):
        given, right = (_name(seen, int(n)) for n in (seen.said[k], seen.wanted[k]))
        wrong = seen.said[k] != seen.wanted[k]
        if wrong and given == right:  # the type is right, the letter is not
            given, right = seen.tags[seen.said[k]], seen.tags[seen.wanted[k]]
        given, right = plain(given), plain(right)
        label = f"{given or 'none'} ≠ {right or 'none'}" if wrong else given
        room = max(1.25 * len(seen.words[k]), 1.1 * len(label)) + 2
        if x + room > WIDTH:
            return [*notes, _text(x, row - 0.18, "…", 15)]
        notes.append(_text(x, row - 0.18, plain(seen.words[k]), 15))
        if label:
            notes.append(_text(x, row + 0.2, f"<b>{label}</b>" if wrong else label, 12, ACCENT if wrong else F1))
        x += room
    return notes


def _name(seen: Lesson, tag: int) -> str:
    kind = int(seen.kind[tag])
    return "" if kind < 0 else seen.types[kind] or seen.tags[tag]


def _text(x: float, y: float, words: str, size: int, colour: str | None = None) -> dict[str, Any]:
    font = {"size": size} | ({"color": colour} if colour else {})
    return {"x": x, "y": y, "text": words, "showarrow": False, "xanchor": "left", "font": font}


def typed(seen: Typed) -> Spec:
    """Probability of the likeliest tags at every word of the visitor's sentence; brackets around words that are not known."""
    order = np.argsort(-seen.probs.max(0), kind="stable")[:8]
    order = [k for k in order if seen.probs[:, k].max() > 0.05] or order[:1].tolist()
    shown = [plain(w if known else f"({w})") for w, known in zip(seen.words, seen.known, strict=True)]
    cells = heat(
        seen.probs[:, order].T,
        "probability",
        y=[plain(seen.tags[k]) for k in order],
        zmin=0,
        zmax=1,
        hovertemplate="%{y}: %{z:.3f}<extra></extra>",
    )
    ticks = {"tickvals": list(range(len(shown))), "ticktext": shown, "tickangle": -30 if len(shown) > 5 else 0}
    layout = axes(
        "your words, those not known in brackets", "tag", xaxis=ticks | {"automargin": True}, yaxis={"automargin": True}
    )
    return {"data": [cells], "layout": layout}

"""The CTC lattice: frames across, states upwards, every node and arc; and the tables around it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, CLIPPED, SEQUENTIAL, Trace, axes, heat, line
from rnnviz.records.lattice import NONE, Lattice, Passes

AHEAD, BEHIND, THROUGH = "α", "β", "γ"
TITLES = {
    "all": {AHEAD: "log₁₀ α", BEHIND: "log₁₀ β", THROUGH: "γ"},
    "best": {AHEAD: "log₁₀ best so far", BEHIND: "log₁₀ best to the end", THROUGH: "best path through / best"},
    "count": {AHEAD: "log₁₀ paths so far", BEHIND: "log₁₀ paths to the end", THROUGH: "share of alignments"},
}

HEADLINES = {
    "all": {
        AHEAD: "α: how probable it is to be here, having said the label so far",
        BEHIND: "β: how probable the rest of the label is from here",
        THROUGH: "γ: how probable it is that the alignment passes here",
    },
    "best": {
        AHEAD: "The best way to get here",
        BEHIND: "The best way to go on from here",
        THROUGH: "The best alignment through here, relative to the best of all",
    },
    "count": {
        AHEAD: "How many ways lead here",
        BEHIND: "How many ways lead on from here",
        THROUGH: "Which share of the alignments passes here",
    },
}


def nodes(found: Lattice, asked: Passes, shown: str, lit: slice, symbols: Sequence[str], *, route: bool) -> Spec:
    """The lattice with the columns `lit` coloured by `shown` (α, β or γ) and the best alignment where `route`.

    A node's size is what passes through it. Hovering tells its sum.
    """
    frames, states = found.gamma.shape
    reached = np.isfinite(asked.ahead) & np.isfinite(asked.behind)
    data = [_arcs(*_steps(found), "arcs", BLANK, width=1, opacity=0.45)]
    if shown != THROUGH and 0 < lit.stop - lit.start < frames:
        data.append(_arcs(*_now(found, shown, lit), "sums of this step", CLIPPED, width=2.5))
    if route and found.route[0] != NONE:
        data.append(line(np.arange(1, frames + 1), found.route, "best alignment", ACCENT, width=5, hoverinfo="skip"))
    columns = np.zeros((frames, 1), bool)
    columns[lit] = True
    dark, bright = np.nonzero(~(columns & reached)), np.nonzero(columns & reached)
    data.append(_dark(dark))
    data.append(_bright(found, asked, shown, bright, symbols))
    names = [symbols[k] for k in found.states]
    up = {"tickvals": list(range(states)), "ticktext": names, "range": [-0.7, states - 0.3], "zeroline": False}
    across = {"range": [0.3, frames + 0.7], "zeroline": False, **_frames(frames)}
    layout = axes(
        "frame", "state: the label with φ between", xaxis=across, yaxis=up, showlegend=False, hovermode="closest"
    )
    return {"data": data, "layout": layout}


def _frames(frames: int) -> dict[str, Any]:
    return {"dtick": 1 if frames <= 12 else 2 if frames <= 24 else 4}


@lru_cache(maxsize=64)
def _steps(found: Lattice) -> tuple[np.ndarray, np.ndarray]:
    """Frame and state of both ends of every arc, (arc, 2) each, of those that some alignment takes."""
    states = len(found.states)
    use = _useful(found)
    ends = []
    for far in (0, 1, 2):
        there = use[:-1, : states - far] & use[1:, far:]
        if far == 2:
            there &= found.skips[2:]
        t, s = np.nonzero(there)
        ends.append(np.stack([t, t + 1, s, s + far], axis=1))
    both = np.concatenate(ends)
    return both[:, :2], both[:, 2:]


def _useful(found: Lattice) -> np.ndarray:
    """(time, state) whether some alignment passes, be its probability 0."""
    frames, states = found.gamma.shape
    first, last = np.zeros(states, int), np.zeros(states, int)
    for s in range(2, states):
        first[s] = first[s - 2] + 1 if found.skips[s] else first[s - 1] + 1
    for s in range(states - 3, -1, -1):
        last[s] = last[s + 2] + 1 if found.skips[s + 2] else last[s + 1] + 1
    t = np.arange(frames)[:, None]
    return (t >= first) & (frames - 1 - t >= last)


def _arcs(times: np.ndarray, states: np.ndarray, name: str, colour: str, **look: Any) -> Trace:
    """All arcs as one line with gaps."""
    gap = np.full((len(times), 1), np.nan)
    x, y = (np.concatenate([ends, gap], axis=1).ravel() for ends in (times + 1.0, states.astype(float)))
    return line(x, y, name, colour, hoverinfo="skip", **look)


def _now(found: Lattice, shown: str, lit: slice) -> tuple[np.ndarray, np.ndarray]:
    """The arcs into the column that was lit last."""
    times, states = _steps(found)
    now = times[:, 1] == lit.stop - 1 if shown == AHEAD else times[:, 0] == lit.start
    return times[now], states[now]


def _dark(at: tuple[np.ndarray, ...]) -> Trace:
    marker = {"size": 6, "color": BLANK, "opacity": 0.35}
    return _points(at) | {"name": "on no alignment, or not reached yet", "marker": marker, "hoverinfo": "skip"}


def _points(at: tuple[np.ndarray, ...]) -> Trace:
    return {"type": "scatter", "mode": "markers", "x": at[0] + 1, "y": at[1]}


def _bright(found: Lattice, asked: Passes, shown: str, at: tuple[np.ndarray, ...], symbols: Sequence[str]) -> Trace:
    amounts = {AHEAD: asked.ahead / np.log(10), BEHIND: asked.behind / np.log(10), THROUGH: asked.through}[shown]
    told = _sums(found, asked, shown, tuple(symbols))
    finite = amounts[np.isfinite(amounts)]
    low, high = (0.0, 1.0) if shown == THROUGH else (float(finite.min(initial=0)), float(finite.max(initial=-1e9)))
    marker = {
        "size": 8 + 14 * np.sqrt(asked.through[at]).astype(np.float32),
        "color": amounts[at].astype(np.float32),
        "colorscale": SEQUENTIAL,
        "cmin": low,
        "cmax": max(high, low + 1e-6),
        "line": {"width": 1, "color": BLANK},
        "colorbar": {"title": {"text": TITLES[asked.question][shown], "side": "right"}, "thickness": 12},
    }
    template = "%{text}<extra></extra>"
    return _points(at) | {
        "name": shown,
        "marker": marker,
        "text": [told[t][s] for t, s in zip(*at, strict=True)],
        "hovertemplate": template,
    }


@lru_cache(maxsize=64)
def _sums(found: Lattice, asked: Passes, shown: str, symbols: tuple[str, ...]) -> list[list[str]]:
    """What every node says when hovered: the sum that made it, [time][state]."""
    frames, states = found.gamma.shape
    return [
        [
            f"frame {t + 1}, state {s + 1}: {symbols[found.states[s]]}<br>{_sum(found, asked, shown, t, s)}"
            for s in range(states)
        ]
        for t in range(frames)
    ]


def _sum(found: Lattice, asked: Passes, shown: str, t: int, s: int) -> str:
    if shown == THROUGH:
        through = f"{asked.through[t, s]:.4g}"
        return f"{_number(asked.ahead[t, s])} · {_number(asked.behind[t, s])} / {_number(asked.total)} = {through}"
    frames, states = found.gamma.shape
    if shown == AHEAD:
        before = [s] + [s - 1] * (s > 0) + [s - 2] * bool(found.skips[s])
        terms = [_number(asked.ahead[t - 1, b]) for b in before] if t else ["1" if s < 2 else "0"]
        times = "" if asked.question == "count" else f" · p = {_number(asked.weights[t, s])}"
        return f"{_joined(terms, asked.question)}{times} → {_number(asked.ahead[t, s])}"
    after = [s] + [s + 1] * (s + 1 < states) + [s + 2] * (s + 2 < states and bool(found.skips[min(s + 2, states - 1)]))
    if t + 1 == frames:
        return f"the end: {_number(asked.behind[t, s])}"
    pairs = [(_number(asked.behind[t + 1, n]), _number(asked.weights[t + 1, n])) for n in after]
    terms = [b if asked.question == "count" else f"{b} · {w}" for b, w in pairs]
    return f"{_joined(terms, asked.question)} → {_number(asked.behind[t, s])}"


def _joined(terms: list[str], question: str) -> str:
    return f"max({', '.join(terms)})" if question == "best" else f"({' + '.join(terms)})"


def _number(nats: float) -> str:
    """exp(nats), also where that is no float."""
    if nats > -690:
        return f"{np.exp(nats):.4g}"
    return "0" if nats == -np.inf else f"10^{nats / np.log(10):.1f}"


def emissions(log_probs: np.ndarray, symbols: Sequence[str], at: int | None = None) -> Spec:
    """Probability of every symbol in every frame; the frame `at` (from 1) is marked."""
    frames = len(log_probs)
    trace = heat(np.exp(log_probs).T, "probability", x=np.arange(1, frames + 1), y=list(symbols), zmin=0, zmax=1)
    trace["hovertemplate"] = "frame %{x}, %{y}: %{z:.4f}<extra></extra>"
    shapes = []
    if at is not None:
        shapes = [{"type": "rect", "x0": at - 0.5, "x1": at + 0.5, "yref": "paper", "y0": 0, "y1": 1}]
        shapes[0] |= {"line": {"color": ACCENT, "width": 3}}
    layout = axes("frame", "symbol", xaxis=_frames(frames), yaxis={"type": "category"}, shapes=shapes)
    return {"data": [trace], "layout": layout}


def gradient(found: Lattice, symbols: Sequence[str]) -> Spec:
    """∂(−ln p)/∂logit of every symbol in every frame: blue is pushed down, orange up."""
    frames = len(found.gradient)
    trace = heat(found.gradient.T, "∂loss/∂logit", x=np.arange(1, frames + 1), y=list(symbols), diverging=True)
    trace["hovertemplate"] = "frame %{x}, %{y}: %{z:.4f}<extra></extra>"
    return {"data": [trace], "layout": axes("frame", "symbol", xaxis=_frames(frames), yaxis={"type": "category"})}


def labellings(names: Sequence[str], probs: Sequence[float], typed: str, greedy: str) -> Spec:
    """Probability of the likeliest labellings as bars; the typed one in orange, the greedy one named."""
    shown = [f"{name or '(nothing)'}{' · greedy' if name == greedy else ''}" for name in names]
    colours = [ACCENT if name == typed else CATEGORICAL[0] for name in names]
    bars = {"type": "bar", "orientation": "h", "x": list(probs), "y": shown, "marker": {"color": colours}}
    bars |= {"text": [f"{p:.3g}" for p in probs], "textposition": "auto", "hoverinfo": "skip"}
    up = {"autorange": "reversed", "type": "category", "automargin": True}
    return {"data": [bars], "layout": axes("probability, all alignments together", "labelling", yaxis=up)}

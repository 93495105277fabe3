"""Errors that fade: logarithmic axes; what is 0 is a gap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CELLS, CLIPPED, RAW, TRUTH, axes, heat, line
from rnnviz.records.vanishing import Activations, Diary, Spectrum, Survival, relative

DEEPEST, HIGHEST = -12, 4  # decades that are drawn
STYLE = {
    "tanh RNN": (CELLS["RNN"], "solid"),
    "ReLU RNN": (CELLS["RNN"], "dash"),
    "logistic RNN": (CELLS["RNN"], "dashdot"),
    "IRNN": (CELLS["IRNN"], "solid"),
    "LSTM": (CELLS["LSTM"], "solid"),
    "LSTM of 1997": (CELLS["LSTM of 1997"], "solid"),
    "GRU": (CELLS["GRU"], "solid"),
    "Clockwork": (CELLS["Clockwork"], "dash"),
    "SCRN": (CELLS["SCRN"], "dash"),
}
ACTIVATIONS = {
    "tanh": ("tanh, γ = 1", RAW, "solid"),
    "relu": ("ReLU, γ = 1", ACCENT, "solid"),
    "sigmoid": ("logistic, γ = ¼", CLIPPED, "solid"),
    "centred": ("logistic, bias −W·½", CLIPPED, "dash"),
}


def fading(now: Mapping[str, Survival], birth: Mapping[str, Survival]) -> Spec:
    """What is left of the error at every distance: now solid, at birth dotted."""
    data = []
    for name, found in now.items():
        at, (colour, dash) = np.arange(len(found.left)), STYLE[name]
        born = _positive(birth[name].left)
        data.append(line(at, _positive(found.left), name, colour, dash=dash, width=4))
        data.append(line(at, born, f"{name} at birth", colour, dash="dot", showlegend=False))
    layout = axes("steps back in time", "share left of ‖∂L/∂memory‖", yaxis=_decades([*now.values(), *birth.values()]))
    return {"data": data, "layout": layout | {"showlegend": True}}


def diary(found: Diary, until: int) -> Spec:
    """The same for one cell, training steps upwards: colours are powers of ten."""
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.log10(found.left)
    gap = float(found.step[1] - found.step[0]) if len(found.step) > 1 else until / 40
    cells = heat(
        np.clip(depth, -10, 2),
        "log<sub>10</sub> of the share left",
        x=np.arange(depth.shape[1]),
        y=np.append(found.step, found.step[-1] + gap) - gap / 2,
        zmin=-10,
        zmax=2,
        hovertemplate="step %{y}, %{x} back: 10^%{z:.1f}<extra></extra>",
    )
    return {"data": [cells], "layout": axes("steps back in time", "training step", yaxis={"range": [-gap / 2, until]})}


def paths(found: Survival, memory: str, gate: str, bound: float) -> Spec:
    """One cell: the error in its memory, in its output, and what the gate alone lets through; or a plain net's bound."""
    at = np.arange(len(found.memory))
    data = [line(at, _positive(relative(found.memory)), f"through {memory}", ACCENT, width=4)]
    if memory != "h":
        data.append(line(at, _positive(found.hidden / found.memory[0]), "through h", CLIPPED, width=2))
    if np.isfinite(found.kept).any():
        data.append(line(at, _positive(relative(found.kept)), gate, TRUTH, dash="dash", width=3))
    if np.isfinite(bound):
        data.append(line(at, _positive(bound**at), f"bound (γσ₁)ⁿ, γσ₁ = {bound:.2f}", TRUTH, dash="dash", width=3))
    layout = axes("steps back in time", f"share of ‖∂L/∂{memory}‖ at the end", yaxis=_decades([found]))
    return {"data": data, "layout": layout | {"showlegend": True}}


def spectrum(found: Spectrum) -> Spec:
    """Eigenvalues in the plane, with the unit circle and the circle of the largest singular value."""
    turn = np.linspace(0, 2 * np.pi, 121)
    largest = float(found.singular[0])
    data = [
        line(np.cos(turn), np.sin(turn), "unit circle", BLANK, dash="dot", hoverinfo="skip"),
        line(
            *(largest * np.cos(turn), largest * np.sin(turn)),
            f"largest singular value σ₁ = {largest:.2f}",
            TRUTH,
            dash="dash",
            hoverinfo="skip",
        ),
        {
            "type": "scatter",
            "mode": "markers",
            "x": np.real(found.eigenvalues),
            "y": np.imag(found.eigenvalues),
            "name": f"eigenvalues, largest |λ| = {found.radius:.2f}",
            "marker": {"size": 8, "color": ACCENT},
        },
    ]
    reach = 1.1 * max(1.0, largest)
    across, up = {"range": [-reach, reach]}, {"range": [-reach, reach], "scaleanchor": "x"}
    return {"data": data, "layout": axes("real part", "imaginary part", xaxis=across, yaxis=up, showlegend=True)}


def activations(found: Activations) -> Spec:
    """The share left at the far end over ρ: each activation dies on the left and explodes on the right."""
    data = [
        line(found.rho, _positive(row), label, colour, dash=dash, width=3, mode="lines+markers")
        for (label, colour, dash), row in zip((ACTIVATIONS[n] for n in found.names), found.left, strict=True)
    ]
    data.append(line([found.rho[0], found.rho[-1]], [1, 1], "nothing lost", BLANK, dash="dot"))
    layout = axes(
        "spectral radius ρ of W at birth",
        f"share left, {found.distance} steps back",
        xaxis={
            "type": "log",
            "tickvals": [0.25, 0.5, 1, 2, 4, 8, 16],
            "ticktext": ["¼", "½", "1", "2", "4", "8", "16"],
        },
        yaxis={"type": "log", "exponentformat": "power", "range": [-30, 20], "nticks": 8},
    )
    return {"data": data, "layout": layout | {"showlegend": True}}


def scores(runs: Mapping[str, Any], until: int, chance: float) -> Spec:
    """Share of right answers, smoothed over ten steps."""
    data = []
    for name, frames in runs.items():
        sums = np.concatenate([np.zeros(10), np.cumsum(frames.score)])
        mean = (sums[10:] - sums[:-10]) / np.minimum(np.arange(len(frames)) + 1, 10)
        data.append(line(frames.step, mean, name, STYLE[name][0], dash=STYLE[name][1], width=3))
    data.append(line([0, until], [chance, chance], "guessing", BLANK, dash="dot"))
    layout = axes("training step", "share right", xaxis={"range": [0, until]}, yaxis={"range": [-0.02, 1.05]})
    return {"data": data, "layout": layout | {"showlegend": True}}


def _positive(values: Any) -> np.ndarray:
    """NaN where a logarithmic axis has no place; inside what float32 holds."""
    values = np.asarray(values, dtype=float)
    return np.where((values > 1e-35) & (values < 1e35), values, np.nan)


def _decades(found: list[Survival]) -> dict[str, Any]:
    """The decades that these curves need, between DEEPEST and HIGHEST."""
    ends = np.concatenate([one.left for one in found])
    ends = np.log10(ends[np.isfinite(ends) & (ends > 0)])
    low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 0.0)
    reach = [max(DEEPEST, np.floor(min(low, -2)) - 0.2), min(HIGHEST, np.ceil(max(high, 0)) + 0.4)]
    return {"type": "log", "exponentformat": "power", "range": reach, "nticks": 8}

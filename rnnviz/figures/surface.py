"""The cliff: relief and map of the single unit's error with its skeleton, the slice through the wall, and paths of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CLIPPED, RAW, SEQUENTIAL, TRUTH, axes, heat, line, thin
from rnnviz.records.frames import Frames
from rnnviz.records.surface import Scenery, Walk

Walks = Mapping[str, Walk]
Colours = Mapping[str, str]
STEEP = [-4, -2, 0, 2, 4]  # powers of ten on the colour bar of ‖∇E‖
ALONG = [-2.85, -2.2]  # b of the slice
LIFT = 0.006  # of lines above the relief, so that they are not half buried


def relief(land: Scenery, walks: Walks, colours: Colours) -> Spec:
    """Height is the error, colour the slope (log); rows follow the cliff line."""
    sheet = land.sheet
    ground = {
        "type": "surface",
        "x": thin(np.broadcast_to(sheet.w, sheet.b.shape)),
        "y": thin(sheet.b),
        "z": thin(sheet.loss),
        "surfacecolor": thin(np.log10(np.clip(sheet.slope, 1e-4, 1e4))),
        "cmin": -4,
        "cmax": 4,
        "colorscale": SEQUENTIAL,
        "colorbar": {
            "title": {"text": "‖∇E‖", "side": "right"},
            "thickness": 12,
            "tickvals": STEEP,
            "ticktext": [f"10<sup>{p}</sup>" for p in STEEP],
        },
        "hovertemplate": "w %{x:.3f}, b %{y:.4f}<br>E %{z:.4f}<extra></extra>",
    }
    inside = _window(land)
    data: list[dict[str, Any]] = [ground]
    for (name, b, colour, dash), height in zip(_bones(land), land.heights, strict=True):
        data.append(_line3(land.bones.w, b, height, name, colour, inside, {"width": 4, "dash": dash}))
    for name, walk in walks.items():
        data.append(_line3(walk.w, walk.b, walk.loss, name, colours[name], inside, {"width": 5}, "lines+markers"))
    scene = {
        "xaxis": {"title": {"text": "w"}, "range": list(inside[:2])},
        "yaxis": {"title": {"text": "b"}, "range": list(inside[2:])},
        "zaxis": {"title": {"text": "error E"}, "range": [0, 0.5]},
        "camera": {"eye": {"x": -1.3, "y": 2.05, "z": 1.1}, "center": {"x": 0, "y": 0, "z": -0.2}},
        "aspectratio": {"x": 1.2, "y": 1.2, "z": 0.6},
    }
    return {"data": data, "layout": {"scene": scene, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "showlegend": False}}


def chart(land: Scenery, walks: Walks, colours: Colours, arrows: Walk | None = None) -> Spec:
    """The same land from above: error as colour (log), the skeleton, the paths, and one update before and after clipping."""
    even = land.even
    z = np.log10(np.clip(even.loss, 1e-5, 1))
    bar = {"tickvals": [-5, -4, -3, -2, -1], "ticktext": ["10⁻⁵", "10⁻⁴", "10⁻³", "0.01", "0.1"]}
    ground = heat(z, "error E", x=even.w, y=even.b, zmin=-5, zmax=-0.3, zsmooth="best")
    ground["colorbar"] |= bar
    ground |= {"hovertemplate": "w %{x:.3f}, b %{y:.3f}<extra></extra>", "opacity": 0.85}
    data = [ground]
    data += [line(land.bones.w, b, name, colour, dash=dash) for name, b, colour, dash in _bones(land)]
    mark = {"mode": "markers", "type": "scatter", "marker": {"color": TRUTH, "size": 9, "symbol": "x"}}
    cusp, meeting = land.bones.cusp, land.bones.meeting
    data.append({**mark, "x": [cusp[0], meeting[0]], "y": [cusp[1], meeting[1]], "name": "cusp, meeting"})
    for name, walk in walks.items():
        path = line(walk.w, walk.b, name, colours[name], mode="lines+markers", width=2.5, showlegend=False)
        data += [path | {"marker": {"size": 4}}, _here(walk, colours[name])]
    low, high, below, above = _window(land)
    layout = axes(
        "recurrent weight w",
        "bias b",
        xaxis={"range": [low, high]},
        yaxis={"range": [below, above]},
        hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}},
    )
    if arrows is not None:
        layout["annotations"] = [
            _arrow(arrows.origin, arrows.raw, RAW, 5),
            _arrow(arrows.origin, arrows.applied, CLIPPED, 3),
        ]
    return {"data": data, "layout": layout}


def section(land: Scenery) -> Spec:
    """Error and slope along b at one w, on points that crowd towards the wall, and what an even grid sees; folds upright."""
    cut, dots = land.cut, land.dots
    b = cut.b[:, 0]
    bare = line(dots.b, np.clip(dots.slope[:, 0], 1e-6, None), "‖∇E‖ on an even grid", BLANK, mode="markers")
    data = [
        line(b, np.clip(cut.slope[:, 0], 1e-6, None), "‖∇E‖", ACCENT),
        line(b, np.clip(cut.loss[:, 0], 1e-6, None), "error E", CLIPPED),
        bare | {"marker": {"size": 6, "color": BLANK}},
    ]
    top = {"type": "log", "range": [-5, 4.2], "exponentformat": "power"}
    layout = axes(f"bias b at w = {land.curve.w:g}", "E and ‖∇E‖ (log)", yaxis=top, xaxis={"range": ALONG})
    layout["shapes"] = [_upright(fold, BLANK) for fold in land.curve.folds]
    return {"data": data, "layout": layout}


def fixed_points(land: Scenery) -> Spec:
    """Where the unit can come to rest, against b: two attractors between the folds, and on the cliff line the start between them."""
    curve, cliff = land.curve, float(land.cut.b[len(land.cut.b) // 2, 0])
    stable, other = (np.where(keep, curve.x, np.nan) for keep in (curve.stable, ~curve.stable))
    point = line([cliff], [land.start], "x₀ on the repelling point", ACCENT, mode="markers") | {"marker": {"size": 11}}
    data = [
        line(curve.b, stable, "attractor", CLIPPED, width=3),
        line(curve.b, other, "repels", BLANK, dash="dash"),
        point | {"marker": {"size": 11, "color": ACCENT}},
    ]
    layout = axes(f"bias b at w = {curve.w:g}", "fixed point x", xaxis={"range": ALONG}, yaxis={"range": [-3.2, 3.2]})
    layout["shapes"] = [_upright(cliff, ACCENT), *(_upright(fold, BLANK) for fold in curve.folds)]
    return {"data": data, "layout": layout}


def gradients(frames: Mapping[str, Frames], colours: Colours, until: int, limit: float | None = None) -> Spec:
    """‖∇E‖ of every run over training, log, before clipping."""
    data = [line(f.step, np.clip(f.gradient, 1e-8, None), name, colours[name]) for name, f in frames.items()]
    layout = axes(
        "step",
        "‖∇E‖ before clipping (log)",
        xaxis={"range": [0, until]},
        yaxis={"type": "log", "range": [-4, 3.2], "exponentformat": "power"},
    )
    if limit is not None:
        layout["shapes"] = [_level(limit)]
    return {"data": data, "layout": layout}


def errors(frames: Mapping[str, Frames], colours: Colours, until: int) -> Spec:
    """The error of every run over training, log."""
    data = [line(f.step, np.clip(f.loss, 1e-8, None), name, colours[name]) for name, f in frames.items()]
    up = {"type": "log", "range": [-6, 0], "exponentformat": "power"}
    return {"data": data, "layout": axes("step", "error E (log)", xaxis={"range": [0, until]}, yaxis=up)}


def _bones(land: Scenery) -> list[tuple[str, np.ndarray, str, str]]:
    bones = land.bones
    return [
        ("fold, high end", bones.lower, BLANK, "dot"),
        ("fold, low end", bones.upper, BLANK, "dash"),
        ("valley", bones.valley, TRUTH, "solid"),
        ("cliff line", bones.cliff, ACCENT, "solid"),
    ]


def _window(land: Scenery) -> tuple[float, float, float, float]:
    even = land.even
    return float(even.w[0]), float(even.w[-1]), float(even.b[0]), float(even.b[-1])


def _line3(
    w: np.ndarray,
    b: np.ndarray,
    e: np.ndarray,
    name: str,
    colour: str,
    inside: tuple,
    stroke: dict,
    mode: str = "lines",
) -> dict[str, Any]:
    low, high, below, above = inside
    hidden = ~((w >= low) & (w <= high) & (b >= below) & (b <= above))  # a 3-D line is not cut at the axes
    x, y, z = (thin(np.where(hidden, np.nan, v)) for v in (w, b, e + LIFT))
    trace = {"type": "scatter3d", "mode": mode, "x": x, "y": y, "z": z, "name": name, "marker": {"size": 2.5}}
    return trace | {"line": {"color": colour, **stroke}}


def _here(walk: Walk, colour: str) -> dict[str, Any]:
    rim = {"color": "#FFFFFF", "width": 2}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": walk.w[-1:],
        "y": walk.b[-1:],
        "showlegend": False,
        "hoverinfo": "skip",
        "marker": {"size": 12, "color": colour, "line": rim},
    }


def _arrow(origin: np.ndarray, step: np.ndarray, colour: str, width: float) -> dict[str, Any]:
    """From `origin` along `step`; one longer than 3 is cut there, it leaves the picture anyway."""
    length = float(np.hypot(*step))
    tip = origin + step * min(1.0, 3 / length) if 0 < length < np.inf else origin
    return {
        "x": float(tip[0]),
        "y": float(tip[1]),
        "ax": float(origin[0]),
        "ay": float(origin[1]),
        "xref": "x",
        "yref": "y",
        "axref": "x",
        "ayref": "y",
        "showarrow": True,
        "arrowhead": 2,
        "arrowwidth": width,
        "arrowcolor": colour,
        "text": "",
    }


def _upright(at: float, colour: str) -> dict[str, Any]:
    stroke = {"color": colour, "width": 1.5, "dash": "dash"}
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": stroke}


def _level(at: float) -> dict[str, Any]:
    stroke = {"color": CLIPPED, "width": 1.5, "dash": "dash"}
    return {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": at, "y1": at, "line": stroke}

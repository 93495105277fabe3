"""The ground around a training: relief coloured by its slope, map with the path, and how steep and curved it was on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import BLANK, SEQUENTIAL, TRUTH, Trace, axes, heat, line, thin
from rnnviz.records.landscape import Path, Terrain

Colours = Mapping[str, str]
STEEP = (-3, 1)  # powers of ten on the colour bar of the slope
LIFT = 0.01  # of the path above the relief, as a share of its height, so that it is not half buried


def relief(seen: Terrain, colour: str, top: float) -> Spec:
    """Height is the loss, cut at `top`; colour the slope within the plane (log). The path is drawn at its own loss."""
    low, high = STEEP
    ground = {
        "type": "surface",
        "x": thin(seen.ground.a),
        "y": thin(seen.ground.b),
        "z": thin(np.minimum(seen.ground.loss, top)),
        "surfacecolor": thin(np.log10(np.clip(seen.slope, 10.0**low, 10.0**high))),
        "cmin": low,
        "cmax": high,
        "colorscale": SEQUENTIAL,
        "colorbar": {
            "title": {"text": "slope (nats a unit)", "side": "right"},
            "thickness": 12,
            "tickvals": list(range(low, high + 1)),
            "ticktext": [f"10<sup>{p}</sup>" for p in range(low, high + 1)],
        },
        "hovertemplate": "%{x:.2f}, %{y:.2f}<br>loss %{z:.3f}<extra></extra>",
    }
    inside = _inside(seen)
    x, y = (thin(np.where(inside, column, np.nan)) for column in seen.where.T)
    z = thin(np.minimum(seen.loss, top) + LIFT * top)
    path = {"type": "scatter3d", "x": x, "y": y, "z": z, "line": {"color": colour, "width": 6}, "name": "the run"}
    sizes = [3.0] * (len(z) - 1) + [8.0]
    data = [ground, path | {"mode": "lines+markers", "marker": {"size": sizes, "color": colour}}]
    (low_a, high_a), (low_b, high_b) = _window(seen)
    scene = {
        "xaxis": {"title": {"text": seen.plane.names[0]}, "range": [low_a, high_a]},
        "yaxis": {"title": {"text": seen.plane.names[1]}, "range": [low_b, high_b]},
        "zaxis": {"title": {"text": "loss"}, "range": [0, top * (1 + 3 * LIFT)]},
        "camera": {"eye": {"x": -0.9, "y": -2.2, "z": 1.15}, "center": {"x": -0.16, "y": 0, "z": -0.2}},
        "aspectratio": {"x": 1.2, "y": 1.1, "z": 0.7},
    }
    return {"data": data, "layout": {"scene": scene, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "showlegend": False}}


def chart(seen: Terrain, colour: str, top: float) -> Spec:
    """The same from above: the loss as colour with its contour lines, the path from birth to now."""
    z = np.minimum(seen.ground.loss, top)
    ground = heat(z, "loss (nats)", x=seen.ground.a, y=seen.ground.b, zmin=0, zmax=top)
    lines = {"start": 0, "end": top, "size": top / 16}
    ground |= {"type": "contour", "contours": lines, "line": {"width": 0.6, "color": "rgba(255,255,255,0.6)"}}
    ground["colorbar"] |= {"dtick": top / 4}
    ground["hovertemplate"] = "%{x:.2f}, %{y:.2f}<br>loss %{z:.3f}<extra></extra>"
    a, b = seen.where.T
    rim = line(a, b, "", "#FFFFFF", width=6, showlegend=False, hoverinfo="skip")
    path = line(a, b, "the run", colour, width=3, mode="lines+markers", marker={"size": 6}, showlegend=False)
    data = [ground, rim, path, _mark(seen, 0, TRUTH, "x", "birth"), _mark(seen, -1, colour, "circle", "now")]
    window_a, window_b = _window(seen)
    layout = axes(
        seen.plane.names[0],
        seen.plane.names[1],
        xaxis={"range": list(window_a)},
        yaxis={"range": list(window_b)},
        hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
    return {"data": data, "layout": layout | {"showlegend": True}}


def _mark(seen: Terrain, at: int, colour: str, symbol: str, name: str) -> Trace:
    x, y = seen.where[at]
    marker = {"size": 13, "color": colour, "symbol": symbol, "line": {"color": "#FFFFFF", "width": 2}}
    return {"type": "scatter", "mode": "markers", "x": [float(x)], "y": [float(y)], "name": name, "marker": marker}


def _window(seen: Terrain) -> tuple[tuple[float, float], tuple[float, float]]:
    a, b = seen.ground.a, seen.ground.b
    return (float(a[0]), float(a[-1])), (float(b[0]), float(b[-1]))


def _inside(seen: Terrain) -> np.ndarray:
    """(point) which of them are not beyond the window: a 3-D line is not cut at the axes."""
    low, high = np.array(_window(seen)).T
    return ((seen.where >= low) & (seen.where <= high)).all(1)


def slopes(paths: Mapping[str, Path], colours: Colours, until: int, flat: float) -> Spec:
    """‖∂L/∂W_hh‖ along the path, log; `flat` is the line below which the ground counts as flat."""
    data = [_run(path, path.slope, name, colours[name]) for name, path in paths.items()]
    data.append(line([0, until], [flat, flat], f"flat: below {flat:g}", BLANK, dash="dot", hoverinfo="skip"))
    return _curves(data, "‖∂L/∂W_hh‖ (log)", until)


def curvatures(paths: Mapping[str, Path], colours: Colours, until: int) -> Spec:
    """The largest eigenvalue of the Hessian along the path, log."""
    return _curves(
        [_run(path, path.curvature, name, colours[name]) for name, path in paths.items()],
        "largest curvature λ₁ (log)",
        until,
    )


def losses(paths: Mapping[str, Path], colours: Colours, until: int, chance: float) -> Spec:
    """Loss of the probe along the path; the dotted line is what guessing gives."""
    data = [line(path.step, path.loss, name, colours[name], **DOTS) for name, path in paths.items()]
    data.append(line([0, until], [chance, chance], "guessing", BLANK, dash="dot", hoverinfo="skip"))
    layout = axes("training step", "loss (nats)", xaxis={"range": [0, until]}, yaxis={"range": [0, 1.25 * chance]})
    return {"data": data, "layout": layout | {"showlegend": True}}


def shares(seen: Mapping[str, Terrain], colours: Colours) -> Spec:
    """How much of the window is how steep: share of its points at or below a slope."""
    data: list[dict[str, Any]] = []
    for name, terrain in seen.items():
        steepness = np.sort(terrain.slope.ravel())
        share = np.arange(1, len(steepness) + 1) / len(steepness)
        data.append(line(np.clip(steepness, 1e-4, None), share, name, colours[name], width=3))
    across = {"type": "log", "range": [-4, 2], "exponentformat": "power", "dtick": 1}
    layout = axes("slope (nats a unit, log)", "share of the window", xaxis=across, yaxis={"range": [0, 1.02]})
    return {"data": data, "layout": layout | {"showlegend": True}}


DOTS = {"mode": "lines+markers", "marker": {"size": 5}}


def _run(path: Path, values: np.ndarray, name: str, colour: str) -> Trace:
    return line(path.step, np.clip(values, 1e-6, None), name, colour, **DOTS)


def _curves(data: list[Trace], up: str, until: int) -> Spec:
    tall = {"type": "log", "exponentformat": "power", "dtick": 1}
    layout = axes("training step", up, xaxis={"range": [0, until]}, yaxis=tall)
    return {"data": data, "layout": layout | {"showlegend": True}}

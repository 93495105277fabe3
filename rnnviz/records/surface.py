"""Loss as a landscape over two numbers. `surface[j, i]` always belongs to the j-th ordinate and the i-th abscissa."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class UnitSurface:
    """Error of the single unit over its two weights, with the exact gradient; float64."""

    w: np.ndarray  # recurrent weight
    b: np.ndarray  # bias
    loss: np.ndarray  # (b, w) squared error
    dw: np.ndarray  # ∂E/∂w
    db: np.ndarray  # ∂E/∂b

    def __post_init__(self) -> None:
        seal(self, w="w", b="b", loss="b w", dw="b w", db="b w")

    @property
    def slope(self) -> np.ndarray:
        """‖∇E‖, (b, w)."""
        return np.hypot(self.dw, self.db)


@dataclass(frozen=True)
class Sheet:
    """The same error on a grid whose rows follow the cliff line, crowded towards it."""

    w: np.ndarray  # recurrent weight
    offset: np.ndarray  # (row, w) b minus the cliff line's b; the middle row lies on the line
    b: np.ndarray  # (row, w) bias
    loss: np.ndarray  # (row, w) squared error
    slope: np.ndarray  # (row, w) ‖∇E‖

    def __post_init__(self) -> None:
        seal(self, w="w", offset="row w", b="row w", loss="row w", slope="row w")

    @property
    def wall(self) -> np.ndarray:
        """Largest ‖∇E‖ of every column, (w): the height of the wall where there is one."""
        return self.slope.max(axis=0)


@dataclass(frozen=True)
class Skeleton:
    """The lines along which the single unit changes its mind, in closed form; NaN where a line does not exist."""

    w: np.ndarray
    lower: np.ndarray  # b of the fold below which only the low attractor is left
    upper: np.ndarray  # b of the fold above which only the high attractor is left
    valley: np.ndarray  # b at which a fixed point has zero error
    cliff: np.ndarray  # b at which the start value is the unstable fixed point
    cusp: tuple[float, float]  # (w, b) where the folds meet
    meeting: tuple[float, float]  # (w, b) where valley and cliff line cross

    def __post_init__(self) -> None:
        seal(self, w="w", lower="w", upper="w", valley="w", cliff="w")


@dataclass(frozen=True)
class Attractors:
    """Fixed points of the single unit at one w, as a curve: b as a function of x, turning back at the folds."""

    w: float
    x: np.ndarray  # fixed point
    b: np.ndarray  # the bias that makes it one
    stable: np.ndarray  # whether iteration comes back to it
    folds: tuple[float, float]  # b of the two turning points, NaN without bistability

    def __post_init__(self) -> None:
        seal(self, x="x", b="x", stable="x")


@dataclass(frozen=True)
class Surface:
    """Loss of a net on the plane weights + a·u + b·v."""

    a: np.ndarray  # step along u
    b: np.ndarray  # step along v
    loss: np.ndarray  # (b, a) nats

    def __post_init__(self) -> None:
        seal(self, a="a", b="b", loss="b a")


@dataclass(frozen=True)
class Scenery:
    """All that stands still while runs move over the single unit's error."""

    start: float  # x₀
    even: UnitSurface  # an even grid: what one would plot without knowing of the wall
    sheet: Sheet  # the same region along the cliff line
    bones: Skeleton
    heights: np.ndarray  # (line, w) error along lower, upper, valley and cliff
    cut: Sheet  # a single column: the slice at one w
    dots: UnitSurface  # the same slice on an even grid
    curve: Attractors  # the fixed points of that slice

    def __post_init__(self) -> None:
        seal(self, heights="line w")

    @property
    def wall(self) -> float:
        """‖∇E‖ where the slice meets the cliff line."""
        return float(self.cut.wall[0])

    @property
    def seen(self) -> float:
        """What an even grid takes that for."""
        return float(self.dots.slope.max())


@dataclass(frozen=True)
class Walk:
    """The path of one run over the surface, up to now."""

    w: np.ndarray
    b: np.ndarray
    loss: np.ndarray
    origin: np.ndarray  # (2) where the latest update began
    raw: np.ndarray  # (2) the step along the gradient as it came
    applied: np.ndarray  # (2) the step along the gradient after clipping

    def __post_init__(self) -> None:
        seal(self, w="step", b="step", loss="step", origin="axis", raw="axis", applied="axis")

    @property
    def points(self) -> np.ndarray:
        """(step, [w, b, E])."""
        return np.stack([self.w, self.b, self.loss], 1)

    @property
    def longest(self) -> tuple[int, float]:
        """The longest update so far: its step and its length; (0, 0) before the first."""
        lengths = np.hypot(np.diff(self.w), np.diff(self.b))
        return (int(lengths.argmax()), float(lengths.max())) if len(lengths) else (0, 0.0)

"""The narrow waist: everything that crosses from computing to drawing is a sealed record. Numpy only.

Axes are named once, in this order everywhere: batch, time, unit. Losses are in nats.
"""

from __future__ import annotations

from typing import Any


def seal(record: Any, **axes: str) -> None:
    """Check that a record's arrays agree on their axes ("time unit"), and make them read-only.

    Raises ValueError naming the field, its shape and the sizes that the other fields fixed.
    """
    sizes: dict[str, int] = {}
    for name, spec in axes.items():
        array, names = getattr(record, name), spec.split()
        fits = array.ndim == len(names)
        if not (fits and all(sizes.setdefault(a, n) == n for a, n in zip(names, array.shape, strict=True))):
            raise ValueError(f"{type(record).__name__}.{name} has shape {array.shape}, wanted ({spec}) with {sizes}")
        if array.flags.writeable:
            array.flags.writeable = False

"""One recursion, four questions: what a sweep answers depends only on what + and × mean.

After Goodman, Semiring parsing, 1999. LOG and REAL weigh all paths together, MAX finds the best one, COUNT counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Semiring:
    """`plus` joins paths that meet, `times` lengthens a path; `zero` is no path, `one` a path that costs nothing."""

    name: str
    plus: np.ufunc
    times: np.ufunc
    zero: float
    one: float
    dtype: Any = float


REAL = Semiring("all", np.add, np.multiply, 0.0, 1.0)
LOG = Semiring("all, in logarithms", np.logaddexp, np.add, -np.inf, 0.0)
MAX = Semiring("best", np.maximum, np.add, -np.inf, 0.0)
COUNT = Semiring("count", np.add, np.multiply, 0, 1, object)  # Python's integers: exact, however many

"""What nets that read in one direction or in both make of a sequence whose answers lie ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Reading:
    """One net over one text."""

    said: np.ndarray  # (time) the net's class
    right: np.ndarray  # (time) the right class
    asked: np.ndarray  # (time) whether the answer counts
    reach: np.ndarray  # (answer, symbol) ‖∂(logit of what is said at t)/∂x_s‖
    layers: dict[str, np.ndarray]  # "layer 1 →" -> (time, unit)

    def __post_init__(self) -> None:
        seal(self, said="time", right="time", asked="time")
        if self.reach.shape != (len(self.said),) * 2 or any(len(v) != len(self.said) for v in self.layers.values()):
            raise ValueError(f"reach {self.reach.shape} and layers must have {len(self.said)} steps")


@dataclass(frozen=True)
class Foresight:
    """Share of right answers when so many symbols beyond the step have been heard."""

    heard: np.ndarray  # (delay) 0, 1, 2, …
    share: np.ndarray  # (delay) NaN where nothing is asked

    def __post_init__(self) -> None:
        seal(self, heard="delay", share="delay")

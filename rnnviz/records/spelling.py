"""How well a net spells what unseen voices say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Marks:
    """Shares of utterances of which every letter is right."""

    splits: tuple[str, ...]
    share: np.ndarray  # (split,) 0..1
    count: np.ndarray  # (split,) utterances

    def __post_init__(self) -> None:
        seal(self, share="split", count="split")

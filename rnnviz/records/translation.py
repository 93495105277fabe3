"""What a translator wrote, and where it looked while it wrote."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Translation:
    """One sequence written greedily, symbol by symbol, the net's own last symbol being its next input."""

    source: tuple[str, ...]
    output: tuple[str, ...]  # with === at the end if it stopped by itself
    attention: np.ndarray  # (out, in) sums to 1 over "in"; no columns where the net has no attention
    log_prob: np.ndarray  # (out) nats, of the symbol that was written
    truth: np.ndarray  # (out, in) True where the grammar says that this input is what is being translated
    expected: str  # the right output, "" where the grammar knows none
    stopped: bool

    def __post_init__(self) -> None:
        seal(self, attention="out seen", log_prob="out", truth="out in")

    @property
    def written(self) -> str:
        """The output without ===; "…" where it was cut off."""
        return "".join(self.output[:-1]) if self.stopped else "".join(self.output) + "…"

    @property
    def right(self) -> bool:
        return self.stopped and "".join(self.output[:-1]) == self.expected

    @property
    def agreement(self) -> float:
        """Share of the attention that lies on the true inputs, mean over the symbols that translate something; NaN if none."""
        return share_on(self.attention, self.truth)


def share_on(attention: np.ndarray, truth: np.ndarray) -> float:
    """Mean over all rows with a truth of the attention that lies on it; arrays (…, out, in)."""
    rows = truth.any(-1)
    if not rows.any() or attention.shape != truth.shape:
        return float("nan")
    return float((attention * truth).sum(-1)[rows].mean())

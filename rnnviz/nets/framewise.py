"""A net that looks at every frame by itself: what it knows of the neighbours is what the task puts beside the frame."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, setting


@dataclass(frozen=True)
class Framewise(Checked):
    """Two hidden layers of ReLU between a frame and its label (Bourlard & Morgan 1994 with one)."""

    hidden: int = setting(128, 8, 256, "Hidden units", help="In each of two layers")


class FramewiseNet(nn.Module):
    """Parameters: first, second, out."""

    def __init__(self, spec: Framewise, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Linear(inputs, spec.hidden)
        self.second = nn.Linear(spec.hidden, spec.hidden)
        self.out = nn.Linear(spec.hidden, outputs)

    def forward(self, x: Tensor) -> Pass:
        """(…, inputs) -> (…, outputs)"""
        hidden = self.second(self.first(x).relu()).relu()
        return Pass(self.out(hidden), {"hidden": hidden})

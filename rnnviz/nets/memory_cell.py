"""One memory cell, as the lecture draws it: three gates that see the input and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, setting


@dataclass(frozen=True)
class MemoryCell(Checked):
    """c_t = f_t·c_{t−1} + i_t·w·x₁, y_t = o_t·c_t; i, f, o = σ(W x_t + b) (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""

    forget: float = setting(
        1.0, -2.0, 6.0, "Forget-gate bias at birth", help="Larger: the cell remembers longer at birth"
    )
    spread: float = setting(0.5, 0.0, 3.0, "Size of the gates' weights at birth")


class MemoryCellNet(nn.Module):
    """Parameters: gates (i, f, o; input), bias (i, f, o), write (). `states` has i, f, o, c and hidden (= y), one unit each."""

    def __init__(self, spec: MemoryCell, inputs: int, outputs: int) -> None:
        super().__init__()
        self.gates = nn.Parameter(torch.empty(3, inputs).uniform_(-spec.spread, spec.spread))
        self.bias = nn.Parameter(torch.tensor([0.0, spec.forget, 0.0]))
        self.write = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Pass:
        i, f, o = (x @ self.gates.T + self.bias).unbind(-1)
        c = (carried(f) @ (i.sigmoid() * self.write * x[..., 0])[..., None])[..., 0]
        y = o.sigmoid() * c
        states = {"i": i.sigmoid(), "f": f.sigmoid(), "o": o.sigmoid(), "c": c, "hidden": y}
        return Pass(y[..., None], {name: value[..., None] for name, value in states.items()})


def carried(f: Tensor) -> Tensor:
    """How much of what is written at s is still there at t: Π σ(f_r) for s < r ≤ t, (batch, t, s); 0 where s > t.

    `f` is the forget gate before its σ, (batch, time): the cell's recursion solved, so that no loop over time is needed.
    """
    past = nn.functional.logsigmoid(f).cumsum(-1)
    later = torch.ones(f.shape[-1], f.shape[-1], dtype=torch.bool, device=f.device).triu(1)
    return (past[..., :, None] - past[..., None, :]).masked_fill(later, -torch.inf).exp()

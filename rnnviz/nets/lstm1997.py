"""The LSTM as it was first: two gates, and a cell that never forgets."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnviz.nets.simple import lstm_weights
from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, setting

OPEN = 40.0  # σ(40) is 1 to the last bit, in float64 too


@dataclass(frozen=True)
class Lstm1997(Checked):
    """c_t = c_{t−1} + i_t·g_t, h_t = o_t·tanh c_t (Hochreiter & Schmidhuber 1997, with tanh for their scaled sigmoids)."""

    hidden: int = setting(24, 1, 256, "Hidden units")
    embedding: int = setting(0, 0, 128, "Embedding size", help="0: the input already is a vector")


class Lstm1997Net(nn.Module):
    """Parameters: embed (if any), wx, wh, bias (blocks i, g, o), out. Torch's LSTM runs it, its forget gate held open."""

    wx: Tensor
    wh: Tensor
    bias: Tensor

    def __init__(self, spec: Lstm1997, inputs: int, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(inputs, spec.embedding) if spec.embedding else None
        for part, tensor in lstm_weights(spec.embedding or inputs, spec.hidden, forget=0.0).items():
            setattr(self, part, nn.Parameter(_without_forget(tensor)))
        self.out = nn.Linear(spec.hidden, outputs)

    def forward(self, x: Tensor) -> Pass:
        x = self.embed(x) if self.embed else x
        h0 = x.new_zeros(1, len(x), self.wh.shape[1])
        bias = _with_forget(self.bias, OPEN)
        weights = [_with_forget(self.wx), _with_forget(self.wh), bias, torch.zeros_like(bias)]
        hidden, _, _ = torch.lstm(x, [h0, h0], weights, True, 1, 0.0, False, False, True)
        return Pass(self.out(hidden), {"hidden": hidden})


def _without_forget(rows: Tensor) -> Tensor:
    i, _, g, o = rows.chunk(4)
    return torch.cat([i, g, o])


def _with_forget(rows: Tensor, value: float = 0.0) -> Tensor:
    """The rows i, g, o as torch's i, f, g, o, the new ones constant."""
    i, g, o = rows.chunk(3)
    return torch.cat([i, torch.full_like(i, value), g, o])

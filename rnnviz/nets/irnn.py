"""The IRNN: a ReLU net that is born remembering everything."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from rnnviz.nets.spec import Pass
from rnnviz.nets.tanh import unrolled
from rnnviz.settings import Checked, setting


@dataclass(frozen=True)
class Irnn(Checked):
    """h_t = max(0, W_ih x_t + b + W_hh h_{t−1}) with W_hh = scale·I at birth (Le, Jaitly & Hinton 2015)."""

    hidden: int = setting(24, 1, 256, "Hidden units")
    scale: float = setting(1.0, 0.0, 2.0, "W at birth, times the identity", help="Below 1 forgets, above 1 explodes")
    embedding: int = setting(0, 0, 128, "Embedding size", help="0: the input already is a vector")
    others: float = setting(
        0.001, 1e-4, 1.0, "Other weights at birth", help="Standard deviation of W_ih and of the read-out", log=True
    )


class IrnnNet(nn.Module):
    """Parameters: embed (if any), wx, wh, bias, out, as in `Rnn`."""

    def __init__(self, spec: Irnn, inputs: int, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(inputs, spec.embedding) if spec.embedding else None
        self.wx = nn.Parameter(spec.others * torch.randn(spec.hidden, spec.embedding or inputs))
        self.wh = nn.Parameter(spec.scale * torch.eye(spec.hidden))
        self.bias = nn.Parameter(torch.zeros(spec.hidden))
        self.out = nn.Linear(spec.hidden, outputs)
        nn.init.normal_(self.out.weight, std=spec.others)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Pass:
        x = self.embed(x) if self.embed else x
        hidden = unrolled(linear(x, self.wx, self.bias), self.wh, "relu")
        return Pass(self.out(hidden), {"hidden": hidden})

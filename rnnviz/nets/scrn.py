"""The structurally constrained recurrent net: a few units that can do nothing but change slowly."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from rnnviz.nets.spec import Pass
from rnnviz.nets.tanh import unrolled
from rnnviz.settings import Checked, setting


@dataclass(frozen=True)
class Scrn(Checked):
    """s_t = (1 − α)·B x_t + α·s_{t−1}, h_t = σ(P s_t + A x_t + b + R h_{t−1}), y_t = U h_t + V s_t (Mikolov et al. 2014)."""

    hidden: int = setting(24, 1, 256, "Hidden units")
    slow: int = setting(8, 1, 64, "Slow units")
    alpha: float = setting(0.95, 0.0, 1.0, "α", help="Share of a slow unit that stays at every step")
    embedding: int = setting(0, 0, 128, "Embedding size", help="0: the input already is a vector")


class ScrnNet(nn.Module):
    """Parameters: embed (if any), wx (A), wh (R), bias, wx_slow (B), wh_slow (P), out ([U V]). `states` has slow (s) too."""

    def __init__(self, spec: Scrn, inputs: int, outputs: int) -> None:
        super().__init__()
        self.alpha = spec.alpha
        self.embed = nn.Embedding(inputs, spec.embedding) if spec.embedding else None
        width, reach = spec.embedding or inputs, spec.hidden**-0.5
        self.wx = nn.Parameter(torch.empty(spec.hidden, width).uniform_(-reach, reach))
        self.wh = nn.Parameter(nn.init.orthogonal_(torch.empty(spec.hidden, spec.hidden)))
        self.bias = nn.Parameter(torch.zeros(spec.hidden))
        self.wx_slow = nn.Parameter(torch.empty(spec.slow, width).uniform_(-1, 1))
        self.wh_slow = nn.Parameter(torch.empty(spec.hidden, spec.slow).uniform_(-reach, reach))
        self.out = nn.Linear(spec.hidden + spec.slow, outputs)

    def forward(self, x: Tensor) -> Pass:
        x = self.embed(x) if self.embed else x
        slow = faded(linear(x, self.wx_slow), self.alpha)
        hidden = unrolled(linear(x, self.wx, self.bias) + linear(slow, self.wh_slow), self.wh, "sigmoid")
        return Pass(self.out(torch.cat([hidden, slow], -1)), {"hidden": hidden, "slow": slow})


def faded(x: Tensor, alpha: float) -> Tensor:
    """s_t = (1 − α)·x_t + α·s_{t−1} over all time at once: a linear recursion is one product, (batch, time, unit)."""
    times = torch.arange(x.shape[1])
    gap = (times[:, None] - times[None, :]).clamp(min=0)
    weights = (1 - alpha) * torch.tensor(alpha, dtype=x.dtype) ** gap
    return weights.tril() @ x

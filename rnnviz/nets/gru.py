"""The gated recurrent unit: two gates, and no cell beside the hidden state."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, setting


@dataclass(frozen=True)
class Gru(Checked):
    """h_t = (1 − z_t)·n_t + z_t·h_{t−1}, n_t = tanh(W x_t + b + r_t·(U h_{t−1})) (Cho et al. 2014, in torch's form)."""

    hidden: int = setting(24, 1, 256, "Hidden units")
    keep: float = setting(0.0, -2.0, 6.0, "Update-gate bias at birth", help="Larger: the old state stays longer")
    embedding: int = setting(0, 0, 128, "Embedding size", help="0: the input already is a vector")


class GruNet(nn.Module):
    """Parameters: embed (if any), wx, wh, bias (blocks in torch's order r, z, n), out."""

    wx: Tensor
    wh: Tensor
    bias: Tensor

    def __init__(self, spec: Gru, inputs: int, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(inputs, spec.embedding) if spec.embedding else None
        for part, tensor in gru_weights(spec.embedding or inputs, spec.hidden, spec.keep).items():
            setattr(self, part, nn.Parameter(tensor))
        self.out = nn.Linear(spec.hidden, outputs)

    def forward(self, x: Tensor) -> Pass:
        x = self.embed(x) if self.embed else x
        hidden = gru(x, self.wx, self.wh, self.bias)
        return Pass(self.out(hidden), {"hidden": hidden})


def gru(x: Tensor, wx: Tensor, wh: Tensor, bias: Tensor) -> Tensor:
    """Hidden states (batch, time, unit) over x (batch, time, input)."""
    h0 = x.new_zeros(1, len(x), wh.shape[1])
    return torch.gru(x, h0, [wx, wh, bias, torch.zeros_like(bias)], True, 1, 0.0, False, False, True)[0]


def gru_weights(inputs: int, hidden: int, keep: float = 0.0) -> dict[str, Tensor]:
    """Fresh GRU weights: uniform as torch has them, recurrent blocks orthogonal, one bias whose update part is `keep`."""
    reach = hidden**-0.5
    bias = torch.empty(3 * hidden).uniform_(-reach, reach)
    bias[hidden : 2 * hidden] = keep
    recurrent = torch.cat([nn.init.orthogonal_(torch.empty(hidden, hidden)) for _ in range(3)])
    return {"wx": torch.empty(3 * hidden, inputs).uniform_(-reach, reach), "wh": recurrent, "bias": bias}

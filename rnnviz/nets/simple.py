"""The simple recurrent net, and the LSTM on torch's fused kernel, with weights named as in torch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from rnnviz.nets.spec import Pass
from rnnviz.nets.tanh import unrolled
from rnnviz.settings import Checked, choice, setting, switch


@dataclass(frozen=True)
class Rnn(Checked):
    """h_t = f(W_ih x_t + b + W_hh h_{t−1}), y_t = W_out h_t (Elman 1990)."""

    hidden: int = setting(24, 1, 256, "Hidden units")
    spread: float = setting(
        1.0, 0.1, 2.0, "Spectral radius ρ of W at birth", help="W_hh starts as ρ times an orthogonal matrix"
    )
    embedding: int = setting(0, 0, 128, "Embedding size", help="0: the input already is a vector")
    squash: str = choice("tanh", ("tanh", "relu", "sigmoid"), "Activation")


@dataclass(frozen=True)
class Lstm(Checked):
    """Long short-term memory with a forget gate (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""

    hidden: int = setting(24, 1, 256, "Hidden units")
    forget: float = setting(
        1.0, -2.0, 6.0, "Forget-gate bias at birth", help="Larger: the cell remembers longer at birth"
    )
    embedding: int = setting(0, 0, 128, "Embedding size", help="0: the input already is a vector")
    bidirectional: bool = switch(False, "Bidirectional")


class RnnNet(nn.Module):
    """Parameters: embed (if any), wx, wh, bias, out. One fused call; `wx` and `wh` are torch's weight_ih and weight_hh."""

    def __init__(self, spec: Rnn, inputs: int, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(inputs, spec.embedding) if spec.embedding else None
        self.squash = spec.squash
        reach = spec.hidden**-0.5
        self.wx = nn.Parameter(torch.empty(spec.hidden, spec.embedding or inputs).uniform_(-reach, reach))
        self.wh = nn.Parameter(nn.init.orthogonal_(torch.empty(spec.hidden, spec.hidden), gain=spec.spread))
        self.bias = nn.Parameter(torch.zeros(spec.hidden))
        self.out = nn.Linear(spec.hidden, outputs)

    def forward(self, x: Tensor) -> Pass:
        x = self.embed(x) if self.embed else x
        hidden = unrolled(linear(x, self.wx, self.bias), self.wh, self.squash)
        return Pass(self.out(hidden), {"hidden": hidden})


class LstmNet(nn.Module):
    """Parameters: embed (if any), wx, wh, bias (gates in torch's order i, f, g, o), the same with _back if bidirectional, out."""

    def __init__(self, spec: Lstm, inputs: int, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(inputs, spec.embedding) if spec.embedding else None
        self.bidirectional, self.hidden = spec.bidirectional, spec.hidden
        for name in ("", "_back")[: 1 + self.bidirectional]:
            for part, tensor in lstm_weights(spec.embedding or inputs, spec.hidden, spec.forget).items():
                self.register_parameter(part + name, nn.Parameter(tensor))
        self.out = nn.Linear(spec.hidden * (1 + self.bidirectional), outputs)

    def weights(self) -> list[Tensor]:
        """As torch.lstm takes them: W_ih, W_hh, b_ih, b_hh, forward then backward."""
        names = ("", "_back")[: 1 + self.bidirectional]
        parts = [(getattr(self, "wx" + n), getattr(self, "wh" + n), getattr(self, "bias" + n)) for n in names]
        return [w for wx, wh, bias in parts for w in (wx, wh, bias, torch.zeros_like(bias))]  # torch wants two biases

    def forward(self, x: Tensor) -> Pass:
        x = self.embed(x) if self.embed else x
        h0 = x.new_zeros(1 + self.bidirectional, len(x), self.hidden)
        hidden, _, _ = torch.lstm(x, [h0, h0], self.weights(), True, 1, 0.0, self.training, self.bidirectional, True)
        return Pass(self.out(hidden), {"hidden": hidden})


def lstm_weights(inputs: int, hidden: int, forget: float) -> dict[str, Tensor]:
    """Fresh LSTM weights: uniform as torch has them, recurrent blocks orthogonal, one bias with its forget part raised."""
    reach = hidden**-0.5
    bias = torch.empty(4 * hidden).uniform_(-reach, reach)
    bias[hidden : 2 * hidden] = forget
    recurrent = torch.cat([nn.init.orthogonal_(torch.empty(hidden, hidden)) for _ in range(4)])
    return {"wx": torch.empty(4 * hidden, inputs).uniform_(-reach, reach), "wh": recurrent, "bias": bias}

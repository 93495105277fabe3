"""Layers upon layers, read in one direction or in both: the hidden states of one are the input of the next."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from rnnviz.nets.gru import gru, gru_weights
from rnnviz.nets.simple import lstm_weights
from rnnviz.nets.spec import Pass
from rnnviz.nets.tanh import unrolled
from rnnviz.settings import Checked, choice, setting, switch


@dataclass(frozen=True)
class Deep(Checked):
    """Stacked recurrent layers (Graves et al. 2013), with a second one backwards in each if bidirectional (Schuster & Paliwal 1997)."""

    hidden: int = setting(24, 1, 256, "Hidden units", help="In each layer and each direction")
    layers: int = setting(1, 1, 4, "Layers")
    bidirectional: bool = switch(False, "Bidirectional")
    cell: str = choice("tanh", ("tanh", "lstm", "gru"), "Cell")
    embedding: int = setting(0, 0, 128, "Embedding size", help="0: the input already is a vector")

    @property
    def parts(self) -> tuple[tuple[str, ...], ...]:
        """Suffixes of the weights of every layer: ("_1", "_1_back"), …"""
        ways = ("", "_back")[: 1 + self.bidirectional]
        return tuple(tuple(f"_{layer}{way}" for way in ways) for layer in range(1, self.layers + 1))


class DeepNet(nn.Module):
    """Parameters: embed (if any), wx_1, wh_1, bias_1, wx_1_back, …, out. `states` has layer_1, layer_2, …; the last is hidden."""

    def __init__(self, spec: Deep, inputs: int, outputs: int) -> None:
        super().__init__()
        self.spec = spec
        self.embed = nn.Embedding(inputs, spec.embedding) if spec.embedding else None
        width = spec.embedding or inputs
        for layer in spec.parts:
            for suffix in layer:
                for part, tensor in _weights(spec.cell, width, spec.hidden).items():
                    self.register_parameter(part + suffix, nn.Parameter(tensor))
            width = spec.hidden * len(layer)
        self.out = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Pass:
        x = self.embed(x) if self.embed else x
        states: dict[str, Tensor] = {}
        for number, layer in enumerate(self.spec.parts, 1):
            ways = [
                self._run(x.flip(1), suffix).flip(1) if "back" in suffix else self._run(x, suffix) for suffix in layer
            ]
            x = states[f"layer_{number}"] = torch.cat(ways, -1) if len(ways) > 1 else ways[0]
        return Pass(self.out(x), states | {"hidden": x})

    def _run(self, x: Tensor, suffix: str) -> Tensor:
        wx, wh, bias = (getattr(self, part + suffix) for part in ("wx", "wh", "bias"))
        if self.spec.cell == "tanh":
            return unrolled(linear(x, wx, bias), wh)
        if self.spec.cell == "gru":
            return gru(x, wx, wh, bias)
        h0 = x.new_zeros(1, len(x), self.spec.hidden)
        return torch.lstm(x, [h0, h0], [wx, wh, bias, torch.zeros_like(bias)], True, 1, 0.0, False, False, True)[0]


def _weights(cell: str, inputs: int, hidden: int) -> dict[str, Tensor]:
    if cell == "lstm":
        return lstm_weights(inputs, hidden, forget=1.0)
    if cell == "gru":
        return gru_weights(inputs, hidden)
    reach = hidden**-0.5
    wh = nn.init.orthogonal_(torch.empty(hidden, hidden))
    return {"wx": torch.empty(hidden, inputs).uniform_(-reach, reach), "wh": wh, "bias": torch.zeros(hidden)}

"""A feed-forward net that sees one word at a time: the same word always gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, setting


@dataclass(frozen=True)
class PerWord(Checked):
    """y_t = W_out tanh(W_in x_t + b), no word knows of another."""

    hidden: int = setting(24, 1, 256, "Hidden units")
    embedding: int = setting(0, 0, 128, "Embedding size", help="0: the input already is a vector")


class PerWordNet(nn.Module):
    """Parameters: embed (if any), wx, bias, out: those of RnnNet without wh."""

    def __init__(self, spec: PerWord, inputs: int, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(inputs, spec.embedding) if spec.embedding else None
        reach = spec.hidden**-0.5
        self.wx = nn.Parameter(torch.empty(spec.hidden, spec.embedding or inputs).uniform_(-reach, reach))
        self.bias = nn.Parameter(torch.zeros(spec.hidden))
        self.out = nn.Linear(spec.hidden, outputs)

    def forward(self, x: Tensor) -> Pass:
        x = self.embed(x) if self.embed else x
        hidden = nn.functional.linear(x, self.wx, self.bias).tanh()
        return Pass(self.out(hidden), {"hidden": hidden})

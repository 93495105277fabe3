"""The simple recurrent net, trained by truncated backpropagation through time: same way forward, a shorter way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from rnnviz.nets.simple import Rnn, RnnNet
from rnnviz.nets.spec import Pass
from rnnviz.settings import setting


@dataclass(frozen=True)
class Truncated(Rnn):
    """h_t = tanh(U x_t + b + W h_{t−1}); an error reaches the last `window` steps and no farther (Williams & Peng 1990)."""

    hidden: int = setting(7, 2, 8, "Hidden units")
    window: int = setting(
        16, 1, 16, "Truncation window", help="Steps that an error travels back; T or more: all of them"
    )


class Unrolled(torch.autograd.Function):
    """(z (batch, time, unit), W (unit, unit), window) -> h (batch, time, unit), from h_0 = 0.

    On the way back the errors are sorted by age: how many steps behind its loss an error is. Those of one age go one step
    back together, so the sliding window costs `window` products instead of one pass for every loss.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, weight: Tensor, window: int) -> Tensor:
        hidden = [z.new_zeros(len(z), z.shape[2])]
        for pushed in z.unbind(1):
            hidden.append(torch.tanh(torch.addmm(pushed, hidden[-1], weight.T)))
        kept = torch.stack(hidden, 1)
        ctx.save_for_backward(kept, weight)
        ctx.window = window
        return kept[:, 1:]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        kept, weight = ctx.saved_tensors
        slopes = 1 - kept[:, 1:].square()
        young = grads[0] * slopes
        total = young.clone()
        for _ in range(min(ctx.window, young.shape[1]) - 1):
            older = torch.zeros_like(young)
            older[:, :-1] = (young[:, 1:] @ weight) * slopes[:, :-1]
            total += older
            young = older
        flat = total[:, 1:].flatten(0, 1).T @ kept[:, 1:-1].flatten(0, 1)
        return total, flat, None


class TruncatedNet(RnnNet):
    """Parameters as RnnNet has them, and the same first weights for the same seed."""

    def __init__(self, spec: Truncated, inputs: int, outputs: int) -> None:
        super().__init__(spec, inputs, outputs)
        self.window = spec.window

    def forward(self, x: Tensor) -> Pass:
        x = self.embed(x) if self.embed else x
        hidden: Tensor = Unrolled.apply(linear(x, self.wx, self.bias), self.wh, self.window)  # pyright: ignore[reportAssignmentType]
        return Pass(self.out(hidden), {"hidden": hidden})

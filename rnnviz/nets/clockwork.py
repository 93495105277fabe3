"""The Clockwork RNN: modules that tick at different rates, the slow ones feeding the fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, setting


@dataclass(frozen=True)
class Clockwork(Checked):
    """A tanh net in modules i = 1 … g; module i moves only when t mod 2^{i−1} = 0 (Koutník et al. 2014). First symbol: t = 0."""

    hidden: int = setting(24, 1, 256, "Hidden units")
    modules: int = setting(6, 1, 10, "Modules", help="Each ticks half as often as the one before")
    embedding: int = setting(0, 0, 128, "Embedding size", help="0: the input already is a vector")

    @property
    def ends(self) -> tuple[int, ...]:
        """The unit behind the last one of every module, the fastest module first; as equal as `hidden` allows."""
        return tuple(self.hidden * (i + 1) // self.modules for i in range(self.modules))

    @property
    def periods(self) -> tuple[int, ...]:
        """Period of every unit."""
        starts = (0, *self.ends)
        return tuple(2**i for i in range(self.modules) for _ in range(starts[i], starts[i + 1]))

    def awake(self, t: int) -> int:
        """How many units move at step t: always the first ones, as every period divides the next."""
        return max(end for i, end in enumerate(self.ends) if t % 2**i == 0)


class ClockworkNet(nn.Module):
    """Parameters: embed (if any), wx, wh, bias, out. `wh` counts only where the sender is as slow as the receiver, or slower."""

    mask: Tensor

    def __init__(self, spec: Clockwork, inputs: int, outputs: int) -> None:
        super().__init__()
        self.spec = spec
        self.embed = nn.Embedding(inputs, spec.embedding) if spec.embedding else None
        reach = spec.hidden**-0.5
        self.wx = nn.Parameter(torch.empty(spec.hidden, spec.embedding or inputs).uniform_(-reach, reach))
        self.register_buffer("mask", heard(spec), persistent=False)
        self.wh = nn.Parameter(nn.init.orthogonal_(torch.empty(spec.hidden, spec.hidden)) * self.mask)
        self.bias = nn.Parameter(torch.zeros(spec.hidden))
        self.out = nn.Linear(spec.hidden, outputs)

    def forward(self, x: Tensor) -> Pass:
        x = self.embed(x) if self.embed else x
        awake = [self.spec.awake(t) for t in range(x.shape[1])]
        hidden: Any = Ticking.apply(linear(x, self.wx, self.bias), self.wh * self.mask.to(x.dtype), awake)
        return Pass(self.out(hidden), {"hidden": hidden})


def heard(spec: Clockwork) -> Tensor:
    """1 where unit i listens to unit j, (i, j): block upper-triangular."""
    periods = torch.tensor(spec.periods)
    return (periods[None, :] >= periods[:, None]).float()


class Ticking(torch.autograd.Function):
    """(z (batch, time, unit), W (unit, unit), units awake at every step) -> h (batch, time, unit), h_0 = 0.

    Only the rows of the units that move are multiplied; on the way back a unit that slept hands its error on as it is.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, weight: Tensor, awake: list[int]) -> Tensor:
        drive = z.transpose(0, 1).contiguous()
        hidden = z.new_zeros(z.shape[1] + 1, z.shape[0], z.shape[2])
        rows, across = hidden.unbind(0), weight.T.contiguous()
        for before, now, pushed, n in zip(rows, rows[1:], drive.unbind(0), awake, strict=False):
            now[:, n:] = before[:, n:]
            now[:, :n] = torch.addmm(pushed[:, :n], before, across[:, :n]).tanh_()
        ctx.save_for_backward(hidden, weight)
        ctx.awake = awake
        return hidden[1:].transpose(0, 1).contiguous()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        hidden, weight = ctx.saved_tensors
        said = grads[0].transpose(0, 1).contiguous()
        slopes = 1 - hidden[1:] * hidden[1:]
        delta = torch.zeros_like(said)
        error = torch.zeros_like(said[0])
        steps = zip(delta.unbind(0), said.unbind(0), slopes.unbind(0), ctx.awake, strict=True)
        for moved, new, slope, n in reversed(list(steps)):
            error = error + new
            torch.mul(error[:, :n], slope[:, :n], out=moved[:, :n])
            before = torch.mm(moved[:, :n], weight[:n])
            before[:, n:] += error[:, n:]
            error = before
        return delta.transpose(0, 1), delta.flatten(0, 1).T @ hidden[:-1].flatten(0, 1), None

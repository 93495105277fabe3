"""The gated recurrent unit: two gates, and no cell beside the hidden state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

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
    return GruUnrolled.apply(linear(x, wx, bias), wh)  # type: ignore[return-value]


class GruUnrolled(torch.autograd.Function):
    """(drive of r, z, n (batch, time, 3·unit), U (3·unit, unit)) -> h (batch, time, unit), h_0 = 0.

    All that the way back needs beside ∂L/∂h_t is known for all time before it starts, so a step back is four calls, and the
    whole takes half to three quarters of the time of torch's kernel.
    """

    @staticmethod
    def forward(ctx: Any, drive: Tensor, weight: Tensor) -> Tensor:
        drive = drive.transpose(0, 1).contiguous()
        (time, batch, _), units = drive.shape, weight.shape[1]
        hidden, gates = drive.new_zeros(time + 1, batch, units), drive.new_empty(time, batch, 2 * units)
        past, new = torch.empty_like(drive), drive.new_empty(time, batch, units)
        across = weight.T.contiguous()
        rows = zip(
            *(hidden, hidden[1:], past, new, gates, gates[..., :units], gates[..., units:]),
            *(part for whole in (drive, past) for part in whole.split((2 * units, units), -1)),
            strict=False,
        )  # cut once: a slice in the loop costs half as much as a sum
        for before, now, heard, n, rz, r, z, push_rz, push_n, heard_rz, heard_n in rows:
            torch.mm(before, across, out=heard)
            torch.add(push_rz, heard_rz, out=rz).sigmoid_()
            torch.addcmul(push_n, r, heard_n, out=n).tanh_()
            torch.lerp(n, before, z, out=now)
        ctx.save_for_backward(hidden, gates, past[..., 2 * units :], new, weight)
        return hidden[1:].transpose(0, 1).contiguous()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        hidden, gates, past, n, weight = ctx.saved_tensors
        said = grads[0].transpose(0, 1).contiguous()
        r, z = gates.chunk(2, -1)
        to_n = (1 - z) * (1 - n * n)
        to_r, to_z = to_n * past * r * (1 - r), (hidden[:-1] - n) * z * (1 - z)
        through = torch.stack([to_r, to_z, to_n * r], 2)  # (time, batch, gate, unit): ∂h_t / ∂(U h_{t−1})
        errors, pulled = torch.empty_like(said), torch.empty_like(through)
        carried = torch.zeros_like(said[0])
        steps = zip(errors, said, z, through, pulled, strict=True)
        for error, new, kept, slope, pull in reversed(list(steps)):
            torch.add(new, carried, out=error)
            torch.mul(error[:, None], slope, out=pull)
            carried = torch.addmm(error * kept, pull.flatten(1), weight)
        pulled, before = pulled.flatten(2), hidden[:-1]
        driven = torch.cat([pulled[..., : -n.shape[-1]], errors * to_n], -1)
        return driven.transpose(0, 1), pulled.flatten(0, 1).T @ before.flatten(0, 1)


def gru_weights(inputs: int, hidden: int, keep: float = 0.0) -> dict[str, Tensor]:
    """Fresh GRU weights: uniform as torch has them, recurrent blocks orthogonal, one bias whose update part is `keep`."""
    reach = hidden**-0.5
    bias = torch.empty(3 * hidden).uniform_(-reach, reach)
    bias[hidden : 2 * hidden] = keep
    recurrent = torch.cat([nn.init.orthogonal_(torch.empty(hidden, hidden)) for _ in range(3)])
    return {"wx": torch.empty(3 * hidden, inputs).uniform_(-reach, reach), "wh": recurrent, "bias": bias}

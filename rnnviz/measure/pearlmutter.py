"""Hessian times vector for a recurrent net: the derivative of both passes along v (Pearlmutter 1994), in a few calls a step.

Everything but the two recursions is done for all time at once. A dot means: along v.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import linear

from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.rules import Tensors

Loss = Callable[[Tensor], Tensor]


def hessian_product(net: Rnn | Lstm, params: Tensors, x: Tensor, loss: Loss) -> Callable[[Tensors], Tensors]:
    """v -> H·v, named as the weights, for `loss` of the logits (batch, time, output) over x (batch, time, input).

    Raises TypeError for nets with embedding, in both directions, or squashed by anything but tanh.
    """
    if net.embedding or getattr(net, "bidirectional", False) or getattr(net, "squash", "tanh") != "tanh":
        raise TypeError(f"{net} cannot be differentiated twice here; expected a plain Rnn with tanh or Lstm")
    given = x.transpose(0, 1)
    cell = (LstmTwice if isinstance(net, Lstm) else RnnTwice)(params, given)
    out, states = params["out.weight"], cell.hidden[1:]
    logits = linear(states, out, params["out.bias"]).requires_grad_()
    (slope,) = torch.autograd.grad(loss(logits.transpose(0, 1)), logits, create_graph=True)
    error = slope.detach()
    cell.backwards(error @ out)

    def product(v: Tensors) -> Tensors:
        cell.along(v, given)
        moved = linear(cell.hidden_dot[1:], out) + linear(states, v["out.weight"], v["out.bias"])
        (bent,) = torch.autograd.grad(slope, logits, moved, retain_graph=True)
        turned = cell.back_along(bent @ out + error @ v["out.weight"], v)
        found = {
            "wx": _sum(turned, given),
            "wh": _sum(turned, cell.hidden[:-1]) + _sum(cell.delta, cell.hidden_dot[:-1]),
            "bias": turned.sum((0, 1)),
            "out.weight": _sum(bent, states) + _sum(error, cell.hidden_dot[1:]),
            "out.bias": bent.sum((0, 1)),
        }
        return {name: found[name] for name in params}

    return product


def _sum(left: Tensor, right: Tensor) -> Tensor:
    """Outer products summed over (time, batch)."""
    return left.flatten(0, 1).T @ right.flatten(0, 1)


class RnnTwice:
    """h_t = tanh(z_t), s_t = 1 − h_t²; δ_t = ∂L/∂z_t. All arrays are (time, batch, unit); `hidden` begins with h_0."""

    def __init__(self, params: Tensors, x: Tensor) -> None:
        self.weight, drive = params["wh"], linear(x, params["wx"], params["bias"])
        self.hidden = x.new_zeros(len(x) + 1, x.shape[1], self.weight.shape[1])
        for before, now, pushed in zip(self.hidden, self.hidden[1:], drive, strict=False):
            torch.addmm(pushed, before, self.weight.T, out=now).tanh_()
        self.slope = 1 - self.hidden[1:] ** 2

    def backwards(self, said: Tensor) -> None:
        """δ from ∂L/∂h_t by way of the logits."""
        self.error, self.delta = said, torch.empty_like(said)
        after = torch.zeros_like(said[0])
        for t in reversed(range(len(said))):
            after = torch.mul(self.error[t].addmm_(after, self.weight), self.slope[t], out=self.delta[t])

    def along(self, v: Tensors, x: Tensor) -> None:
        """ḣ_t, and what ṡ_t adds to δ̇_t."""
        drive = linear(x, v["wx"], v["bias"]) + linear(self.hidden[:-1], v["wh"])
        self.hidden_dot, across = torch.zeros_like(self.hidden), self.weight.T
        rows = zip(self.hidden_dot, self.hidden_dot[1:], drive, self.slope, strict=False)
        for before, now, pushed, slope in rows:
            torch.addmm(pushed, before, across, out=now).mul_(slope)
        self.bend = -2 * self.hidden[1:] * self.hidden_dot[1:] * self.error

    def back_along(self, said: Tensor, v: Tensors) -> Tensor:
        """δ̇_t from what the logits say along v."""
        said[:-1] += self.delta[1:] @ v["wh"]
        found = torch.empty_like(said)
        rows = list(zip(found, said, self.bend, self.slope, strict=True))
        after = said.new_zeros(said.shape[1:])
        for now, pushed, bend, slope in reversed(rows):
            after = torch.addcmul(bend, torch.addmm(pushed, after, self.weight), slope, out=now)
        return found


class LstmTwice:
    """c_t = f c_{t−1} + i g, h_t = o tanh c_t, gates in torch's order i, f, g, o; δ_t = ∂L/∂z_t, (time, batch, 4·unit).

    ċ_t = f ċ_{t−1} + Σ A_k ż_k over i, f, g and ḣ_t = B ż_o + S ċ_t: the same A, B and S lead back.
    """

    def __init__(self, params: Tensors, x: Tensor) -> None:
        self.weight, z = params["wh"], linear(x, params["wx"], params["bias"])
        units = self.weight.shape[1]
        self.hidden = x.new_zeros(len(x) + 1, x.shape[1], units)
        self.cell = torch.zeros_like(self.hidden)
        for t, now in enumerate(z):
            i, f, g, o = now.addmm_(self.hidden[t], self.weight.T).chunk(4, -1)
            torch.mul(f.sigmoid_(), self.cell[t], out=self.cell[t + 1]).addcmul_(i.sigmoid_(), g.tanh_())
            torch.mul(o.sigmoid_(), self.cell[t + 1].tanh(), out=self.hidden[t + 1])
        self.gates, self.top = z.chunk(4, -1), self.cell[1:].tanh()
        i, f, g, o = self.gates
        self.into = torch.stack([g * i * (1 - i), self.cell[:-1] * f * (1 - f), i * (1 - g * g)], 2)  # A
        self.read, self.pass_on = self.top * o * (1 - o), o * (1 - self.top**2)  # B, S

    def backwards(self, said: Tensor) -> None:
        """δ, and ∂L/∂c_t, from ∂L/∂h_t by way of the logits."""
        self.error, self.kept = said, torch.empty_like(said)
        self.delta = said.new_empty(*said.shape[:2], 4 * said.shape[2])
        after, kept = said.new_zeros(said.shape[1], self.delta.shape[2]), torch.zeros_like(said[0])
        for t in reversed(range(len(said))):
            error = self.error[t].addmm_(after, self.weight)
            kept = torch.addcmul(kept, error, self.pass_on[t], out=self.kept[t])
            after = torch.cat([(self.into[t] * kept[:, None]).flatten(1), error * self.read[t]], 1, out=self.delta[t])
            kept = kept * self.gates[1][t]

    def along(self, v: Tensors, x: Tensor) -> None:
        """ḣ_t, and what the derivatives of A, B, S and f add on the way back."""
        z = linear(x, v["wx"], v["bias"]) + linear(self.hidden[:-1], v["wh"])
        units, across = self.hidden.shape[-1], self.weight.T
        self.hidden_dot, cell = torch.zeros_like(self.hidden), torch.zeros_like(self.hidden)
        push = z[..., : 3 * units].unflatten(-1, (3, units))
        rows = zip(
            *(z, push, z[..., 3 * units :], self.into, self.gates[1], self.read, self.pass_on),
            *(self.hidden_dot, self.hidden_dot[1:], cell, cell[1:]),
            strict=False,
        )
        for now, gates, o, into, f, read, on, h0, h1, c0, c1 in rows:
            now.addmm_(h0, across)
            torch.sum(into * gates, 1, out=c1).addcmul_(f, c0)
            torch.mul(on, c1, out=h1).addcmul_(read, o)
        self._bent(z, cell)

    def _bent(self, z: Tensor, cell: Tensor) -> None:
        i, f, g, o = self.gates
        zi, zf, zg, zo = z.chunk(4, -1)
        di, df, do, dg = zi * i * (1 - i), zf * f * (1 - f), zo * o * (1 - o), zg * (1 - g * g)
        top = cell[1:] * (1 - self.top**2)
        into = [
            dg * i * (1 - i) + g * di * (1 - 2 * i),
            cell[:-1] * f * (1 - f) + self.cell[:-1] * df * (1 - 2 * f),
            di * (1 - g * g) - 2 * i * g * dg,
        ]
        read = top * o * (1 - o) + self.top * do * (1 - 2 * o)
        self.bend = torch.cat([*(self.kept * part for part in into), self.error * read], -1)
        self.kept_bend = self.error * (do * (1 - self.top**2) - 2 * o * self.top * top)
        self.kept_bend[:-1] += self.kept[1:] * df[1:]

    def back_along(self, said: Tensor, v: Tensors) -> Tensor:
        """δ̇_t from what the logits say along v."""
        said[:-1] += self.delta[1:] @ v["wh"]
        units, found = said.shape[-1], self.bend
        rows = zip(
            *(found, found[..., : 3 * units].unflatten(-1, (3, units)), found[..., 3 * units :]),
            *(said, self.kept_bend, self.into, self.gates[1], self.read, self.pass_on),
            strict=True,
        )
        after, kept = said.new_zeros(said.shape[1], 4 * units), torch.zeros_like(said[0])
        for now, gates, o, pushed, bend, into, f, read, on in reversed(list(rows)):
            error = pushed.addmm_(after, self.weight)
            kept = torch.addcmul(bend, error, on).add_(kept)
            gates.addcmul_(into, kept[:, None])
            o.addcmul_(error, read)
            after, kept = now, kept * f
        return found

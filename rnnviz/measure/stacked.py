"""The logits of many nets of one shape at once, as stacked weights that stay in cache; numpy, in the precision of the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

import numpy as np
import torch
from torch import Tensor

from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.rules import Tensors

CACHE = 160_000  # numbers (two thirds of a megabyte) that a chunk of nets works on: weights, state and one step's sums
NARROW = 6  # up to so many inputs ride along in the recurrent product; wider ones are projected for all nets together


def stackable(net: Any) -> TypeGuard[Rnn | Lstm]:
    if isinstance(net, Lstm):
        return not net.bidirectional
    return isinstance(net, Rnn) and net.squash != "sigmoid"


class Stack:
    """Nets at corners[0] + a·corners[1] + b·corners[2], called on one input.

    A step of every net is one product of its weights (row, column) with [h_{t−1}; x_t; 1]: the upper rows drive the units,
    the lower ones are the logits of the step before. Wide inputs are left out of it: what they add is a polynomial in a, b.
    """

    def __init__(self, net: Rnn | Lstm, corners: list[Tensors], x: Tensor) -> None:
        self.lstm, self.relu = isinstance(net, Lstm), getattr(net, "squash", "") == "relu"
        self.hidden, self.units = net.hidden, net.hidden * (4 if self.lstm else 1)
        self.batch, self.time = x.shape[:2]
        self.outputs = len(corners[0]["out.bias"])
        self.dtype = corners[0]["out.bias"].numpy().dtype
        self.wide = bool(net.embedding) or x.shape[-1] > NARROW
        self.matrices = np.stack([self._matrix(c) for c in corners])
        self.x = None if self.wide else x.permute(1, 2, 0).contiguous().numpy()  # (time, input, batch)
        self.drive = self._drive(corners, x) if self.wide else None

    @property
    def logits_a_point(self) -> int:
        return self.batch * self.time * self.outputs

    def logits(self, a: Tensor, b: Tensor) -> Tensor:
        """(point, batch, time, output) for the nets at a[i], b[i]; not contiguous."""
        rows, columns = self.matrices.shape[1:]
        size = max(1, CACHE // (rows * columns + (rows + columns + self.units * self.wide) * self.batch))
        plane = np.stack([np.ones(len(a)), a.numpy(), b.numpy()], 1).astype(self.dtype)
        found = np.empty((len(a), self.time, self.outputs, self.batch), self.dtype)
        for at in (slice(low, low + size) for low in range(0, len(a), size)):
            self._run(plane[at], found[at])
        return torch.from_numpy(found).permute(0, 3, 1, 2)

    def _matrix(self, p: Tensors) -> np.ndarray:
        """[W_hh W_ih b; W_out 0 b_out], without W_ih where the inputs are wide."""
        inputs = p["wx"][:, :0] if self.wide else p["wx"]
        units = self._ordered(torch.cat([p["wh"], inputs, p["bias"][:, None]], 1))
        nothing = inputs.new_zeros(self.outputs, inputs.shape[1])
        return torch.cat([units, torch.cat([p["out.weight"], nothing, p["out.bias"][:, None]], 1)]).numpy()

    def _ordered(self, rows: Tensor) -> Tensor:
        """An LSTM's rows as i, f, o, g: the three sigmoids lie side by side."""
        if not self.lstm:
            return rows
        i, f, g, o = rows.chunk(4)
        return torch.cat([i, f, o, g])

    def _drive(self, corners: list[Tensors], x: Tensor) -> np.ndarray:
        """(time, term, unit · batch): W_ih x_t as a polynomial in (1, a, b); quadratic if the embedding moves too."""
        weights = [self._ordered(c["wx"]) for c in corners]
        inputs = [c["embed.weight"][x] for c in corners] if "embed.weight" in corners[0] else [x.to(weights[0].dtype)]
        terms = [torch.einsum("ui,bti->tub", w, v).flatten(1) for w in weights for v in inputs]
        return torch.stack(terms, 1).numpy()

    def _run(self, plane: np.ndarray, out: np.ndarray) -> None:
        """Logits of the nets at `plane` (net, [1, a, b]) into `out` (net, time, output, batch)."""
        nets, h, units = len(plane), self.hidden, self.units
        rows, columns = self.matrices.shape[1:]
        weights = (plane @ self.matrices.reshape(3, -1)).reshape(nets, rows, columns)
        state = np.zeros((nets, columns, self.batch), self.dtype)  # [h; x; 1]
        state[:, -1] = 1.0
        sums = np.empty((nets, rows, self.batch), self.dtype)
        upper, hidden = sums[:, :units], state[:, :h]
        gates = Gates(upper, hidden) if self.lstm else None
        add = self._adder(plane, upper) if self.wide else None
        for t in range(self.time):
            if self.x is not None:
                state[:, h:-1] = self.x[t]
            np.matmul(weights, state, sums)
            if t:
                out[:, t - 1] = sums[:, units:]
            if add:
                add(t)
            if gates:
                gates.step()
            elif self.relu:
                np.maximum(upper, 0.0, out=hidden)
            else:
                np.tanh(upper, hidden)
        np.matmul(weights[:, units:], state, out[:, -1])

    def _adder(self, plane: np.ndarray, upper: np.ndarray) -> Callable[[int], None]:
        """Adds to `upper` what the inputs of a step contribute to these nets."""
        drive, driven = self.drive, np.empty(upper.shape, self.dtype)
        assert drive is not None
        flat = driven.reshape(len(plane), -1)
        products = (plane[:, :, None] * plane[:, None, :]).reshape(len(plane), 9)
        terms = plane if drive.shape[1] == 3 else products

        def add(t: int) -> None:
            np.matmul(terms, drive[t], flat)
            np.add(upper, driven, upper)

        return add


class Gates:
    """One step of many LSTMs in place: c ← f·c + i·g, h = o·tanh c. torch has the faster sigmoid, numpy the faster tanh."""

    def __init__(self, sums: np.ndarray, hidden: np.ndarray) -> None:
        h = hidden.shape[1]
        self.hidden, self.cell = hidden, np.zeros(hidden.shape, hidden.dtype)
        self.o, self.g = sums[:, 2 * h : 3 * h], sums[:, 3 * h :]
        self.open = torch.from_numpy(sums[:, : 3 * h])
        self.i, self.f, self.new, self.kept = (
            torch.from_numpy(part) for part in (sums[:, :h], sums[:, h : 2 * h], self.g, self.cell)
        )

    def step(self) -> None:
        self.open.sigmoid_()
        np.tanh(self.g, self.g)
        self.kept.mul_(self.f).addcmul_(self.i, self.new)
        np.tanh(self.cell, self.g)
        np.multiply(self.o, self.g, self.hidden)

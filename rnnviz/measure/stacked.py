"""The logits of many nets of one shape at once, as stacked weights that stay in cache; numpy, float32."""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np
import torch
from torch import Tensor

from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.rules import Tensors

CACHE = 120_000  # numbers (half a megabyte) that a chunk of nets works on: weights, state and one step's sums


def stackable(net: Any) -> TypeGuard[Rnn | Lstm]:
    return isinstance(net, Rnn) or (isinstance(net, Lstm) and not net.bidirectional)


class Stack:
    """Nets at corners[0] + a·corners[1] + b·corners[2], called on one input.

    A step of every net is one product of its weights (row, column) with [h_{t−1}; 1]: the upper rows drive the units, the
    lower ones are the logits of the step before. What the inputs add is a polynomial in a and b, computed for all nets.
    """

    def __init__(self, net: Rnn | Lstm, corners: list[Tensors], x: Tensor) -> None:
        self.lstm, self.relu = isinstance(net, Lstm), getattr(net, "squash", "") == "relu"
        self.hidden, self.units = net.hidden, net.hidden * (4 if self.lstm else 1)
        self.batch, self.time = x.shape[:2]
        self.outputs = len(corners[0]["out.bias"])
        self.matrices = np.stack([self._matrix(c) for c in corners])
        self.drive = self._drive(corners, x)

    @property
    def logits_a_point(self) -> int:
        return self.batch * self.time * self.outputs

    def logits(self, a: Tensor, b: Tensor) -> Tensor:
        """(point, batch, time, output) for the nets at a[i], b[i]; not contiguous."""
        rows, columns = self.matrices.shape[1:]
        size = max(1, CACHE // (rows * columns + (rows + columns + self.units) * self.batch))
        plane = np.stack([np.ones(len(a)), a.numpy(), b.numpy()], 1).astype(np.float32)
        found = np.empty((len(a), self.time, self.outputs, self.batch), np.float32)
        for at in (slice(low, low + size) for low in range(0, len(a), size)):
            self._run(plane[at], found[at])
        return torch.from_numpy(found).permute(0, 3, 1, 2)

    def _matrix(self, p: Tensors) -> np.ndarray:
        """[W_hh b; W_out b_out]."""
        units = torch.cat([p["wh"] * self._h, p["bias"][:, None]], 1)
        readout = torch.cat([p["out.weight"] * self._h, p["out.bias"][:, None]], 1)
        return torch.cat([self._halved(units), readout]).float().numpy()

    @property
    def _h(self) -> float:
        return 0.5 if self.lstm else 1.0  # the state of an LSTM is kept doubled

    def _halved(self, rows: Tensor) -> Tensor:
        """Rows of the sigmoid gates i, f, o halved, for σ(x) = (1 + tanh(x/2))/2."""
        if not self.lstm:
            return rows
        scale = torch.tensor([0.5, 0.5, 1.0, 0.5]).repeat_interleave(self.hidden)
        return rows * scale[:, None]

    def _drive(self, corners: list[Tensors], x: Tensor) -> np.ndarray:
        """(time, term, unit · batch): W_ih x_t as a polynomial in (1, a, b); quadratic if the embedding moves too."""
        weights = [self._halved(c["wx"]) for c in corners]
        inputs = [c["embed.weight"][x] for c in corners] if "embed.weight" in corners[0] else [x]
        terms = [torch.einsum("ui,bti->tub", w, v).flatten(1) for w in weights for v in inputs]
        return torch.stack(terms, 1).float().numpy()

    def _run(self, plane: np.ndarray, out: np.ndarray) -> None:
        """Logits of the nets at `plane` (net, [1, a, b]) into `out` (net, time, output, batch)."""
        nets, h, units = len(plane), self.hidden, self.units
        rows, columns = self.matrices.shape[1:]
        weights = (plane @ self.matrices.reshape(3, -1)).reshape(nets, rows, columns)
        state = np.zeros((nets, columns, self.batch), np.float32)  # [h; 1]
        state[:, -1] = 1.0
        sums = np.empty((nets, rows, self.batch), np.float32)
        cell = np.zeros((nets, h, self.batch), np.float32)
        terms = plane if self.drive.shape[1] == 3 else _products(plane)
        driven = np.empty((nets, units * self.batch), np.float32)
        for t in range(self.time):
            np.matmul(weights, state, sums)
            if t:
                out[:, t - 1] = sums[:, units:]
            np.matmul(terms, self.drive[t], driven)
            sums[:, :units] += driven.reshape(nets, units, self.batch)
            if self.lstm:
                _gates(sums[:, :units], cell, state[:, :h])
            elif self.relu:
                np.maximum(sums[:, :units], 0.0, out=state[:, :h])
            else:
                np.tanh(sums[:, :units], state[:, :h])
        np.matmul(weights[:, units:], state, out[:, -1])


def _gates(sums: np.ndarray, cell: np.ndarray, doubled: np.ndarray) -> None:
    """One LSTM step in place: c ← f·c + i·g, and 2h = 2o·tanh c."""
    h = cell.shape[1]
    np.tanh(sums, sums)
    i, f, g, o = (sums[:, k * h : (k + 1) * h] for k in range(4))
    sums[:, : 2 * h] += 1.0  # 2i and 2f
    cell *= f
    i *= g
    cell += i
    cell *= 0.5
    np.tanh(cell, g)
    o += 1.0  # 2o
    np.multiply(o, g, doubled)


def _products(plane: np.ndarray) -> np.ndarray:
    """(net, 9): every product of two of (1, a, b)."""
    return (plane[:, :, None] * plane[:, None, :]).reshape(len(plane), 9)

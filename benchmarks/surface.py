"""Error surfaces against the `loss-landscapes` package; where it is not installed, a forward pass a point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, one_hot

from benchmarks.case import Case
from rnnviz.experiment import Experiment
from rnnviz.film import batch_at, start
from rnnviz.measure.surface import error_surface, random_directions, unit_surface
from rnnviz.nets.build import born
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.nets.spec import Net
from rnnviz.rules import Sgd
from rnnviz.tasks.spec import Batch

try:
    import loss_landscapes  # pyright: ignore[reportMissingImports]
except ImportError:
    loss_landscapes = None

PACKAGE = "loss-landscapes"
LOOP = "one torch forward pass a point"
SIDE = 61  # unit surface
N = 21  # surface of a net


@dataclass(frozen=True)
class Recall:
    """Name the first of 30 symbols."""

    inputs: int = 4
    outputs: int = 4

    def sample(self, dice: Generator, size: int) -> Batch:
        symbols = torch.randint(self.inputs, (size, 30), generator=dice)
        return Batch(one_hot(symbols, self.inputs).float(), symbols[:, 0])

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return cross_entropy(logits[:, -1], batch.y)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        return (logits[:, -1].argmax(1) == batch.y).float().mean()


class Loop(nn.Module):
    """The single unit as a linear layer of one weight and one bias."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(50):
            x = self.layer(x.sigmoid())
        return x.sigmoid()


def peer(model: nn.Module, called: Callable[[Callable[..., Any]], Tensor], n: int) -> tuple[str, Callable[[], object]]:
    """The package's name and run on n × n points, where `called` marks a forward function; or a plain loop."""
    package: Any = loss_landscapes
    model.requires_grad_(False)
    if package is None:
        return LOOP, lambda: [float(called(model)) for _ in range(n * n)]
    metric = lambda wrapper: float(called(wrapper.forward))  # noqa: E731
    return PACKAGE, lambda: package.random_plane(
        model, metric, 1, n, normalization="model"
    )  # rows of zeros break "filter"


def unit() -> Case:
    w, b = np.linspace(3, 7, SIDE), np.linspace(-4, -1, SIDE)
    x, goal = torch.full((1, 1), 0.5), torch.full((1, 1), 0.7)
    return Case("unit_surface", lambda: unit_surface(w, b), *peer(Loop(), lambda net: mse_loss(net(x), goal), SIDE))


def net(name: str, spec: Net) -> Case:
    exp = Experiment(Recall(), spec, Sgd(), batch=32)
    state, batch = start(exp), batch_at(exp, 0)
    u, v = random_directions(state, Generator().manual_seed(0))
    model = born(spec, exp.task.inputs, exp.task.outputs, exp.seed)
    theirs = peer(model, lambda net: exp.task.loss(net(batch.x).logits, batch), N)
    return Case(name, lambda: error_surface(exp, state, u, v, 1.0, N), *theirs)


CASES = [unit(), net("error_surface_rnn", Rnn(hidden=32)), net("error_surface_lstm", Lstm(hidden=32))]

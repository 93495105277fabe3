"""A thousand small nets at once, against the plainest torch loop over one net after another."""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.case import Case
from rnnviz.experiment import Experiment
from rnnviz.film import batch_at
from rnnviz.nets.simple import Rnn
from rnnviz.records.sweep import Axis
from rnnviz.rules import OFF, Sgd
from rnnviz.sweep import Grid, Sweep
from rnnviz.tasks.recall import Recall

STEPS, SIDE = 10, 32
LOOPED = 16  # nets that the loop trains; its time is multiplied by 1024 / 16, for they cost the same
RATES = tuple(10 ** (-2 + 3 * i / (SIDE - 1)) for i in range(SIDE))
LIMITS = (*(10 ** (-2 + 4 * i / (SIDE - 2)) for i in range(SIDE - 1)), OFF)
EXP = Experiment(Recall(lag=9), Rnn(hidden=16), Sgd(), batch=16)
GRID = Grid(EXP, Axis("rule.rate", "rate", RATES, True), Axis("rule.clip", "threshold", LIMITS, True, off=True))


class Bare(nn.Module):
    """The same net as a user would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(EXP.task.inputs, 16, batch_first=True)
        self.out = nn.Linear(16, EXP.task.outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.rnn(x)[0][:, -1])


def bare(exp: Experiment) -> None:
    """One net: batches drawn as ours are; clipping and descent by torch; the loss kept as a number, as anyone does."""
    net = Bare()
    optimiser = torch.optim.SGD(net.parameters(), lr=exp.rule.rate)  # type: ignore[attr-defined]
    losses = []
    for step in range(STEPS):
        batch = batch_at(exp, step)
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(net(batch.x), batch.y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), exp.rule.clip)
        optimiser.step()
        losses.append(loss.item())


def looped() -> None:
    for i in range(0, len(GRID), len(GRID) // LOOPED):
        bare(GRID.cell(i))


BORN = Sweep.of(GRID)
CASES = [
    Case(
        "sweep",
        lambda: BORN.forward(STEPS),
        f"torch loop over {LOOPED} of the {len(GRID)} nets, scaled by {len(GRID) // LOOPED}",
        looped,
        len(GRID) // LOOPED,
    )
]

"""Training with everything recorded, against the plainest torch loop over the same net, data and rule."""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.case import Case
from rnnviz.experiment import Experiment
from rnnviz.film import Film, batch_at
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.rules import Adam
from rnnviz.tasks.characters import Characters

STEPS = 40
SMALL = Experiment(Characters(), Rnn(hidden=48), Adam(rate=0.003, clip=1.0), batch=16)
LARGE = Experiment(Characters(length=100), Lstm(hidden=64), Adam(rate=0.003, clip=1.0), batch=32)


class Bare(nn.Module):
    """The same net as a user would write it."""

    def __init__(self, exp: Experiment) -> None:
        super().__init__()
        fused = nn.RNN if isinstance(exp.net, Rnn) else nn.LSTM
        self.rnn = fused(exp.task.inputs, exp.net.hidden, batch_first=True)  # type: ignore[attr-defined]
        self.out = nn.Linear(exp.net.hidden, exp.task.outputs)  # type: ignore[attr-defined]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.rnn(x)[0])


def bare(exp: Experiment) -> None:
    """Batches drawn as ours are; clipping and Adam by torch; the loss kept as a number, as anyone does."""
    net = Bare(exp)
    optimiser = torch.optim.Adam(net.parameters(), lr=exp.rule.rate)  # type: ignore[attr-defined]
    losses = []
    for step in range(STEPS):
        batch = batch_at(exp, step)
        optimiser.zero_grad()
        loss = exp.task.loss(net(batch.x), batch)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), exp.rule.clip)
        optimiser.step()
        losses.append(loss.item())


CASES = [
    Case("training", lambda: Film.of(LARGE).forward(STEPS), "torch loop, LSTM 64, T = 100", lambda: bare(LARGE)),
    Case("training_small", lambda: Film.of(SMALL).forward(STEPS), "torch loop, RNN 48, T = 50", lambda: bare(SMALL)),
]

"""The lecture's green and blue curve, over seeds."""

import pytest

from rnnviz.experiment import Experiment
from rnnviz.film import Film
from rnnviz.measure.gradients import checked_norm
from rnnviz.nets.simple import Rnn
from rnnviz.rules import OFF, Sgd
from rnnviz.tasks.characters import Characters

EXP = Experiment(Characters(), Rnn(hidden=48, spread=1.5), Sgd(rate=2.0, clip=0.5), batch=16)


@pytest.mark.slow
def test_unclipped_is_ruined_and_clipped_is_smooth_in_nine_of_ten_seeds() -> None:
    shown = 0
    for seed in range(10):
        exp = EXP.change("seed", seed)
        free = Film.of(exp.change("rule.clip", OFF)).forward(250).frames
        cut = Film.of(exp).forward(250).frames
        ruined = free.diverged is not None or free.loss[-20:].mean() > 2.5
        shown += ruined and cut.loss[-20:].mean() < 0.6
    assert shown >= 9


def test_the_gradient_is_judged_without_backpropagation() -> None:
    ours, theirs = checked_norm(EXP, Film.of(EXP).forward(3).state)
    assert abs(ours - theirs) < 1e-5 * ours

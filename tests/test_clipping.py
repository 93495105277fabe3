"""The lecture's green and blue curve, over seeds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import Film
from rnnviz.measure.gradients import checked_norm, settled
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


@given(st.floats(-3, 6), st.floats(-1, 1))
def test_a_difference_settles_at_walls_of_any_width(sharpness, at) -> None:
    """tanh(x / width): at a reach of many widths a difference tells nothing of the slope."""
    width = 10.0**-sharpness

    def change(reach: float) -> float:
        ends = (math.tanh((at * width + side * reach) / width) for side in (1, -1))
        return (next(ends) - next(ends)) / (2 * reach)

    assert settled(change, 1e-5) == pytest.approx((1 - math.tanh(at) ** 2) / width, rel=1e-5, abs=1e-7)


def test_a_difference_of_what_is_no_number_is_none() -> None:
    assert math.isnan(settled(lambda reach: math.nan, 1e-5))


@pytest.mark.parametrize(("rate", "clip"), [(10.0, 100.0), (2.0, 100.0), (2.0, 0.01)])
def test_the_judge_keeps_up_with_a_net_that_is_all_walls(rate, clip) -> None:
    wild = Experiment(Characters(), Rnn(hidden=48, spread=2.0), Sgd(rate=rate, clip=clip), batch=16)
    ours, theirs = checked_norm(wild, Film.of(wild).forward(2).state)
    assert theirs == pytest.approx(ours, rel=1e-5)

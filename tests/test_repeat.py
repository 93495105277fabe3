"""The lecture's toy: recursion against closed form, autograd and finite differences; who survives and who moves."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import Film, batch_at, slope, start
from rnnviz.measure.repeat import best_w, closed, growth, judged, terrain, trail
from rnnviz.nets.linear_unit import LinearUnit
from rnnviz.records.judgement import judge
from rnnviz.rules import OFF, FineSgd, RmsProp
from rnnviz.tasks.pulse import Pulse

BASE = Experiment(Pulse(), LinearUnit(w=1.01), FineSgd(rate=2e-7, clip=5000.0), batch=1)


@pytest.mark.parametrize(
    ("w", "y", "dy"), [(1.01, 20751.64, 2.05e7), (0.99, 4.36e-5, 0.044), (0.01, 0, 0), (1, 1, 999)]
)
def test_the_numbers_of_the_lecture(w, y, dy) -> None:
    found = growth(w, 1000)
    assert found.y[-1] == pytest.approx(y, rel=2e-3)
    assert found.slope[-1] == pytest.approx(dy, rel=5e-3)


@given(w=st.floats(-1.1, 1.1), steps=st.integers(2, 1000))
def test_the_recursion_is_the_closed_form(w, steps) -> None:
    ours, theirs = judged(w, steps)
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-280)


@pytest.mark.parametrize("w", [43.0, -170_366.978, -1e200])
def test_what_overflows_is_infinite_in_both(w) -> None:
    ours, theirs = judged(w, 1000)
    assert np.isinf(ours[:, -1]).all()
    assert judge("both ways", ours, theirs, 1e-9).agrees


@settings(max_examples=25)
@given(w=st.floats(0.9, 1.02), steps=st.integers(2, 300), target=st.floats(0.1, 10))
def test_the_gradient_is_autograds_through_every_step(w, steps, target) -> None:
    exp = BASE.change("task", Pulse(steps=steps, target=target)).change("net.w", w)
    grads, loss, _ = slope(exp, start(exp).params, batch_at(exp, 0))
    leaf = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    y = torch.tensor(1.0, dtype=torch.float64)
    for _ in range(steps - 1):
        y = leaf * y
    error = (y - target).square()
    assert loss.item() == pytest.approx(error.item(), rel=1e-9, abs=1e-20)
    assert grads["w"].item() == pytest.approx(torch.autograd.grad(error, leaf)[0].item(), rel=1e-9, abs=1e-20)


def test_every_step_carries_its_gradient() -> None:
    exp = BASE.change("task", Pulse(steps=30))
    from rnnviz.film import forward

    leaf = start(exp).params["w"].clone().requires_grad_()
    logits = forward(exp, {"w": leaf}, batch_at(exp, 0)).logits
    theirs = closed(1.01, 30)[1].sum()
    assert torch.autograd.grad(logits.sum(), leaf)[0].item() == pytest.approx(theirs, rel=1e-12)


def test_the_rate_that_is_needed_lands_on_the_best_weight() -> None:
    land = terrain(Pulse())
    at = [k for k in range(0, 801, 50) if abs(land.w[k] - land.best) > 1e-6]
    assert len(at) == 16
    for k in at:
        w, y, dy = land.w[k], *closed(land.w[k], 1000)[:, -1]
        assert w - land.rate[k] * 2 * (y - 1) * dy == pytest.approx(1, abs=1e-12)
    assert best_w(Pulse(target=2.0)) ** 999 == pytest.approx(2)


def ended(w: float, rule) -> Film:
    return Film.of(BASE.change("net.w", w).change("rule", rule)).forward(120)


def test_clipping_cures_exploding_and_not_vanishing() -> None:
    plain, cut, own = FineSgd(rate=2e-7), FineSgd(rate=2e-7, clip=5000.0), RmsProp(rate=1e-3)
    thrown = ended(1.01, plain)
    assert thrown.over
    assert trail(thrown.still(5)).landed == pytest.approx(-170_367, abs=1)
    assert abs(float(ended(1.01, cut).state.params["w"]) - 1) < 1e-12
    for rule in (plain, cut):
        assert abs(float(ended(0.99, rule).state.params["w"]) - 0.99) < 1e-5
    assert abs(float(ended(0.99, own).state.params["w"]) - 1) < 1e-4
    for rule in (plain, cut, own):
        assert float(ended(0.01, rule).state.params["w"]) == 0.01


def test_thrown_from_the_flat_side_too() -> None:
    film = ended(0.99, FineSgd(rate=0.1))
    found = trail(film.still(2))
    assert film.over
    assert film.exp.rule.clip == OFF
    assert found.w[-2] == pytest.approx(0.9988, abs=1e-4)
    assert found.landed == pytest.approx(43.1, abs=0.1)

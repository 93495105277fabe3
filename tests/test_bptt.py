"""Backpropagation through time as a sum: against autograd, finite differences, and autograd with states cut off."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import Film, batch_at, forward, slope, start
from rnnviz.measure.bptt import by_autograd, sight, trained, truncated_twice, unfolded
from rnnviz.nets.simple import Rnn
from rnnviz.nets.truncated import Truncated
from rnnviz.rules import Adam
from rnnviz.tasks.recall import Recall
from rnnviz.tasks.symbols import FlipFlop

BASE = Experiment(Recall(lag=9), Truncated(window=5), Adam(rate=0.015, clip=1.0), batch=32)
FULL = BASE.change("net.window", 16)
TASKS = st.one_of(
    st.builds(Recall, lag=st.integers(1, 15), symbols=st.integers(2, 5)), st.builds(FlipFlop, length=st.integers(8, 16))
)


@settings(max_examples=20)
@given(task=TASKS, hidden=st.integers(2, 8), spread=st.floats(0.2, 2), seed=st.integers(0, 99))
def test_the_parts_sum_up_to_what_autograd_says(task, hidden, spread, seed) -> None:
    exp = (
        FULL.change("task", task).change("net", Truncated(hidden=hidden, spread=spread, window=16)).change("seed", seed)
    )
    seen, theirs = unfolded(exp, 0), by_autograd(exp, 0)
    for which in "WUV":
        np.testing.assert_allclose(seen.gradient(which), theirs[which], atol=1e-12, rtol=1e-9)


@settings(max_examples=20)
@given(task=TASKS, hidden=st.integers(2, 8), window=st.integers(1, 16), seed=st.integers(0, 99))
def test_truncated_is_autograd_with_states_cut_off(task, hidden, window, seed) -> None:
    exp = BASE.change("task", task).change("net", Truncated(hidden=hidden, window=window)).change("seed", seed)
    ours, theirs = truncated_twice(exp, start(exp))
    np.testing.assert_allclose(ours, theirs, atol=1e-13, rtol=1e-9)


@pytest.mark.parametrize("which", "WUV")
def test_the_sum_is_the_slope_by_finite_differences(which) -> None:
    state, exp = trained(FULL, 10), FULL.change("batch", 1)
    batch = batch_at(exp, 10)
    batch = batch._replace(x=batch.x.double())
    params = {k: p.double() for k, p in state.params.items()}
    name = {"W": "wh", "U": "wx", "V": "out.weight"}[which]
    found = unfolded(FULL, 10).gradient(which)

    def loss(row: int, column: int, by: float) -> float:
        moved = params[name].clone()
        moved[row, column] += by
        return exp.task.loss(forward(exp, params | {name: moved}, batch).logits, batch).item()

    for row, column in np.ndindex(found.shape):
        slope_there = (loss(row, column, 1e-5) - loss(row, column, -1e-5)) / 2e-5
        assert found[row, column] == pytest.approx(slope_there, abs=1e-8)


def test_with_the_whole_past_it_is_the_plain_net() -> None:
    plain = FULL.change("net", Rnn(hidden=7))
    assert all(
        torch.equal(a, b) for a, b in zip(start(FULL).params.values(), start(plain).params.values(), strict=True)
    )
    ours, theirs = (slope(e, start(e).params, batch_at(e, 0))[0] for e in (FULL, plain))
    for name in ours:
        assert torch.allclose(ours[name], theirs[name], atol=1e-7)


def test_states_kept_on_the_way_are_those_of_the_film() -> None:
    film = Film.of(BASE).forward(60)
    for step in (0, 1, 25, 60):
        here, there = trained(BASE, step), film.at(step)
        assert all(torch.equal(here.params[k], there.params[k]) for k in there.params)


def test_what_a_window_sees() -> None:
    state = trained(FULL, 30)
    found = sight(FULL, state)
    assert found.angle[-1] == pytest.approx(0, abs=1e-4)
    assert found.length[-1] == pytest.approx(1)
    grads = {}
    for window in (3, 16):
        exp = FULL.change("net.window", window)
        g = slope(exp, state.params, batch_at(exp, 30))[0]
        grads[window] = torch.cat([g["wh"].flatten(), g["wx"].flatten()])
    cosine = torch.cosine_similarity(grads[3], grads[16], dim=0)
    assert found.angle[2] == pytest.approx(float(torch.rad2deg(torch.arccos(cosine))), abs=0.1)
    assert found.length[2] == pytest.approx(float(grads[3].norm() / grads[16].norm()), rel=1e-4)


def test_errors_older_than_the_window_are_gone() -> None:
    seen = unfolded(FULL, 0)
    assert not np.abs(seen.contributions("U", 5)[:5]).any()
    np.testing.assert_array_equal(seen.contributions("U", 5)[5:], seen.contributions("U")[5:])
    assert not np.abs(seen.contributions("W")[0]).any()
    assert not np.abs(seen.contributions("V")[:-1]).any()


@pytest.mark.slow
def test_only_who_looks_all_the_way_back_learns_in_nine_of_ten_seeds() -> None:
    shown = 0
    for seed in range(10):
        whole = Film.of(FULL.change("seed", seed)).forward(400).frames.score[-50:].mean()
        cut = Film.of(BASE.change("seed", seed)).forward(400).frames.score[-50:].mean()
        shown += whole > 0.98 and cut < 0.8
    assert shown >= 9

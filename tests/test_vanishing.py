"""Errors on their way back: own recursions against autograd and Jacobians, the bound, the table, and who learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import Film, batch_at, start
from rnnviz.measure.births import NAMES, Births, runs_of
from rnnviz.measure.vanishing import (
    Watch,
    activations,
    at_birth,
    by_autograd,
    here,
    judged,
    sample,
    spectrum,
    survival,
)
from rnnviz.nets.clockwork import Clockwork
from rnnviz.nets.deep import Deep
from rnnviz.nets.gru import Gru
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.lstm1997 import Lstm1997
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.rules import Adam
from rnnviz.tasks.recall import Recall

BASE = Experiment(Recall(lag=30), Births(), Adam(rate=0.01, clip=1.0), batch=32)
AT = [10, 25, 50, 99]


@settings(max_examples=30)
@given(
    name=st.sampled_from(NAMES),
    lag=st.integers(1, 25),
    hidden=st.integers(4, 12),
    spread=st.floats(0.1, 2),
    forget=st.floats(-2, 6),
    steps=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_every_recursion_is_autograd(name, lag, hidden, spread, forget, steps, seed) -> None:
    births = Births(spread=spread, forget=forget, hidden=hidden)
    exp = runs_of(replace(BASE, net=births, task=Recall(lag=lag), seed=seed), (name,))[name]
    state = Film.of(exp).forward(steps).state
    ours, theirs = judged(exp, state, here(exp, state))
    np.testing.assert_allclose(ours, theirs, atol=1e-8)


@pytest.mark.parametrize("squash", ["tanh", "relu", "sigmoid"])
def test_the_error_of_a_plain_net_is_a_product_of_jacobians(squash) -> None:
    exp = replace(BASE, net=Rnn(6, 1.2, squash=squash), task=Recall(lag=8))
    params = {k: p.double() for k, p in start(exp).params.items()}
    batch = batch_at(exp.change("batch", 1), 0)
    wh, drive = params["wh"].numpy(), (batch.x[0].double() @ params["wx"].T + params["bias"]).numpy()
    squashed = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "sigmoid": lambda z: 1 / (1 + np.exp(-z))}[squash]
    slope = {"tanh": lambda h: 1 - h * h, "relu": lambda h: (h > 0) * 1.0, "sigmoid": lambda h: h * (1 - h)}[squash]
    h, path = np.zeros(6), []
    for z in drive:
        h = squashed(z + wh @ h)
        path.append(h)
    logits = params["out.weight"].numpy() @ h + params["out.bias"].numpy()
    probs = np.exp(logits) / np.exp(logits).sum()
    error = (probs - np.eye(4)[int(batch.y[0])]) @ params["out.weight"].numpy()
    jacobian, norms = np.eye(6), [np.linalg.norm(error)]
    for h in reversed(path[1:]):
        jacobian = jacobian @ (slope(h)[:, None] * wh)  # ∂h_T/∂h_{t−1}
        norms.append(np.linalg.norm(error @ jacobian))
    np.testing.assert_allclose(survival(exp, params, batch).memory, norms, rtol=1e-9, atol=1e-300)


@settings(max_examples=20)
@given(
    squash=st.sampled_from(["tanh", "relu", "sigmoid"]),
    spread=st.floats(0.1, 2),
    seed=st.integers(0, 99),
    tilt=st.floats(0, 1),
)
def test_no_error_outgrows_the_bound_of_the_largest_singular_value(squash, spread, seed, tilt) -> None:
    exp = replace(BASE, net=Rnn(8, spread, squash=squash), seed=seed)
    params = dict(start(exp).params)
    params["wh"] = params["wh"] + tilt * torch.ones(8, 8).triu(1) / 4  # no longer a multiple of a rotation
    left = survival(exp, params, sample(exp, 0)).left
    bound = spectrum(exp, params).bound
    left = left[np.isfinite(left)]
    assert (left <= bound ** np.arange(len(left)) * (1 + 1e-6)).all()


def test_eigenvalues_below_one_do_not_bound_it() -> None:
    exp = replace(BASE, net=Rnn(2), task=Recall(lag=3, noise=0.0))
    params = dict(start(exp).params)
    params |= {"wh": torch.tensor([[0.5, 10.0], [0.0, 0.5]]), "wx": torch.zeros(2, 4)}
    params["out.weight"] = torch.tensor([[1.0, 0], [-1, 0], [0, 0], [0, 0]])
    found = spectrum(exp, params)
    assert found.radius == pytest.approx(0.5, abs=1e-3)
    assert found.bound > 10
    assert survival(exp, params, sample(exp, 0)).left[1] > 10


def test_the_gate_alone() -> None:
    runs = runs_of(BASE, ("LSTM of 1997", "SCRN", "LSTM"))
    constant = at_birth(runs["LSTM of 1997"]).kept
    np.testing.assert_allclose(constant, constant[0], rtol=1e-12)
    slow = at_birth(runs["SCRN"]).kept
    np.testing.assert_allclose(slow / slow[0], 0.95 ** np.arange(31), rtol=1e-9)
    shut = start(runs["LSTM"]).params
    shut = shut | {"wx": shut["wx"] * 0, "wh": shut["wh"] * 0}
    forgot = survival(runs["LSTM"], shut, sample(runs["LSTM"], 0))
    np.testing.assert_allclose(forgot.kept / forgot.kept[0], (1 / (1 + np.exp(-1.0))) ** np.arange(31), rtol=1e-6)


def test_a_centred_logistic_net_is_the_tanh_net_of_a_quarter() -> None:
    found = activations(replace(BASE, net=Rnn(24)), 24)
    rows = dict(zip(found.names, np.log10(found.left), strict=True))
    by_four = int(np.argmin(np.abs(found.rho - 1)))  # ρ begins at a quarter
    small = slice(0, 7)  # before saturation: the logistic net starts at 0, which is not its middle
    np.testing.assert_allclose(rows["centred"][by_four:][small], rows["tanh"][small], atol=0.5)
    assert (rows["sigmoid"] < -8).all()
    for name in ("tanh", "relu", "centred"):
        assert rows[name][0] < -10
        assert rows[name][-1] > 3


def test_rows_in_pieces_are_rows_at_once() -> None:
    exp = runs_of(replace(BASE, task=Recall(lag=6)), ("GRU",))["GRU"]
    first = Watch.of(exp, 4)
    whole, pieces = first.forward(13), first.forward(3).forward(1).forward(9)
    assert whole.key == pieces.key == first.key
    assert len(whole.rows) == 4
    for a, b in zip(whole.rows, pieces.rows, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(whole.still(9).left[2], here(exp, Film.of(exp).forward(8).state).left)
    assert whole.still(9).step.tolist() == [0, 4, 8]


def test_nets_without_a_way_back_are_refused() -> None:
    exp = replace(BASE, net=Deep(hidden=4))
    with pytest.raises(TypeError, match="Deep has no way back here"):
        survival(exp, start(exp).params, sample(exp, 0))


def medians(net, *, as_torch: bool = False) -> np.ndarray:
    """Share left at AT: 48 units, T = 100, random input, median of 5 seeds."""
    found = []
    for seed in range(5):
        exp = Experiment(Recall(lag=99, noise=1.0), net, Adam(), seed=seed)
        params = dict(start(exp).params)
        if as_torch:  # nn.LSTM and nn.GRU draw W_hh from ±1/√hidden, our nets take orthogonal blocks
            dice = torch.Generator().manual_seed(seed)
            params["wh"] = (2 * torch.rand(params["wh"].shape, generator=dice) - 1) / 48**0.5
        found.append(survival(exp, params, sample(exp, 0)).left[AT])
    return np.median(found, 0)


@pytest.mark.parametrize(
    ("net", "as_torch", "table"),
    [
        (Rnn(48, 1.0), False, (0.31, 0.048, 2.5e-3, 7e-6)),
        (Rnn(48, 1.5), False, (1.5, 3.0, 9.5, 160)),
        (Rnn(48, 2.0), False, (3.7, 31, 1.2e3, 1.8e6)),
        (Irnn(48, 0.9), False, (0.19, 0.017, 2e-4, 0)),
        (Irnn(48, 1.0), False, (0.90, 0.83, 0.72, 0.26)),
        (Irnn(48, 1.1), False, (2.7, 11, 120, 6.7e3)),
        (Clockwork(48), False, (0.76, 0.74, 0.52, 0.52)),
        (Gru(48), True, (8e-3, 5e-6, 3e-11, None)),
        (Lstm(48, 0.0), True, (2e-3, 1e-6, 2e-11, None)),
        (Lstm(48, 1.0), True, (0.056, 3e-3, 6e-5, 5e-8)),
        (Lstm(48, 3.0), True, (0.23, 0.25, 0.38, 3)),
        (Lstm1997(48), True, (0.13, 0.18, 0.35, 12)),
    ],
    ids=lambda v: repr(v)[:28] if hasattr(v, "hidden") else None,
)
def test_the_table_of_what_survives_at_birth(net, as_torch, table) -> None:
    for ours, theirs in zip(medians(net, as_torch=as_torch), table, strict=True):
        if theirs == 0:
            assert ours == 0
        elif theirs is not None:
            assert 0.1 < ours / theirs < 10


def test_orthogonal_blocks_keep_more_than_torchs() -> None:
    for net in (Gru(48), Lstm(48, 0.0), Lstm(48, 1.0)):
        assert medians(net)[3] > 1e4 * medians(net, as_torch=True)[3]


def test_a_ruined_net_can_be_looked_at() -> None:
    exp = runs_of(BASE.change("rule.clip", 1e9), ("IRNN",))["IRNN"]
    state = replace(start(exp), params={k: p * float("nan") for k, p in start(exp).params.items()})
    assert np.isnan(spectrum(exp, state.params).bound)
    assert np.isnan(here(exp, state).left).all()
    ours, theirs = judged(exp, state, here(exp, state))
    assert (np.isnan(ours) == np.isnan(theirs)).all()


def test_underflow_is_zero_and_not_a_mistake() -> None:
    exp = Experiment(Recall(lag=200), Rnn(8, 0.1, squash="sigmoid"), Adam())
    found = here(exp, start(exp))
    assert found.memory[-1] == 0 or found.memory[-1] < 1e-280
    batch = sample(exp, 0)
    np.testing.assert_allclose(found.stacked, by_autograd(exp, start(exp).params, batch).stacked, atol=1e-6)
    assert np.isneginf(found.stacked[0, -1])


@pytest.mark.slow
def test_at_birth_and_after_training_in_nine_of_ten_seeds() -> None:
    """Who names the symbol has an error left at the far end, who does not has none: 40 trainings, one threshold."""
    shown = agree = 0
    for seed in range(10):
        learnt, left = {}, {}
        for name, exp in runs_of(BASE.change("seed", seed), ("tanh RNN", "IRNN", "LSTM", "GRU")).items():
            film = Film.of(exp).forward(200)
            learnt[name] = film.frames.score[-20:].mean() > 0.99
            left[name] = here(exp, film.state).left[-1]
            agree += learnt[name] == (left[name] > 0.01)
        born = {name: at_birth(exp).left[-1] for name, exp in runs_of(BASE.change("seed", seed), tuple(left)).items()}
        fades = born["tanh RNN"] < 1e-5 and born["GRU"] < 1e-3 and born["IRNN"] > 0.3
        shown += fades and learnt["IRNN"] and not learnt["GRU"]
    assert shown >= 9
    assert agree >= 38

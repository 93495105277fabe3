"""The landscape against the full Hessian, against the net itself, and against planes whose every point is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import forward, start
from rnnviz.measure.cells import unrolled
from rnnviz.measure.landscape import Both, Hike, curved, flat, hessian, lanczos, order, probe, shaped, steepness
from rnnviz.measure.projection import pca
from rnnviz.measure.terrain import PCA, PLANES, RANDOM, TWO, checked, grid_for, named, plane, terrain
from rnnviz.nets.gru import Gru
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.landscape import Plane, Terrain
from rnnviz.records.surface import Surface
from rnnviz.rules import Adam
from rnnviz.tasks.recall import Recall
from rnnviz.tasks.spec import dice

TINY = [Rnn(hidden=3), Lstm(hidden=3, forget=2.0)]
TASK = Recall(lag=4, symbols=2)


def small(net) -> Experiment:
    return Experiment(TASK, net, Adam(rate=0.02), batch=8)


@pytest.mark.parametrize("net", TINY, ids=["rnn", "lstm"])
def test_curvature_is_the_top_of_the_full_hessian(net) -> None:
    exp = small(net)
    params = {k: p.double() for k, p in Hike.of(exp).forward(10).film.state.params.items()}
    batch, row = probe(exp), flat(params)
    size = len(row)

    def gradient(at: torch.Tensor) -> torch.Tensor:
        return flat(steepness(exp, shaped(at, params), batch)[1])

    steps = 1e-6 * torch.eye(size, dtype=torch.float64)
    full = torch.stack([(gradient(row + s) - gradient(row - s)) / 2e-6 for s in steps])
    product = hessian(exp, params, batch)
    rows = torch.stack([product(e) for e in torch.eye(size, dtype=torch.float64)])
    torch.testing.assert_close(rows, full, atol=1e-7, rtol=1e-6)
    values, vectors = torch.linalg.eigh(rows)
    found, along = lanczos(product, torch.ones(size, dtype=torch.float64), 25)
    assert found == pytest.approx(values[-1].item(), rel=1e-6)
    assert abs(float(along @ vectors[:, -1])) == pytest.approx(1, abs=1e-4)
    assert curved(exp, params, batch, along) == pytest.approx(found, rel=1e-5)


@pytest.mark.parametrize("net", [Rnn(hidden=6, spread=1.3), Lstm(hidden=5, forget=1.0)], ids=["rnn", "lstm"])
def test_the_hessian_along_a_vector_is_autograds_through_the_plain_loop(net) -> None:
    exp = Experiment(Recall(lag=9, symbols=3), net, Adam(rate=0.05), batch=8)
    params = {k: p.double().requires_grad_() for k, p in Hike.of(exp).forward(10).film.state.params.items()}
    batch = probe(exp)
    loss = exp.task.loss(unrolled(exp, params, batch.x).logits, batch)
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(params.values()), create_graph=True)])
    product = hessian(exp, {k: p.detach() for k, p in params.items()}, batch)
    for seed in range(3):
        v = torch.randn(len(gradient), generator=dice(seed), dtype=torch.float64)
        theirs = torch.autograd.grad(gradient, list(params.values()), v, retain_graph=True)
        torch.testing.assert_close(product(v), torch.cat([t.flatten() for t in theirs]), atol=1e-12, rtol=1e-10)


@pytest.mark.parametrize("net", [Rnn(squash="relu"), Lstm(bidirectional=True), Gru()])
def test_nets_that_cannot_be_differentiated_twice_are_refused(net) -> None:
    exp = small(net)
    with pytest.raises(TypeError, match="cannot be differentiated twice"):
        hessian(exp, {k: p.double() for k, p in start(exp).params.items()}, probe(exp))


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 12), turns=st.integers(1, 12))
def test_lanczos_never_finds_more_than_there_is_and_all_of_it_in_the_end(seed, size, turns) -> None:
    dice = np.random.default_rng(seed)
    half = dice.normal(size=(size, size))
    matrix = torch.from_numpy(half + half.T)
    guess = torch.from_numpy(dice.normal(size=size))
    top = float(torch.linalg.eigvalsh(matrix)[-1])
    found, along = lanczos(lambda v: matrix @ v, guess, turns)
    assert found <= top + 1e-9
    assert float(along @ matrix @ along) == pytest.approx(found, abs=1e-9)
    assert float(along.norm()) == pytest.approx(1)
    if turns >= size:
        assert found == pytest.approx(top, abs=1e-7)
    if turns > 1:
        assert found >= lanczos(lambda v: matrix @ v, guess, turns - 1)[0] - 1e-9


@pytest.mark.parametrize("net", TINY, ids=["rnn", "lstm"])
def test_a_hike_in_pieces_is_the_same_hike(net) -> None:
    first = Hike.of(small(net))
    whole, pieces = first.forward(30), first.forward(7).forward(3).forward(20)
    assert whole.step == pieces.step == 30
    for name in ("step", "weights", "loss", "slope", "gradient", "curvature", "along"):
        np.testing.assert_array_equal(getattr(whole.path, name), getattr(pieces.path, name))
    np.testing.assert_array_equal(whole.still(20).path.step, [0, 10, 20])
    np.testing.assert_array_equal(whole.path.weights[2], flat(whole.still(20).state.params).numpy())


def test_rows_and_tensors_are_the_same_numbers() -> None:
    params = start(small(TINY[1])).params
    row = flat(params)
    back = shaped(row, params)
    assert all(torch.equal(back[k], p) for k, p in params.items())
    for at in (0, 17, len(row) - 1):
        name, _, inside = named(params, at).partition("[")
        place = tuple(int(i) for i in inside.rstrip("]").split(","))
        key = {"W_in": "wx", "W_hh": "wh", "b": "bias", "W_out": "out.weight", "b_out": "out.bias"}[name]
        assert params[key][place] == row[at]
    with pytest.raises(IndexError):
        named(params, len(row))


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), points=st.integers(1, 6), kind=st.sampled_from(["round", "line", "standing"]))
def test_a_path_that_lies_in_a_plane_is_found_there_exactly(seed, points, kind) -> None:
    dice = np.random.default_rng(seed)
    axes, base = dice.normal(size=(2, 7)), dice.normal(size=7)
    where = dice.normal(size=(points, 2)) * {"round": (1, 1), "line": (1, 0), "standing": (0, 0)}[kind]
    found = Plane(base, axes, ("a", "b"), np.zeros(2), np.ones(2))
    weights = base + where @ axes
    np.testing.assert_allclose(found.place(weights), where, atol=1e-6)
    assert found.share(weights) == pytest.approx(float(points > 1 and kind != "standing"), abs=1e-6)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), points=st.integers(3, 9))
def test_no_plane_holds_more_of_a_path_than_its_principal_one(seed, points) -> None:
    dice = np.random.default_rng(seed)
    weights = dice.normal(size=(points, 6)).cumsum(0)
    best = pca(weights)
    middle = np.zeros((2, 2))
    share = Plane(weights[0], best.axes, ("", ""), *middle).share(weights)
    assert share <= 1 + 1e-9
    assert share == pytest.approx(best.share.sum(), abs=1e-6)
    other = Plane(weights[0], dice.normal(size=(2, 6)), ("", ""), *middle)
    assert 0 <= other.share(weights) <= share + 1e-9
    apart = weights - weights[0]
    nearest = np.linalg.lstsq(other.axes.T, apart.T, rcond=None)[0].T
    np.testing.assert_allclose(other.place(weights), nearest, atol=1e-8)


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_the_slope_of_a_tilted_plain_is_its_tilt_whatever_the_axes(seed) -> None:
    dice = np.random.default_rng(seed)
    axes, tilt = dice.normal(size=(2, 5)), dice.normal(size=5)
    a, b = np.linspace(-1, 2, 4), np.linspace(0, 1, 3)
    places = np.stack(np.meshgrid(a, b), -1)
    basis = np.linalg.qr(axes.T)[0]
    seen = Terrain(
        Plane(np.zeros(5), axes, ("", ""), np.zeros(2), np.ones(2)),
        Surface(a, b, places @ axes @ tilt),
        np.zeros((1, 2)),
        np.zeros(1),
        0.0,
    )
    np.testing.assert_allclose(seen.slope, np.linalg.norm(basis.T @ tilt), rtol=1e-6)


@pytest.mark.parametrize("kind", PLANES)
@pytest.mark.parametrize("net", Both(hidden=6).nets(), ids=["rnn", "lstm"])
def test_every_point_of_the_ground_is_the_net_run_alone(net, kind) -> None:
    exp = Experiment(Recall(lag=6), net, Adam(rate=0.02), batch=8)
    hike = Hike.of(exp).forward(20)
    for step in (0, 10, 20):
        hiker = hike.still(step)
        found = plane(hiker, kind, 1, 3)
        seen = terrain(hiker, found, grid=3)
        for j, b in enumerate(seen.ground.b):
            for i, a in enumerate(seen.ground.a):
                row = found.base + a * found.axes[0] + b * found.axes[1]
                params = shaped(torch.from_numpy(row.astype(np.float64)), hiker.state.params)
                alone = exp.task.loss(forward(exp, params, probe(exp)).logits, probe(exp)).item()
                assert seen.ground.loss[j, i] == pytest.approx(alone, abs=1e-5)
        now = found.base + seen.where[-1] @ found.axes
        np.testing.assert_allclose(now, flat(hiker.state.params).numpy(), atol=1e-5)  # the plane goes through the net
        np.testing.assert_allclose(*checked(hiker, seen), rtol=1e-4, atol=1e-5)
        assert 0 <= seen.share <= 1 + 1e-6


def test_single_weights_are_those_in_whose_direction_it_is_steepest_at_birth() -> None:
    exp = small(TINY[0])
    hiker = Hike.of(exp).still(0)
    first, second, *_ = order(exp)
    found = plane(hiker, TWO, 1, 2)
    assert found.axes[0].argmax() == first
    assert found.axes[1].argmax() == second
    assert (plane(hiker, TWO, 4, 4).axes.sum(0) == 1).sum() == 2  # never the same weight twice
    np.testing.assert_allclose(found.place(hiker.path.weights)[0], hiker.path.weights[0, [first, second]], atol=1e-6)


def test_random_directions_are_as_long_as_the_weights() -> None:
    hiker = Hike.of(small(TINY[1])).still(0)
    found = plane(hiker, RANDOM)
    for axis in found.axes:
        rows = shaped(torch.from_numpy(axis.copy()), hiker.state.params)["wh"].norm(dim=1)
        torch.testing.assert_close(rows, hiker.state.params["wh"].norm(dim=1), atol=1e-4, rtol=1e-4)


def test_longer_sequences_are_looked_at_on_coarser_ground() -> None:
    sizes = [grid_for(Experiment(Recall(lag=lag), TINY[0], Adam())) for lag in (1, 30, 60, 200)]
    assert sizes[:2] == [17, 17]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 9
    assert all(size % 2 for size in sizes)  # so that the middle of the window is a point


@pytest.mark.slow
def test_an_lstm_with_open_gates_has_no_flat_ground_but_walls_as_steep() -> None:
    kept = []
    for seed in range(10):
        rnn, lstm = (
            Hike.of(Experiment(Recall(lag=30), net, Adam(rate=0.01), seed=seed)).forward(100) for net in Both().nets()
        )
        flat_parts = [hike.path.flat(0.1, 1.3) for hike in (rnn, lstm)]
        kept.append(
            flat_parts[0] > 0
            and flat_parts[1] == 0
            and lstm.path.slope[0] > 5 * rnn.path.slope[0]
            and lstm.path.slope.max() > 1
        )
        assert plane(lstm.still(100), PCA).share(lstm.path.weights) > 0.7
    assert sum(kept) >= 9, kept


@pytest.mark.slow
def test_an_lstm_with_half_shut_gates_is_flatter_than_any_rnn() -> None:
    for seed in range(3):
        exp = Experiment(Recall(lag=30), Lstm(forget=0.0), Adam(rate=0.01), seed=seed)
        assert Hike.of(exp).forward(100).path.flat(0.1, 1.3) == 1

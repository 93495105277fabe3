from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import advance, batch_at, forward, start
from rnnviz.measure import skeleton as sk
from rnnviz.measure import stacked
from rnnviz.measure.surface import error_surface, random_directions, unit_sheet, unit_surface
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.nets.unit import Unit
from rnnviz.rules import Adam, Sgd
from rnnviz.tasks.characters import Characters
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.target import Target


class Symbols(Characters):
    """The same windows as numbers, for nets with an embedding."""

    def sample(self, dice, size):
        x, y = super().sample(dice, size)
        return Batch(x.argmax(-1), y)


class Looking(Characters):
    """A loss that reads a number, as no stacked computation allows."""

    def loss(self, logits, batch):
        loss = super().loss(logits, batch)
        return loss if loss.item() > 0 else loss * 0


def torch_unit(w, b, steps=50, start=0.5, target=0.7):
    """E with its gradient by autograd, float64, at pairs w[i], b[i]."""
    w, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (w, b))
    x = torch.full_like(w, start)
    for _ in range(steps):
        x = w * torch.sigmoid(x) + b
    error = (torch.sigmoid(x) - target) ** 2
    dw, db = torch.autograd.grad(error.sum(), (w, b))
    return error.detach().numpy(), dw.numpy(), db.numpy()


# --- the single unit


def test_unit_surface_is_what_autograd_finds():
    w, b = np.linspace(3, 4.4, 23), np.linspace(-4, 0, 17)
    found = unit_surface(w, b)
    across, up = np.meshgrid(w, b)
    for ours, theirs in zip((found.loss, found.dw, found.db), torch_unit(across, up), strict=True):
        assert ours.shape == (17, 23)
        assert ours.dtype == np.float64
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-13)


@given(
    w=st.floats(-6, 6), b=st.floats(-5, 5), steps=st.integers(1, 8), x=st.floats(-3, 3), target=st.floats(0.05, 0.95)
)
@settings(max_examples=60)
def test_unit_gradient_is_the_slope_of_the_loss(w, b, steps, x, target):
    small = 1e-5
    near = unit_surface(w + small * np.array([-1, 0, 1]), b + small * np.array([-1, 0, 1]), steps, x, target)
    scale = 1 + abs(near.slope[1, 1]) * 30
    assert (near.loss[1, 2] - near.loss[1, 0]) / (2 * small) == pytest.approx(near.dw[1, 1], abs=1e-6 * scale)
    assert (near.loss[2, 1] - near.loss[0, 1]) / (2 * small) == pytest.approx(near.db[1, 1], abs=1e-6 * scale)


def test_a_large_grid_in_chunks_is_the_same_grid():
    w, b = np.linspace(3, 8, 101), np.linspace(-5, 0, 83)
    whole = unit_surface(w, b)
    for row in (0, 40, 41, 82):
        np.testing.assert_array_equal(whole.dw[row], unit_surface(w, b[row : row + 1]).dw[0])


WALL = [(4.2, 22), (4.4, 80), (4.6, 316), (4.8, 1.4e3), (5.0, 6.8e3), (5.5, 3.9e5), (6.0, 2.0e7)]


@pytest.mark.parametrize(("w", "height"), WALL)
def test_the_wall_beside_the_cliff_line_is_as_high_as_published(w, height):
    assert unit_sheet(np.array([w]), 0.5, 2001).wall[0] == pytest.approx(height, rel=0.03)


@pytest.mark.parametrize("w", [4.3, 5.0, 6.0])
def test_on_the_cliff_line_the_gradient_is_a_geometric_sum(w):
    s = sk.logistic(0.5)
    m = w * s * (1 - s)
    growth = (m**50 - 1) / (m - 1)
    found = unit_surface(np.array([w]), sk.cliff(np.array([w])))
    assert found.slope[0, 0] == pytest.approx(abs(2 * (s - 0.7)) * s * (1 - s) * growth * np.hypot(1, s), rel=1e-6)


def test_the_sheet_that_is_drawn_sees_the_wall_and_an_even_grid_does_not():
    sheet = unit_sheet(np.linspace(3, 8, 51), 2.0, 61)
    assert sheet.wall[20] >= 6e3
    np.testing.assert_array_equal(sheet.offset[30], 0)
    assert (np.diff(sheet.b, axis=0) > 0).all()
    even = unit_surface(np.linspace(3, 8, 51), np.linspace(-5, 1, 61))
    assert even.slope[:, 20].max() < 6


def test_a_saturated_unit_is_a_number():
    far = unit_surface(np.array([-1e3, 0.0, 1e3]), np.array([-1e3, 0.0, 1e3]))
    assert np.isfinite(far.loss).all()


@pytest.mark.parametrize(
    "bad", [np.array([]), np.array([np.nan]), np.array([np.inf, 1]), np.zeros((2, 2)), np.array(3.0)]
)
def test_axes_that_are_no_axes_are_refused(bad):
    with pytest.raises(ValueError, match="row of finite numbers"):
        unit_surface(bad, np.array([1.0]))
    with pytest.raises(ValueError, match="row of finite numbers"):
        unit_surface(np.array([1.0]), bad)


def test_other_bad_questions_are_refused():
    one = np.array([1.0])
    for wrong in ({"steps": 0}, {"start": np.nan}, {"target": np.inf}):
        with pytest.raises(ValueError, match="wanted steps"):
            unit_surface(one, one, **wrong)
    for n, reach in ((6, 1.0), (1, 1.0), (5, 0.0), (5, np.inf)):
        with pytest.raises(ValueError, match="must be odd"):
            unit_sheet(one, reach, n)


def test_the_record_is_sealed_and_leaves_the_callers_axes_alone():
    w = np.linspace(3, 5, 4)
    found = unit_surface(w, np.array([-2.0]))
    w[0] = 0
    assert found.w[0] == 3
    with pytest.raises(ValueError, match="read-only"):
        found.loss[0, 0] = 1


# --- the skeleton


def fixed_points(w, b):
    """Roots of x = w·σ(x) + b by bisection between sign changes on a fine grid."""
    x = np.linspace(-12, 12, 200_000)  # even: 0 is a root by symmetry and must not be a node
    gap = w / (1 + np.exp(-x)) + b - x
    return x[:-1][np.sign(gap[:-1]) != np.sign(gap[1:])]


@pytest.mark.parametrize("w", [4.3, 5.0, 6.5])
def test_between_the_folds_there_are_three_fixed_points_and_outside_one(w):
    lower, upper = (float(f[0]) for f in sk.folds(np.array([w])))
    assert len(fixed_points(w, (lower + upper) / 2)) == 3
    for b in (lower - 1e-3, upper + 1e-3):
        assert len(fixed_points(w, b)) == 1
    for b in (lower + 1e-3, upper - 1e-3):
        assert len(fixed_points(w, b)) == 3


def test_the_published_points():
    bones = sk.skeleton(np.array([3.9, 4.0, 5.0]))
    assert np.isnan(bones.lower[0])
    assert bones.lower[1] == pytest.approx(-2)
    assert bones.upper[1] == pytest.approx(-2)
    assert bones.lower[2] == pytest.approx(-2.65561, abs=1e-5)
    assert bones.upper[2] == pytest.approx(-2.34439, abs=1e-5)
    assert bones.cliff[2] == pytest.approx(-2.61230, abs=1e-5)
    assert np.isnan(bones.cliff[1])
    assert np.isnan(bones.valley[2])
    assert bones.meeting == pytest.approx((4.47891, -2.28794), abs=1e-5)
    assert sk.cliff_begins() == pytest.approx(4.25525, abs=1e-5)
    assert bones.cusp == (4.0, -2.0)


def test_the_valley_has_no_error_and_the_cliff_parts_two_ends():
    w = np.array([2.0, 3.0, 4.0])
    for at, b in zip(w, sk.skeleton(w).valley, strict=True):
        assert unit_surface(np.array([at]), np.array([b]), steps=2000).loss[0, 0] < 1e-12
    for at in (4.6, 5.0, 6.0):
        sides = sk.cliff(np.array([at]))[0] + np.array([-1e-6, 1e-6])
        low, high = unit_surface(np.array([at]), sides, steps=2000).loss[:, 0]
        assert abs(high - low) > 0.02


def test_attractors_are_fixed_points_and_the_stable_ones_are_reached():
    found = sk.attractors(5.0)
    assert found.folds == pytest.approx((-2.65561, -2.34439), abs=1e-5)
    for x, b, stable in list(zip(found.x, found.b, found.stable, strict=True))[::25]:
        assert 5.0 / (1 + np.exp(-x)) + b == pytest.approx(x)
        y = x + 1e-4
        for _ in range(3000):
            y = 5.0 / (1 + np.exp(-y)) + b
        assert (abs(y - x) < 1e-4) == stable


# --- any net on a plane

NETS = [
    (Characters(length=12), Rnn(hidden=7)),
    (Characters(length=12), Rnn(hidden=7, squash="relu")),
    (Characters(length=12), Lstm(hidden=6)),
    (Symbols(length=12), Rnn(hidden=7, embedding=3)),
    (Symbols(length=12), Lstm(hidden=6, embedding=4)),
    (Characters(length=12), Lstm(hidden=5, bidirectional=True)),
    (Looking(length=12), Rnn(hidden=7)),
    (Target(), Unit()),
]


@pytest.mark.parametrize(("task", "net"), NETS, ids=lambda part: type(part).__name__)
def test_every_point_of_an_error_surface_is_a_plain_forward_pass(task, net, monkeypatch):
    monkeypatch.setattr(stacked, "CACHE", 5000)  # so that chunks of several sizes are met
    exp = Experiment(task, net, Adam(), batch=4)
    state = advance(exp, start(exp), 3)[0]
    u, v = random_directions(state, torch.Generator().manual_seed(3))
    found = error_surface(exp, state, u, v, 0.8, 5)
    assert found.loss.shape == (5, 5)
    batch = batch_at(exp, state.step)
    for j, i in ((2, 2), (0, 0), (0, 4), (4, 0), (4, 4), (1, 3)):
        moved = {k: p + found.a[i] * u[k] + found.b[j] * v[k] for k, p in state.params.items()}
        plain = exp.task.loss(forward(exp, moved, batch).logits, batch).item()
        assert found.loss[j, i] == pytest.approx(plain, rel=2e-5)


@pytest.mark.parametrize("net", [Rnn(hidden=7), Lstm(hidden=6)], ids=lambda net: type(net).__name__)
def test_in_double_a_surface_of_large_weights_keeps_its_digits(net):
    exp = Experiment(Characters(length=12), net, Adam(), batch=4)
    state = start(exp)
    state = replace(state, params={k: 40 * p.double() for k, p in state.params.items()})
    u, v = random_directions(state, torch.Generator().manual_seed(3))
    found = error_surface(exp, state, u, v, 0.8, 3)
    batch = batch_at(exp, state.step)
    batch = batch._replace(x=batch.x.double())
    for j, i in ((0, 0), (2, 1)):
        moved = {k: p + found.a[i] * u[k] + found.b[j] * v[k] for k, p in state.params.items()}
        plain = exp.task.loss(forward(exp, moved, batch).logits, batch).item()
        assert found.loss[j, i] == pytest.approx(plain, rel=1e-9)


def test_directions_are_as_long_as_the_weights_row_by_row():
    state = start(Experiment(Characters(), Lstm(hidden=6), Sgd(), batch=4))
    u, v = random_directions(state, torch.Generator().manual_seed(3))
    for k, p in state.params.items():
        if p.ndim == 2:
            torch.testing.assert_close(u[k].norm(dim=1), p.norm(dim=1))
            assert not torch.equal(u[k], v[k])
        else:
            torch.testing.assert_close(u[k].abs(), p.abs())


def test_a_direction_of_another_shape_is_refused():
    exp = Experiment(Characters(length=12), Rnn(hidden=7), Sgd(), batch=4)
    state = start(exp)
    u, v = random_directions(state, torch.Generator().manual_seed(3))
    with pytest.raises(ValueError, match="v must have"):
        error_surface(exp, state, u, {k: t for k, t in v.items() if k != "wh"}, 1.0, 5)
    with pytest.raises(ValueError, match="at least 2"):
        error_surface(exp, state, u, v, 1.0, 1)
    with pytest.raises(ValueError, match="positive"):
        error_surface(exp, state, u, v, 0.0, 5)

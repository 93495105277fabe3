"""Recall, adding, temporal order, copying, echo and digits: every target found a dumber way, every loss at its marks."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.tasks.adding import TOLERANCE, Adding
from rnnviz.tasks.copy import Copy
from rnnviz.tasks.digits import HELD_OUT, Digits
from rnnviz.tasks.echo import Echo
from rnnviz.tasks.order import CLASSES, Order
from rnnviz.tasks.recall import Recall
from rnnviz.tasks.spec import Batch, dice

TASKS: tuple[Any, ...] = (
    Recall(lag=7),
    Adding(numbers=9),
    Order(length=20),
    Copy(pause=5, width=3),
    Echo(delay=4, length=31),
    Digits(),
)
CLASSIFIED = [t for t in TASKS if not isinstance(t, Adding)]
named = pytest.mark.parametrize("task", TASKS, ids=lambda t: type(t).__name__)
classified = pytest.mark.parametrize("task", CLASSIFIED, ids=lambda t: type(t).__name__)


def perfect(task: Any, batch: Batch) -> torch.Tensor:
    """Logits (batch, time, output) that say y where it is asked for, and nonsense (NaN) everywhere else."""
    logits = torch.full((*batch.x.shape[:2], task.outputs), math.nan)
    if isinstance(task, Adding):
        logits[:, -1, 0] = batch.y
        return logits
    logits[:, task.marked] = 20 * torch.nn.functional.one_hot(batch.y.reshape(len(batch.x), -1), task.outputs).float()
    return logits


@named
def test_shapes_are_as_declared(task: Any) -> None:
    batch = task.sample(dice(3, 5), 6)
    assert batch.x.dtype == torch.float32
    assert batch.x.shape[::2] == (6, task.inputs)
    assert torch.isfinite(batch.x).all()


@named
def test_the_same_dice_give_the_same_batch_and_others_another(task: Any) -> None:
    once, again, other = (task.sample(dice(3, step), 8) for step in (5, 5, 6))
    assert torch.equal(once.x, again.x)
    assert torch.equal(once.y, again.y)
    assert not torch.equal(once.x, other.x)


@named
def test_only_the_marked_steps_count(task: Any) -> None:
    batch = task.sample(dice(1), 5)
    logits = perfect(task, batch)
    assert float(task.loss(logits, batch)) < 1e-6
    assert float(task.score(logits, batch)) == 1
    whole = torch.zeros_like(logits).requires_grad_()
    (slope,) = torch.autograd.grad(task.loss(whole, batch), whole)
    counted = torch.zeros(logits.shape[1], dtype=torch.bool)
    counted[task.marked] = True
    assert (slope[:, ~counted] == 0).all()
    assert (slope[:, counted].abs().sum((0, 2)) > 0).all()


@classified
def test_who_knows_nothing_pays_the_logarithm_of_the_classes(task: Any) -> None:
    batch = task.sample(dice(2), 16)
    logits = torch.zeros(*batch.x.shape[:2], task.outputs)
    assert float(task.loss(logits, batch)) == pytest.approx(math.log(task.outputs), abs=1e-5)


@classified
def test_always_the_same_answer_is_at_chance(task: Any) -> None:
    batch = task.sample(dice(7), 4000)
    for answer in range(task.outputs):
        logits = torch.zeros(*batch.x.shape[:2], task.outputs)
        logits[..., answer] = 1
        assert float(task.score(logits, batch)) == pytest.approx(1 / task.outputs, abs=0.03)


@given(st.integers(1, 60), st.integers(2, 8), st.floats(0, 1), st.integers(0, 9999))
@settings(max_examples=30)
def test_recall_asks_for_the_first_symbol(lag: int, symbols: int, noise: float, seed: int) -> None:
    batch = Recall(lag, symbols, noise).sample(dice(seed), 4)
    assert batch.x.shape == (4, 1 + lag, symbols)
    for row, y in zip(batch.x.tolist(), batch.y.tolist(), strict=True):
        assert row[0] == [float(k == y) for k in range(symbols)]


def test_recalls_noise_has_the_declared_deviation() -> None:
    x = Recall(lag=100, noise=0.3).sample(dice(0), 100).x[:, 1:]
    assert (float(x.mean()), float(x.std())) == pytest.approx((0, 0.3), abs=0.005)
    assert not Recall(noise=0.0).sample(dice(0), 3).x[:, 1:].any()


@given(st.integers(4, 80), st.integers(0, 9999))
@settings(max_examples=30)
def test_adding_wants_the_sum_of_one_marked_number_in_each_half(length: int, seed: int) -> None:
    batch = Adding(length).sample(dice(seed), 4)
    for row, y in zip(batch.x.tolist(), batch.y.tolist(), strict=True):
        assert {mark for _, mark in row} == {0.0, 1.0}
        at = [t for t, (_, mark) in enumerate(row) if mark]
        assert len(at) == 2
        assert at[0] < length // 2 <= at[1]
        assert all(0 <= value < 1 for value, _ in row)
        assert y == pytest.approx(row[at[0]][0] + row[at[1]][0])


def test_who_always_says_one_is_at_the_chance_level_of_adding() -> None:
    task = Adding()
    batch = task.sample(dice(9), 20_000)
    logits = torch.ones(20_000, task.numbers, 1)
    assert float(task.score(logits, batch)) == pytest.approx(task.chance, abs=0.01)
    assert float(task.loss(logits, batch)) == pytest.approx(1 / 6, abs=0.005)
    for constant in (0.7, 1.3):  # no constant does better than the mean
        assert task.score(logits * constant, batch) < task.score(logits, batch)
        assert task.loss(logits * constant, batch) > task.loss(logits, batch)


def test_a_sum_is_right_within_the_tolerance() -> None:
    batch = Batch(torch.zeros(3, 4, 2), torch.tensor([1.0, 1.0, 1.0]))
    logits = torch.zeros(3, 4, 1)
    logits[:, -1, 0] = torch.tensor([1 + 0.9 * TOLERANCE, 1 - 0.9 * TOLERANCE, 1 + 1.1 * TOLERANCE])
    assert float(Adding().score(logits, batch)) == pytest.approx(2 / 3)


@given(st.integers(10, 90), st.integers(0, 9999))
@settings(max_examples=30)
def test_order_hides_two_signals_in_their_windows(length: int, seed: int) -> None:
    batch = Order(length).sample(dice(seed), 4)
    for row, y in zip(batch.x.argmax(-1).tolist(), batch.y.tolist(), strict=True):
        text = "".join("AB----"[symbol] for symbol in row)
        assert text.replace("-", "") == CLASSES[y]
        first, second = (t for t, sign in enumerate(text) if sign != "-")
        assert length / 10 - 1 < first < 2 * length / 10
        assert 5 * length / 10 - 1 < second < 6 * length / 10
    assert (batch.x.sum(-1) == 1).all()


@given(st.integers(1, 40), st.integers(1, 10), st.integers(2, 8), st.integers(0, 9999))
@settings(max_examples=30)
def test_copy_reads_waits_and_says(pause: int, width: int, symbols: int, seed: int) -> None:
    batch = Copy(pause, width, symbols).sample(dice(seed), 4)
    blank, signal = symbols, symbols + 1
    for row, y in zip(batch.x.argmax(-1).tolist(), batch.y.tolist(), strict=True):
        assert row == [*y, *[blank] * pause, signal, *[blank] * (width - 1)]
        assert max(y) < symbols


@given(st.integers(0, 30), st.integers(31, 60), st.integers(2, 8), st.integers(0, 9999))
@settings(max_examples=30)
def test_echo_says_what_was_read_so_long_ago(delay: int, length: int, symbols: int, seed: int) -> None:
    task = Echo(delay, length, symbols)
    batch = task.sample(dice(seed), 3)
    for row, y in zip(batch.x.argmax(-1).tolist(), batch.y.tolist(), strict=True):
        for t in range(delay, length):
            assert y[t - delay] == row[t - delay]
        assert len(y) == len(range(length)[task.marked])


def test_digits_are_those_of_the_file_and_some_are_held_out() -> None:
    from sklearn.datasets import load_digits

    images, digits = load_digits(return_X_y=True)
    known = {tuple(row): int(y) for row, y in zip(images[:-HELD_OUT], digits, strict=False)}
    batch, held = Digits().sample(dice(1), 300), Digits().held_out()
    for row, y in zip(batch.x[..., 0], batch.y, strict=True):
        assert known[tuple((16 * row).round().tolist())] == int(y)
    assert held.x.shape == (HELD_OUT, 64, 1)
    assert held.y.tolist() == digits[-HELD_OUT:].tolist()
    assert len({tuple((16 * row).round().tolist()) for row in held.x[..., 0]} & set(known)) == 0
    assert sorted(set(held.y.tolist())) == list(range(10))

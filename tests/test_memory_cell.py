"""The lecture's memory cell: its task, its closed form, and what it learns over seeds."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import Film, State, start
from rnnviz.measure.gates import cell_by_loop, cell_over, habits
from rnnviz.nets.memory_cell import MemoryCell, carried
from rnnviz.nets.simple import Lstm
from rnnviz.rules import Adam
from rnnviz.tasks.memory import LONGEST, VALUES, Memory, remembered, table
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.spec import dice

STEPS = 900
BASE = Experiment(Memory(), MemoryCell(), Adam(rate=0.3, beta2=0.99, schedule="one-cycle", over=STEPS), batch=32)


@pytest.fixture(scope="module")
def learnt() -> State:
    return Film.of(BASE).forward(STEPS).state


def plainly(rows: list[list[float]]) -> tuple[list[float], list[float]]:
    memory, held, said = 0.0, [], []
    for value, order, ask in rows:
        if order == 1:
            memory += value
        elif order == -1:
            memory = 0.0
        held.append(memory)
        said.append(memory if ask == 1 else 0.0)
    return held, said


def test_the_task_is_the_lectures_program() -> None:
    batch = Memory().sample(dice(4), 5)
    held, said = remembered(batch.x)
    for row, h, y in zip(batch.x.tolist(), held, said, strict=True):
        want = plainly(row)
        assert h.tolist() == pytest.approx(want[0])
        assert y.tolist() == pytest.approx(want[1])
    assert torch.equal(batch.y, said)
    assert {round(v, 1) for v in batch.x[..., 0].flatten().tolist()} <= set(VALUES)


def test_the_commands_come_as_often_as_declared() -> None:
    x = Memory().sample(dice(1), 1000).x
    shares = [(x[..., 1] == 1), (x[..., 1] == -1), (x[..., 2] == 1)]
    assert [float(s.float().mean()) for s in shares] == pytest.approx([0.3, 0.15, 0.4], abs=0.02)


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_the_closed_form_is_the_recursion(seed: int, length: int) -> None:
    x = Memory(length=max(4, length)).sample(dice(seed), 1).x
    params = {k: 3 * p for k, p in start(BASE.change("seed", seed % 10_000)).params.items()}
    np.testing.assert_allclose(cell_over(BASE, params, x).c, cell_by_loop(params, x), atol=2e-5)


def test_carried_is_the_product_of_the_forget_gates() -> None:
    z = torch.randn(2, 6, generator=dice(2))
    f, share = z.sigmoid(), carried(z)
    for t in range(6):
        for s in range(6):
            want = f[:, s + 1 : t + 1].prod(1) if s <= t else torch.zeros(2)
            assert torch.allclose(share[:, t, s], want, atol=1e-6)


def test_gradients_stay_finite_when_the_forget_gate_is_shut() -> None:
    z = torch.full((1, 40), -60.0, requires_grad=True)
    carried(z).sum().backward()
    assert torch.isfinite(z.grad).all()


def test_a_bump_lives_until_the_gate_closes(learnt) -> None:
    x = table("1 0.4 0.8 0.2 0.6 1", "1 0 0 0 -1 0", "0 0 0 1 0 1")
    apart = cell_by_loop(learnt.params, x, 1, 0.5) - cell_by_loop(learnt.params, x)
    assert apart[0] == 0
    assert apart[1] == pytest.approx(0.5)
    assert apart[3] > 0.45
    assert abs(apart[4:]).max() < 0.02


def test_what_is_typed_is_read_or_refused_by_row_and_number() -> None:
    x = table("0.2, 1 .6", "1 0 −1", "0 1 1")
    assert x.shape == (1, 3, 3)
    assert x[0, 2].tolist() == pytest.approx([0.6, -1, 1])
    for rows, said in (
        (("1 b", "1 0", "0 1"), "x₁, number 2: “b”"),
        (("1 2", "1 2", "0 1"), "x₂, number 2: “2”; expected one of -1, 0, 1"),
        (("1 2", "1 0", "0 0.5"), "x₃, number 2"),
        (("1 nan", "1 0", "0 1"), "x₁, number 2"),
        (("1 2 1", "1 0", "0 1"), "3, 2 and 2 numbers"),
        (("", "", ""), "0 numbers"),
        (("1 " * (LONGEST + 1), "1", "1"), f"{LONGEST + 1} numbers"),
    ):
        with pytest.raises(Unreadable, match=said):
            table(*rows)


def test_only_the_memory_cell_has_commands() -> None:
    other = BASE.change("net", Lstm())
    with pytest.raises(TypeError, match="memory cell"):
        habits(other, start(other).params)


def test_one_seed_learns_all_four_commands(learnt) -> None:
    assert strict(learnt)


def strict(state: State) -> bool:
    """For every x₁ and both x₃ or all x₂: forget shut on reset and open else, input and output open only when ordered."""
    grid = torch.cartesian_prod(torch.tensor(VALUES), torch.tensor([-1.0, 0.0, 1.0]), torch.tensor([0.0, 1.0]))
    i, f, o = (grid @ state.params["gates"].T + state.params["bias"]).sigmoid().unbind(-1)
    order, ask = grid[:, 1], grid[:, 2]
    shut = (f[order < 0] < 0.05).all() and (i[order == 0] < 0.05).all() and (o[ask == 0] < 0.05).all()
    return bool(shut and (f[order >= 0] > 0.95).all() and (i[order > 0] > 0.9).all() and (o[ask > 0] > 0.5).all())


@pytest.mark.slow
def test_nine_of_ten_seeds_learn_all_four_commands() -> None:
    passed, solved = 0, []
    for seed in range(10):
        film = Film.of(BASE.change("seed", seed)).forward(STEPS)
        right = film.frames.score > 0.99
        solved.append(next((k for k in range(STEPS - 20) if right[k : k + 20].all()), STEPS))
        passed += strict(film.state) and bool(right[-20:].all())
    print(passed, solved)  # noqa: T201
    assert passed >= 9

"""Many nets at once: each is the net that it would be alone, to the last bit of its weights."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from rnnviz.experiment import Experiment
from rnnviz.film import Film, batch_at, slope, start
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.sweep import Axis
from rnnviz.rules import OFF, Adam, RmsProp, Sgd
from rnnviz.stacks import norms, numbers, slopes, stacked
from rnnviz.sweep import WORK, Grid, Sweep
from rnnviz.tasks.adding import Adding
from rnnviz.tasks.recall import Recall
from rnnviz.ui.house import SHELF, VIEWS

RATES = Axis("rule.rate", "rate", (0.01, 0.3, 10.0), log=True)
LIMITS = Axis("rule.clip", "threshold", (0.05, 1.0, OFF), log=True, off=True)
STEPS = 60
GRIDS = {
    "descent": Grid(Experiment(Recall(15), Rnn(24), Sgd(), batch=16), RATES, LIMITS),
    "momentum": Grid(
        Experiment(Recall(9), Rnn(16), Sgd(momentum=0.9, schedule="decay", over=40), batch=16), RATES, LIMITS
    ),
    "by value": Grid(Experiment(Recall(9), Rnn(16, squash="sigmoid"), Sgd(by="value"), batch=16), RATES, LIMITS),
    "Adam": Grid(Experiment(Recall(9), Rnn(16), Adam(), batch=16), RATES, LIMITS),
    "IRNN": Grid(
        Experiment(Recall(20), Irnn(20), Sgd(rate=0.05), batch=32), Axis("net.scale", "s", (0.5, 1.0, 2.0)), LIMITS
    ),
    "radius and lag": Grid(
        Experiment(Recall(), Rnn(24), Adam(clip=1.0), batch=16),
        Axis("task.lag", "T", (3, 15)),
        Axis("net.spread", "ρ", (0.5, 1.5)),
    ),
    "seeds": Grid(Experiment(Recall(15), Rnn(24), Sgd(clip=1.0), batch=16), RATES, Axis("seed", "seed", (0, 1, 7))),
}
named = pytest.mark.parametrize("name", GRIDS)


def close(ours, theirs) -> None:
    """Equal where both are numbers; neither is one in the same places."""
    np.testing.assert_allclose(ours, theirs.astype(np.float32), rtol=1e-6, atol=3e-7)


@named
def test_a_cell_opens_as_a_film_with_the_same_numbers(name) -> None:
    grid = GRIDS[name]
    phase = Sweep.of(grid).forward(STEPS).still(STEPS)
    for i in range(len(grid)):
        frames = Film.of(grid.cell(i)).forward(STEPS).frames
        close(phase.loss[:, i], frames.loss)
        close(phase.score[:, i], frames.score)
        close(phase.gradient[:, i], frames.gradient)


def test_the_weights_are_the_films_to_the_last_bit() -> None:
    grid = GRIDS["descent"]
    (stack,) = Sweep.of(grid).forward(STEPS).stacks
    for at, i in enumerate(stack.cells):
        for name, tensor in Film.of(grid.cell(i)).forward(STEPS).state.params.items():
            assert torch.equal(stack.params[name][at], tensor), (name, i)


@named
def test_in_pieces_it_is_the_same(name) -> None:
    born = Sweep.of(GRIDS[name])
    pieces, once = born.forward(1).forward(4), born.forward(5)
    np.testing.assert_array_equal(np.stack(pieces.rows), np.stack(once.rows))
    assert born.step == 0
    assert pieces.key == once.key == born.key


@pytest.mark.parametrize("net", [Rnn(12, spread=1.3), Rnn(12, squash="relu"), Irnn(12, scale=1.2, others=0.3)])
def test_gradients_are_those_of_torchs_own_net(net) -> None:
    grid = Grid(Experiment(Recall(6), net, Sgd(), batch=8), RATES, Axis("seed", "seed", (0, 3)))
    (stack,) = stacked([grid.cell(i) for i in range(len(grid))])
    batches = [batch_at(exp, 5) for exp in stack.exps]
    ours, _ = slopes(stack, torch.stack([b.x.transpose(0, 1) for b in batches]), torch.stack([b.y for b in batches]))
    for at, (exp, batch) in enumerate(zip(stack.exps, batches, strict=True)):
        params = {k: p.double().requires_grad_() for k, p in start(exp).params.items()}
        zero = torch.zeros(12, dtype=torch.float64)
        kind = torch.rnn_relu if getattr(net, "squash", "relu") == "relu" else torch.rnn_tanh
        weights = [params["wx"], params["wh"], params["bias"], zero]
        hidden = kind(batch.x.double(), torch.zeros(1, 8, 12).double(), weights, True, 1, 0.0, False, False, True)[0]
        logits = hidden @ params["out.weight"].T + params["out.bias"]
        theirs = torch.autograd.grad(exp.task.loss(logits, batch), list(params.values()))
        for name, grad in zip(params, theirs, strict=True):
            torch.testing.assert_close(ours[name][at], grad.float(), rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(norms(ours)[at], torch.cat([g.flatten() for g in theirs]).norm().float())
        assert slope(exp, start(exp).params, batch)[0].keys() == ours.keys()


def test_a_ruined_net_does_not_touch_its_neighbours() -> None:
    exp = Experiment(Recall(40), Irnn(16), Sgd(), batch=16)
    scales = (0.5, 1.0, 2.0)
    grid = Grid(exp, Axis("net.scale", "s", scales), Axis("rule.rate", "rate", (0.01, 10.0), log=True))
    both = Sweep.of(grid).forward(30).still(30)
    assert both.diverged.any()
    assert not both.diverged.all()
    alone = (
        Sweep.of(Grid(exp, Axis("net.scale", "s", scales[:1]), Axis("rule.rate", "rate", (0.01,))))
        .forward(30)
        .still(30)
    )
    np.testing.assert_array_equal(both.loss[:, 0], alone.loss[:, 0])
    assert not both.solved[both.diverged].any()


def test_it_is_over_when_no_net_has_numbers_left() -> None:
    exp = Experiment(Recall(60), Irnn(16, scale=2.0, others=1.0), Sgd(rate=10.0), batch=4)
    sweep = Sweep.of(Grid(exp, Axis("net.scale", "s", (1.9, 2.0)), Axis("seed", "seed", (0, 1)))).forward(40)
    assert sweep.over
    assert sweep.still(40).diverged.all()
    assert not Sweep.of(GRIDS["descent"]).over


@pytest.mark.parametrize(
    ("exp", "words"),
    [
        (Experiment(Recall(), Lstm(), Sgd()), "Lstm cannot be stacked"),
        (Experiment(Recall(), Rnn(), RmsProp()), "RmsProp cannot be stacked"),
        (Experiment(Adding(), Rnn(), Sgd()), "Adding cannot be stacked"),
    ],
)
def test_what_cannot_be_stacked_is_refused(exp, words) -> None:
    with pytest.raises(TypeError, match=words):
        Sweep.of(Grid(exp, RATES, LIMITS))


def test_too_many_cells_are_refused() -> None:
    wide = Axis("rule.rate", "rate", tuple(np.linspace(0.1, 1, 40).tolist()))
    with pytest.raises(ValueError, match="1600 cells; at most 1024"):
        Sweep.of(Grid(GRIDS["descent"].exp, wide, Axis("seed", "seed", tuple(range(40)))))


@given(st.integers(0, 8))
def test_the_cell_of_its_own_settings_is_itself(i) -> None:
    grid = GRIDS["descent"]
    assert grid.nearest(grid.cell(i)) == i
    assert grid.key == Grid(grid.cell(i), grid.across, grid.up).key  # where one stands is no part of the sweep


def test_off_is_drawn_one_stride_above_and_all_beyond_is_off() -> None:
    assert LIMITS.places.tolist() == [0.05, 1.0, 20.0]
    assert [LIMITS.nearest(v) for v in (0.001, 0.2, 1.0, 4.0, 5.0, OFF)] == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("preset", ["the same, harder", "lag × spectral radius", "lag × identity", "rate × seed"])
def test_every_diagram_opens_and_its_chosen_cell_is_the_film_below(preset) -> None:
    SHELF.clear()
    VIEWS.clear()
    app = AppTest.from_file("../app.py", default_timeout=120)
    app.query_params["preset"] = preset
    app.run().switch_page("pages/lab/sweep.py").run()
    assert not app.exception
    above, below = VIEWS.all()
    sweep = above.originals["all nets"].opened(None)
    assert isinstance(sweep, Sweep)
    chosen, checked = above.looks
    assert isinstance(chosen, int)
    assert isinstance(checked, tuple)
    assert {checked[0], checked[-1]} == {0, len(sweep.grid) - 1}
    assert below.originals["the chosen net"].exp == sweep.grid.cell(chosen)
    assert len(sweep.grid) * numbers(sweep.exp) <= 1.5 * WORK
    assert above.originals["all nets"].exp == sweep.exp  # so that a click finds its sliders


@pytest.mark.slow
def test_the_band_of_rates_and_thresholds_is_diagonal_and_without_clipping_large_rates_fail() -> None:
    rates, limits = (0.01, 0.1, 0.3, 1.0, 3.0, 10.0), (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, OFF)
    across, up = Axis("rule.rate", "rate", rates, True), Axis("rule.clip", "threshold", limits, True, off=True)
    good = 0
    for seed in range(10):
        exp = Experiment(Recall(15), Rnn(24, spread=1.5), Sgd(), batch=16, seed=seed)
        phase = Sweep.of(Grid(exp, across, up)).forward(200).still(200)
        solved = phase.grid(phase.solved)
        clipped = solved[:-1]
        highest = [len(clipped) - 1 - int(column[::-1].argmax()) for column in clipped.T]
        falls = highest[2] > highest[3] > highest[-1] and highest[0] == len(clipped) - 1
        good += bool(clipped.any(0).all() and not solved[-1, 3:].any() and falls)
    assert good >= 9


@pytest.mark.slow
def test_an_irnn_remembers_forty_steps_only_if_it_starts_above_the_identity() -> None:
    exp = Experiment(Recall(40), Irnn(24), Adam(rate=0.001, clip=1.0), batch=16)
    grid = Grid(exp, Axis("seed", "seed", tuple(range(10))), Axis("net.scale", "s", (0.9, 0.94, 1.06)))
    phase = Sweep.of(grid).forward(200).still(200)
    forgetful, nearly, above = phase.grid(phase.solved).sum(1)
    assert forgetful + nearly <= 1
    assert above >= 9

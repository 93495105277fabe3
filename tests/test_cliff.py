"""The runs over the cliff: what is published about them, and what the page claims."""

import inspect
from pathlib import Path

import numpy as np
import pytest
import torch

from rnnviz.experiment import Experiment
from rnnviz.figures import surface
from rnnviz.film import Film, advance, slope, start
from rnnviz.measure.descent import VIEWS, checked_slope, scenery, slope_at, view_of, walk
from rnnviz.nets.unit import Unit
from rnnviz.rules import Adam, RmsProp, Sgd
from rnnviz.tasks.target import Target

STARTS = [  # w, b, rate, threshold; length and number of the longest update without clipping, E at its end
    (4.6, -2.5, 0.1, 1.0, 1.31, 4, 0.044),
    (5.5, -2.45, 0.1, 1.0, 1.18, 73, 0.063),
    (4.7, -2.1, 0.05, 1.0, 1.32, 45, 0.074),
    (4.5, -2.75, 0.1, 1.0, 1.79, 29, 0.081),
    (4.6, -1.4, 1.0, 0.25, 7.3, 12, 0.09),
    (3.9, -1.8, 1.5, 0.25, 3.58, 1, 0.087),
]


def run(w, b, rule, steps=300, nudge=0.0, seed=0):
    return Film.of(Experiment(Target(), Unit(w, b, nudge), rule, batch=1, seed=seed)).forward(steps).still(steps)


@pytest.mark.parametrize(("w", "b", "rate", "limit", "jump", "at", "end"), STARTS)
def test_without_clipping_it_is_thrown_and_with_clipping_it_arrives(w, b, rate, limit, jump, at, end):
    free, cut = (walk(run(w, b, rule)) for rule in (Sgd(rate=rate), Sgd(rate=rate, clip=limit)))
    assert free.longest == (at, pytest.approx(jump, rel=0.01))
    assert free.loss[-1] == pytest.approx(end, rel=0.02)
    assert cut.longest[1] <= rate * limit * (1 + 1e-9)
    assert cut.loss.min() < 1e-3
    assert cut.loss[-1] < 2e-3


def test_where_the_published_clipped_runs_end():
    ends = {(4.6, -2.5, 0.1): (4.380, -2.207), (5.5, -2.45, 0.1): (4.397, -2.231), (4.7, -2.1, 0.05): (4.441, -2.260)}
    for (w, b, rate), end in ends.items():
        last = walk(run(w, b, Sgd(rate=rate, clip=1.0)))
        assert (last.w[-1], last.b[-1]) == pytest.approx(end, abs=0.03)  # it bounces: not to the last digit
    thrown = walk(run(4.6, -1.4, Sgd(rate=1.0)))
    assert (thrown.w[-1], thrown.b[-1]) == pytest.approx((7.52, 4.38), abs=0.005)


@pytest.mark.slow
def test_how_often_a_nudge_saves_the_unclipped_run():
    """The page's table: thrown further than 1, of 20 nudges of 0.02; the clipped run always arrives."""
    counts = []
    for w, b, rate, limit, *_ in STARTS:
        free = [walk(run(w, b, Sgd(rate=rate), nudge=0.02, seed=s)).longest[1] > 1 for s in range(20)]
        cut = [walk(run(w, b, Sgd(rate=rate, clip=limit), nudge=0.02, seed=s)).loss.min() < 1e-3 for s in range(20)]
        counts.append(sum(free))
        assert sum(cut) >= 19
    assert counts == pytest.approx([16, 19, 12, 9, 20, 20], abs=2)


def test_the_net_is_float64_and_its_gradient_that_of_a_plain_loop():
    exp = Experiment(Target(), Unit(4.45, -2.2), Sgd(), batch=1)
    state, frames = advance(exp, start(exp), 5)
    assert {p.dtype for p in state.params.values()} == {torch.float64}
    assert frames.trace.shape == (5, 2)
    assert tuple(frames.trace[0]) == (4.45, -2.2)
    assert np.isfinite(frames.score).all()
    found = slope(exp, state.params, exp.task.sample(torch.Generator(), 1))[0]
    still = Film.of(exp).forward(5).still(5)
    ours, theirs = checked_slope([still])
    np.testing.assert_allclose([found["w"].item(), found["b"].item()], theirs[0], rtol=1e-10)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize("rule", [Sgd(), Sgd(clip=0.1, momentum=0.9), Sgd(clip=0.1, by="value"), RmsProp(), Adam()])
def test_training_in_pieces_is_training_at_once(rule):
    exp = Experiment(Target(), Unit(), rule, batch=1)
    whole, (half, _) = advance(exp, start(exp), 20)[0], advance(exp, start(exp), 7)
    pieces = advance(exp, half, 13)[0]
    assert all(torch.equal(whole.params[k], pieces.params[k]) for k in ("w", "b"))
    assert whole.params["w"].dtype == torch.float64


def test_the_seed_turns_the_nudge_and_nothing_else():
    starts = [start(Experiment(Target(), Unit(nudge=n), Sgd(), batch=1, seed=s)).params for n, s in ((0, 1), (0, 2))]
    assert [p.item() for p in starts[0].values()] == [p.item() for p in starts[1].values()]
    for seed in range(3):
        moved = start(Experiment(Target(), Unit(nudge=0.02), Sgd(), batch=1, seed=seed)).params
        assert np.hypot(moved["w"].item() - 4.6, moved["b"].item() + 2.5) == pytest.approx(0.02)


def test_the_arrows_are_the_latest_update():
    still = run(4.6, -2.5, Sgd(rate=0.1, clip=1.0), steps=5)
    path = walk(still)
    np.testing.assert_allclose(path.applied, [path.w[-1] - path.w[-2], path.b[-1] - path.b[-2]], rtol=1e-9)
    np.testing.assert_allclose(np.hypot(*path.raw), 0.1 * still.frames.gradient[-1], rtol=1e-9)
    np.testing.assert_allclose(np.hypot(*path.applied), 0.1 * still.frames.applied[-1], rtol=1e-9)
    assert walk(run(4.6, -2.5, Sgd(), steps=0)).longest == (0, 0.0)


def test_a_run_that_is_no_number_any_more_can_still_be_drawn():
    assert np.isnan(slope_at(Target(), np.array([np.nan, 0.0]))).all()
    path = walk(run(4.6, -2.5, Sgd(), steps=3))
    lost = type(path)(
        np.append(path.w, np.nan),
        np.append(path.b, np.nan),
        np.append(path.loss, np.nan),
        path.origin,
        np.full(2, np.nan),
        np.full(2, np.inf),
    )
    assert view_of([path]) == 0
    assert view_of([lost]) == 2
    land = scenery(Target(), 2)
    surface.relief(land, {"a": lost}, {"a": "#000000"})
    surface.chart(land, {"a": lost}, {"a": "#000000"}, lost)


@pytest.mark.parametrize("view", range(len(VIEWS)))
def test_what_stands_still_is_the_same_at_every_step(view):
    land = scenery(Target(), view)
    assert land is scenery(Target(), view)
    assert land.wall >= 6e3
    assert land.seen < 1
    assert land.sheet.wall[np.abs(land.sheet.w - 5).argmin()] >= 6e3
    assert land.sheet.loss.size <= 61 * 81
    low, high, _, below, above = VIEWS[view]
    assert (land.even.w[0], land.even.w[-1], land.even.b[0], land.even.b[-1]) == (low, high, below, above)


def scene_of_the_page():
    """`scene`, `runs_of`, BASE and COLOURS of the page without its widgets."""
    page = (Path(__file__).parents[1] / "pages/training/cliff.py").read_text(encoding="utf-8")
    head, rest = page.split("# --- what it asks")
    space: dict = {}
    exec(compile(head + "def runs_of" + rest.split("def runs_of")[1].split("\nplay(")[0], "cliff.py", "exec"), space)
    return space


def test_the_scene_says_what_is_there():
    page = scene_of_the_page()
    films = {name: Film.of(exp) for name, exp in page["runs_of"](page["BASE"]).items()}
    assert list(films) == list(page["COLOURS"])
    for step in (0, 30):
        drawn = page["scene"](step, {name: film.still(step) for name, film in films.items()})
        assert drawn.judge.agrees
        assert any("6,77" in panel.title for panel in drawn.panels)
        assert drawn.numbers["wall_slope"].max() >= 6e3
        assert all(panel.alt and panel.figure["data"] for panel in drawn.panels)
        films = {name: film.forward(30) for name, film in films.items()}
    assert "Update 5 of the run without clipping threw it 1.31 away" in drawn.says


def test_a_wrong_recursion_turns_the_judge_red(monkeypatch):
    page = scene_of_the_page()
    monkeypatch.setattr("rnnviz.measure.descent.slope_at", lambda task, point: np.array([1.0, 2.0]))
    still = Film.of(page["BASE"]).still(0)
    drawn = page["scene"](0, {page["NORM"]: still})
    assert not drawn.judge.agrees


def test_figures_take_no_torch():
    assert "torch" not in inspect.getsource(surface)

"""The race of the cells: the same data for all, prices, who has arrived; and its claims over seeds."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.figures.race import STYLE, podium
from rnnviz.film import Film, batch_at, forward
from rnnviz.measure.question import LETTERS, asked
from rnnviz.measure.race import (
    CELLS,
    HELD,
    WINDOW,
    best_rate,
    chance,
    counted,
    entrants,
    judged,
    level,
    prices,
    smoothed,
    solved_at,
    standing,
)
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.frames import Frames
from rnnviz.records.race import Standing
from rnnviz.rules import Adam
from rnnviz.tasks.adding import Adding
from rnnviz.tasks.copy import Copy
from rnnviz.tasks.digits import Digits
from rnnviz.tasks.echo import Echo
from rnnviz.tasks.order import CLASSES, Order
from rnnviz.tasks.recall import Recall

BASE = Experiment(Recall(lag=50), Rnn(), Adam(clip=0.1), batch=32)
SMALL = Experiment(Recall(lag=6), Rnn(), Adam(clip=0.1), batch=8)
TASKS: tuple[Any, ...] = (Recall(lag=6), Adding(8), Order(10), Copy(3, 2), Echo(4, 31), Digits())
shares = st.lists(st.floats(0, 1), max_size=80)


def runs_of(exp: Experiment, hidden: int = 32) -> dict[str, Experiment]:
    return entrants(exp, hidden, {name: best_rate(exp.task, name) for name in CELLS})


def frames_with(score: list[float]) -> Frames:
    rows = np.zeros((len(score), 6))
    rows[:, 0], rows[:, 2] = np.arange(len(score)), score
    return Frames.of(rows, np.empty((len(score), 0)))


def test_all_run_on_the_same_data_with_the_same_number_of_units() -> None:
    runs = runs_of(SMALL, 7)
    first = batch_at(SMALL, 3)
    for name, exp in runs.items():
        assert (batch_at(exp, 3).x == first.x).all()
        assert exp.net.hidden == 7  # pyright: ignore[reportAttributeAccessIssue]
        assert exp.rule == Adam(rate=best_rate(exp.task, name), clip=0.1)
    assert set(runs) == set(CELLS) == set(STYLE)


@pytest.mark.parametrize("name", CELLS)
def test_equal_numbers_are_as_many_units_as_fit(name: str) -> None:
    wanted = counted(Lstm(16), SMALL.task)
    exp = entrants(SMALL, 16, {name: 0.01}, same_size=True)[name]
    larger = replace(exp.net, hidden=exp.net.hidden + 1)  # pyright: ignore
    assert counted(exp.net, SMALL.task) <= wanted < counted(larger, SMALL.task)


@given(shares)
def test_a_smoothed_score_is_the_mean_of_the_last_twenty(score: list[float]) -> None:
    plain = [sum(score[max(0, t - 19) : t + 1]) / min(t + 1, 20) for t in range(len(score))]
    assert smoothed(np.array(score)) == pytest.approx(plain, abs=1e-12)


@given(shares, st.floats(0.05, 1))
def test_solved_means_twenty_batches_in_a_row(score: list[float], wanted: float) -> None:
    found = solved_at(frames_with(score), wanted)
    means = {end: sum(score[end - WINDOW : end]) / WINDOW for end in range(WINDOW, len(score) + 1)}
    if math.isnan(found):
        assert all(mean < wanted + 1e-9 for mean in means.values())
    else:
        assert means[int(found)] > wanted - 1e-9
        assert all(mean < wanted + 1e-9 for end, mean in means.items() if end < found)


def test_a_price_is_measured_once_for_a_size_and_grows_with_the_work() -> None:
    short, long = (Experiment(Recall(lag=lag), Rnn(), Adam()) for lag in (10, 120))
    cheap, dear = prices([short, long])
    assert 0 < cheap < dear
    again = [exp.change("seed", 5).change("rule.rate", 0.3) for exp in (short, long)]
    assert prices(again) == (cheap, dear)


@pytest.mark.parametrize("task", TASKS, ids=lambda t: type(t).__name__)
def test_every_cell_is_judged_on_every_task(task: Any) -> None:
    for exp in runs_of(Experiment(task, Rnn(), Adam(clip=0.1), batch=4), 6).values():
        ours, theirs = judged(Film.of(exp).forward(2).still(2))
        assert ours.shape[-1] == task.outputs
        assert np.abs(ours - theirs).max() < 1e-4


def test_numbers_are_counted_as_on_paper() -> None:
    inputs, outputs, h, slow = 4, 4, 12, 8
    block, out = h * (inputs + h + 1), (h + 1) * outputs
    paper = {
        "tanh RNN, ρ = 1": block + out,
        "IRNN": block + out,
        "LSTM, forget bias 1": 4 * block + out,
        "LSTM of 1997": 3 * block + out,
        "GRU, keep bias 0": 3 * block + out,
        "Clockwork": block + out - 2 * 2 * 15,  # six modules of two units: fifteen pairs of them do not hear each other
        "SCRN": block + out + slow * inputs + h * slow + slow * outputs,
    }
    runs = runs_of(SMALL, h)
    assert {name: counted(runs[name].net, SMALL.task) for name in paper} == paper


def test_a_standing_says_who_scores_what() -> None:
    films = {name: Film.of(exp).forward(30) for name, exp in runs_of(SMALL, 8).items()}
    stand = standing({name: film.still(30) for name, film in films.items()}, (0.001,) * len(films))
    for score, solved, film in zip(stand.score, stand.solved, films.values(), strict=True):
        assert score == pytest.approx(film.frames.score[-WINDOW:].mean())
        assert math.isnan(solved) or film.frames.score[int(solved) - WINDOW : int(solved)].mean() >= level(SMALL.task)
    assert (stand.chance, stand.level) == (0.25, 0.99)
    begun = standing({name: film.still(0) for name, film in films.items()}, (0.001,) * len(films))
    assert np.isnan(begun.score).all()
    assert (podium(begun)["data"][0]["x"] == 0.25).all()


def test_digits_are_examined_on_images_that_were_held_out() -> None:
    exp = Experiment(Digits(), Rnn(), Adam(), batch=4)
    held = Digits().held_out()
    film = Film.of(exp).forward(1)
    said = forward(exp, film.state.params, held).logits[:HELD, -1].argmax(-1)
    stand = standing({"tanh RNN, ρ = 1": film.still(1)}, (0.001,))
    assert stand.score[0] == pytest.approx(float((said == held.y[:HELD]).float().mean()))


def test_the_order_is_who_solved_it_first_and_then_who_scores_most() -> None:
    solved = np.array([np.nan, 80.0, 40.0, np.nan])
    stand = Standing(
        tuple("abcd"), np.ones(4, int), np.ones(4), np.array([0.3, 0.99, 0.99, np.nan]), solved, 0.25, 0.99
    )
    assert [stand.names[k] for k in stand.order] == ["c", "b", "a", "d"]
    with pytest.raises(ValueError, match="names"):
        Standing(("a",), stand.parameters, stand.seconds, stand.score, stand.solved, 0.25, 0.99)


def test_chances_and_levels() -> None:
    assert [chance(task) for task in TASKS] == pytest.approx([1 / 4, 0.19, 1 / 4, 1 / 4, 1 / 2, 1 / 10])
    assert [level(task) for task in TASKS] == [0.99, 0.95, 0.99, 0.99, 0.99, 0.9]


@pytest.mark.parametrize("task", TASKS, ids=lambda t: type(t).__name__)
def test_a_question_is_answered_in_words(task: Any) -> None:
    exp = Experiment(task, Rnn(), Adam(), batch=2, seed=3)
    found, batch = asked(exp), batch_at(exp, 0)
    y = batch.y[0]
    if isinstance(task, Digits):
        assert (found.x.flatten() == batch.x[0, :, 0].numpy()).all()
        assert found.answer.endswith(f" {int(y)}")
        return
    assert (found.x == batch.x[0].numpy()).all()
    read = [found.rows[row.argmax()] for row in found.x]
    if isinstance(task, Recall):
        assert found.answer.endswith(f" {read[0]}")
    elif isinstance(task, Order):
        assert found.answer.endswith(" then ".join(s for s in read if s in "AB"))
        assert " then ".join(CLASSES[int(y)]) in found.answer
    elif isinstance(task, Copy):
        assert found.answer.endswith(" ".join(read[: task.width]))
        assert read[task.width :] == ["blank"] * task.pause + ["now!"] + ["blank"] * (task.width - 1)
    elif isinstance(task, Echo):
        assert set(read) <= set(LETTERS[: task.symbols])
    else:
        assert f"{float((found.x[:, 0] * found.x[:, 1]).sum()):.2f}" in found.answer


@pytest.mark.slow
def test_a_bias_at_birth_decides_who_recalls_fifty_steps() -> None:
    able = ("LSTM, forget bias 3", "LSTM of 1997", "GRU, keep bias 3", "Clockwork", "IRNN")
    unable = ("LSTM, forget bias 0", "GRU, keep bias 0")
    shown = 0
    for seed in range(10):
        runs = runs_of(BASE.change("seed", seed))
        good = [solved_within(runs[name], 300) for name in able]
        bad = [Film.of(runs[name]).forward(300).frames.score[-50:].mean() for name in unable]
        shown += sum(good) >= 4 and max(bad) < 0.4
    assert shown >= 9


def solved_within(exp: Experiment, steps: int) -> bool:
    film = Film.of(exp)
    while film.step < steps and math.isnan(solved_at(film.frames, 0.99)):
        film = film.forward(40)
    return not math.isnan(solved_at(film.frames, 0.99))

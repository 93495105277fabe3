"""Answers that lie ahead: the tasks, who can hear the future, and that depth does not help."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import Film, State, forward, start
from rnnviz.measure.foresight import asked, foresight, judged, reach, read, rivals
from rnnviz.nets.deep import Deep
from rnnviz.nets.simple import Rnn
from rnnviz.rules import Adam
from rnnviz.tasks.future import NONE, Ahead, Future, Settled, Tomorrow
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.spec import Batch, dice
from rnnviz.tasks.symbols import Quote

TASKS = (Settled(), Ahead(), Tomorrow())
BASE = Experiment(Settled(), Deep(hidden=32, layers=2), Adam(rate=0.01, clip=1.0), batch=32)
named = pytest.mark.parametrize("task", TASKS, ids=lambda t: type(t).__name__)


def by_hand(task: Future, text: str) -> list[int]:
    """The right classes by looking at the text."""
    found = []
    for t, symbol in enumerate(text):
        if isinstance(task, Settled):
            after = next((c for c in text[t:] if c in "+-"), "")
            found.append(1 + "+-".index(after) if symbol == "x" else 0)
        else:
            later = t + (task.ahead if isinstance(task, Ahead) else 1)
            found.append(task.alphabet.index(text[later]) if later < len(text) else NONE)
    return found


@named
@settings(max_examples=30)
@given(seed=st.integers(0, 999), length=st.integers(8, 60))
def test_answers_are_what_one_reads_off_the_text(task, seed, length) -> None:
    task = type(task)(length=length)
    batch = task.sample(dice(seed), 3)
    for row, marks in zip(batch.x.argmax(-1).tolist(), batch.y.tolist(), strict=True):
        text = "".join(task.alphabet[k] for k in row)
        assert marks == by_hand(task, text)
        assert torch.equal(task.numbers(text), torch.tensor([row]))


@settings(max_examples=20)
@given(st.integers(0, 6), st.integers(0, 99))
def test_the_right_answers_score_one_and_the_past_alone_its_share(ahead, seed) -> None:
    for task in (Ahead(ahead=ahead), Settled(), Tomorrow(goes_on=0.8)):
        batch = task.sample(dice(seed), 200)
        sure = 9.0 * torch.nn.functional.one_hot(batch.y.clamp(min=0), task.outputs)
        assert task.score(sure, batch) == 1
        assert task.loss(sure, batch) < 0.01
    today = Tomorrow(goes_on=0.8).sample(dice(seed), 400)
    assert Tomorrow(goes_on=0.8).score(today.x, today) == pytest.approx(0.8, abs=0.03)


def test_an_x_that_nothing_settles_is_refused_by_its_place() -> None:
    with pytest.raises(Unreadable, match="symbol 4, an x, is never settled"):
        Settled().numbers("x+.x.")
    assert Settled().numbers("x-..").shape == (1, 4)


@named
@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"])
def test_depth_hears_nothing_of_the_future_and_the_second_direction_all(task, cell) -> None:
    exp = BASE.change("task", task).change("net", Deep(hidden=8, layers=3, cell=cell))
    x = task.sample(dice(1), 1).x
    for run in rivals(exp).values():
        state = start(run)
        said = forward(run, state.params, Batch(x, None)).logits[0].argmax(-1)
        future = np.triu(reach(run, state, x, said), 1)
        assert (future > 0).sum() == (105 if run.net.bidirectional else 0)  # type: ignore[attr-defined]


def test_influence_is_the_slope_of_the_answer() -> None:
    exp = rivals(BASE)["both directions"]
    state, task = start(exp), asked(BASE)
    params = {k: p.double() for k, p in state.params.items()}
    x = task.sample(dice(2), 1).x.double()
    said = forward(exp, params, Batch(x, None)).logits[0].argmax(-1)
    ours = reach(exp, State(0, params, {}), x, said)
    for t, s in ((3, 3), (3, 8), (9, 1)):
        slopes = []
        for k in range(4):
            nudge = torch.zeros_like(x)
            nudge[0, s, k] = 1e-6
            up, down = (forward(exp, params, Batch(x + sign * nudge, None)).logits[0, t, said[t]] for sign in (1, -1))
            slopes.append(float(up - down) / 2e-6)
        assert ours[t, s] == pytest.approx(np.linalg.norm(slopes), rel=1e-5)


@named
def test_foresight_is_the_net_on_every_text_cut_off(task) -> None:
    for run in rivals(BASE.change("task", task)).values():
        state = Film.of(run).forward(15).state
        far = foresight(run, state, size=4)
        batch = task.sample(dice(run.seed, state.step + 1_000_000), 4)
        for k in (0, 1, 4):
            good = []
            for t in range(15 - k):
                logits = forward(run, state.params, Batch(batch.x[:, : t + k + 1], None)).logits[:, t]
                good += (logits.argmax(-1) == batch.y[:, t])[task.counts(batch.y)[:, t]].tolist()
            assert far.share[k] == pytest.approx(np.mean(good))


@named
def test_a_reading_is_the_plain_loops(task) -> None:
    text = "".join(task.alphabet[k] for k in task.draw(dice(5), 1)[0])
    for run in rivals(BASE.change("task", task).change("net.layers", 3)).values():
        state = start(run)
        ours, theirs = judged(run, state, text)
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
        seen = read(run, state, text)
        assert list(seen.right) == by_hand(task, text)
        assert list(seen.said) == list(theirs[:, : task.outputs].argmax(-1))
        top = list(seen.layers.values())[-1 - run.net.bidirectional :]  # type: ignore[attr-defined]
        np.testing.assert_allclose(np.concatenate(top, -1), theirs[:, task.outputs :], atol=1e-5)


def test_other_nets_and_tasks_are_refused() -> None:
    with pytest.raises(TypeError, match="Rnn has no layers"):
        rivals(BASE.change("net", Rnn()))
    with pytest.raises(TypeError, match="Quote asks for nothing"):
        foresight(BASE.change("task", Quote()), start(BASE.change("task", Quote())))


@pytest.mark.slow
@pytest.mark.parametrize(("task", "steps"), [(Settled(), 160), (Ahead(), 60), (Tomorrow(), 60)])
def test_direction_helps_and_depth_does_not(task, steps) -> None:
    """In at least 9 of 10 seeds: both ways exact, either depth at what the past can tell; live, all three are there."""
    good = 0
    for seed in range(10):
        shares, live = {}, {}
        for name, run in rivals(BASE.change("task", task).change("seed", seed)).items():
            film = Film.of(run).forward(steps)
            shares[name], live[name] = film.frames.score[-20:].mean(), foresight(run, film.state, 512).share[0]
        *forwards, both = shares.values()
        near = [abs(share - task.past) < 0.07 for share in (*forwards, *live.values())]
        good += both > 0.99 and all(near)
    assert good >= 9

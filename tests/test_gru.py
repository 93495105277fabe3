"""What stays and what enters in three cells, and how far each counts."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import Film, State, forward, start
from rnnviz.measure.cells import parameters
from rnnviz.measure.coupling import beyond, blocks, coupled, found, judged, rivals
from rnnviz.nets.gru import Gru
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.rules import Adam
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.symbols import Brackets, Counting, FlipFlop, Quote

STEPS = 400
BASE = Experiment(
    Quote(), Gru(hidden=10, keep=2.0), Adam(rate=0.05, clip=1.0, schedule="one-cycle", over=STEPS), batch=32
)
CELLS = tuple(rivals(BASE, same_size=False).values())


def wild(exp: Experiment, seed: int) -> dict[str, torch.Tensor]:
    dice = torch.Generator().manual_seed(seed)
    return {k: 0.5 * torch.randn(p.shape, generator=dice) for k, p in start(exp).params.items()}


@pytest.mark.parametrize("exp", CELLS, ids=lambda e: type(e.net).__name__)
@settings(max_examples=25)
@given(st.text('abc"', min_size=1, max_size=40), st.integers(0, 99))
def test_shares_make_the_memory_and_are_the_loops(exp, text, seed) -> None:
    """memory_t = kept_t·memory_{t−1} + entered_t·candidate_t, in whatever net and text."""
    params = wild(exp, seed)
    x = exp.task.batch(exp.task.numbers(text)).x
    shares = {k: v[0].double().numpy() for k, v in found(exp, params, x).items()}
    before = np.vstack([np.zeros((1, 10)), shares["memory"][:-1]])
    mixed = shares["kept"] * before + shares["entered"] * shares["candidate"]
    np.testing.assert_allclose(shares["memory"], mixed, atol=2e-5)
    ours, theirs = judged(exp, State(0, params, {}), text)
    np.testing.assert_allclose(ours, theirs, atol=2e-4)
    if isinstance(exp.net, Gru):
        np.testing.assert_allclose(shares["kept"] + shares["entered"], 1.0, atol=1e-6)


def test_a_look_is_in_the_order_of_the_best_memory() -> None:
    state = Film.of(BASE).forward(150).state
    seen = coupled(BASE, state, 'ab"c"a')
    assert (np.diff(np.abs(seen.corr)) <= 0).all()
    assert sorted(seen.order) == list(range(10))
    assert list(seen.held) == list(seen.right) == [0, 0, 1, 1, 0, 0]
    x = Quote().batch(Quote().numbers('ab"c"a')).x
    np.testing.assert_array_equal(seen.memory, found(BASE, state.params, x)["memory"][0].numpy()[:, seen.order])
    with pytest.raises(Unreadable, match="not known here"):
        coupled(BASE, state, "abd")


@given(st.integers(1, 60))
@settings(max_examples=15)
def test_parameters_block_by_block(hidden) -> None:
    exp = BASE.change("net", Gru(hidden))
    for run in (exp, *rivals(exp, same_size=False).values()):
        assert sum(blocks(run).values()) == parameters(run)
    gate = hidden * (4 + hidden + 1)
    assert blocks(exp) == {"r": gate, "z": gate, "n": gate, "output": 2 * (hidden + 1)}


def test_an_lstm_of_the_same_size_has_fewer_units() -> None:
    ours = parameters(BASE)
    fair = rivals(BASE, same_size=True)["LSTM"]
    assert isinstance(fair.net, Lstm)
    assert fair.net.hidden == 8
    assert all(
        abs(parameters(fair) - ours) <= abs(parameters(fair.change("net.hidden", h)) - ours) for h in range(1, 20)
    )
    with pytest.raises(TypeError, match="Rnn is no GRU"):
        rivals(BASE.change("net", Rnn()), same_size=True)


def test_beyond_is_the_net_word_by_word() -> None:
    exp = BASE.change("task", Counting())
    state = Film.of(exp).forward(120).state
    far = beyond(exp, state)
    for n in (1, 4, 6, 9, 30):
        batch = Counting().batch(torch.tensor([[0] * n + [1] * n]))
        right = (forward(exp, state.params, batch).logits.argmax(-1) == batch.y).all()
        assert far.share[n - 1] == float(right)
    assert (far.trained, len(far.at)) == (6, 30)


def test_beyond_goes_on_in_time_where_it_can() -> None:
    exp = BASE.change("task", FlipFlop(length=8))
    far = beyond(exp, start(exp))
    assert (len(far.at), far.trained) == (32, 8)
    with pytest.raises(TypeError, match="Brackets"):
        beyond(BASE.change("task", Brackets()), start(BASE.change("task", Brackets())))


def ended(exp: Experiment, seed: int) -> tuple[Film, State]:
    film = Film.of(exp.change("seed", seed)).forward(STEPS)
    return film, film.state


@pytest.mark.slow
def test_the_old_goes_when_the_new_comes() -> None:
    """Quotation marks: in at least 9 of 10 seeds the GRU is right, and z is below 0.15 at a mark, above 0.5 at letters."""
    good = 0
    for seed in range(10):
        film, state = ended(BASE, seed)
        seen = coupled(film.exp, state, 'abc"cab"a"bb"ccc"ab"a')
        mark = np.array([c == '"' for c in 'abc"cab"a"bb"ccc"ab"a'])
        z = seen.kept[:, 0]
        good += film.frames.score[-20:].mean() > 0.99 and z[mark].mean() < 0.15 and z[~mark].mean() > 0.5
    assert good >= 9


@pytest.mark.slow
def test_the_lstm_counts_farther_than_the_gru() -> None:
    """aⁿbⁿ, trained up to n = 6: a GRU stops at 7 at the latest (Weiss, Goldberg & Yahav 2018)."""
    exp, farther = BASE.change("task", Counting()), 0
    for seed in range(10):
        reach = {}
        for name, run in rivals(exp, same_size=False).items():
            if name != "LSTM of 1997":
                film, state = ended(run, seed)
                reach[name] = beyond(film.exp, state).reach
        farther += reach["GRU"] <= 8 and reach["LSTM"] > reach["GRU"]
    assert farther >= 9

"""The laws that every page leans on."""

import pickle
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import Film, State, advance, batch_at, start
from rnnviz.nets.build import NETS, born
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.nets.tanh import unrolled
from rnnviz.records.frames import Frames
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam, RmsProp, Sgd, clipped, norm, pace
from rnnviz.tasks.characters import Characters

SMALL = Experiment(Characters(length=8), Rnn(hidden=6), Sgd(momentum=0.9), batch=4)
RULES = [Sgd(), Sgd(momentum=0.9), RmsProp(), Adam(), Adam(schedule="one-cycle", over=10)]


def same(a: State, b: State) -> bool:
    return a.step == b.step and all(torch.equal(a.params[k], b.params[k]) for k in a.params)


@settings(max_examples=20)
@given(a=st.integers(0, 6), b=st.integers(0, 6), seed=st.integers(0, 3), rule=st.sampled_from(RULES))
def test_in_pieces_is_at_once(a, b, seed, rule) -> None:
    exp = replace(SMALL, seed=seed, rule=rule)
    once, film = advance(exp, start(exp), a + b)
    half, first = advance(exp, start(exp), a)
    whole, second = advance(exp, half, b)
    assert same(once, whole)
    for f in fields(Frames):
        np.testing.assert_array_equal(getattr(film, f.name), getattr(first + second, f.name))


def test_advance_leaves_its_argument_alone() -> None:
    state = start(SMALL)
    before = pickle.dumps(state)
    advance(SMALL, state, 3)
    assert same(pickle.loads(before), state)


@settings(max_examples=10)
@given(step=st.integers(0, 120), slices=st.lists(st.integers(1, 17), min_size=12, max_size=20))
def test_rewinding_replays_exactly(step, slices) -> None:
    film = Film.of(SMALL)
    for n in slices:
        film = film.forward(n, budget=6)
    assert len(film.keyframes) <= 6
    assert film.keyframes[0].step == 0
    step = min(step, film.step)
    assert same(film.at(step), advance(SMALL, start(SMALL), step)[0])
    assert len(film.still(step).frames) == step


def test_keyframes_stay_evenly_apart() -> None:
    film = Film.of(SMALL)
    for _ in range(300):
        film = film.forward(1, budget=8)
    gaps = np.diff([k.step for k in film.keyframes])
    assert gaps.max() <= 2 * gaps.min()
    assert film.step - film.keyframes[-1].step <= gaps.max()


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_an_unchanged_fork_is_bit_identical(rule) -> None:
    exp = replace(SMALL, rule=rule)
    film = Film.of(exp).forward(10)
    fork = film.fork(exp, step=6).forward(4)
    assert same(fork.state, film.state)
    np.testing.assert_array_equal(fork.frames.loss, film.frames.loss)


def test_a_changed_setting_in_mid_flight_is_a_fork() -> None:
    film = Film.of(SMALL).forward(10)
    fork = film.fork(SMALL.change("rule.rate", 0.5), step=6).forward(4)
    assert fork.step == 10
    assert not same(fork.state, film.state)
    np.testing.assert_array_equal(fork.frames.loss[:6], film.frames.loss[:6])
    with pytest.raises(ValueError, match="begins at step 6"):
        fork.at(3)


def test_forks_with_different_pasts_are_different_films() -> None:
    fast = SMALL.change("rule.rate", 0.5)
    slow = Film.of(SMALL.change("rule.rate", 0.01)).forward(6).fork(fast, step=6)
    usual = Film.of(SMALL).forward(6).fork(fast, step=6)
    assert len({slow.key, usual.key, Film.of(fast).key}) == 3


def test_key_tells_apart_parts_with_equal_fields() -> None:
    assert replace(SMALL, net=Rnn(hidden=8)).key != replace(SMALL, net=Lstm(hidden=8)).key


def test_settings_refuse_what_the_slider_cannot_reach() -> None:
    with pytest.raises(ValueError, match=r"Sgd.rate = -1.0 is outside \[0.0001, 10\]"):
        SMALL.change("rule.rate", -1.0)
    with pytest.raises(ValueError, match=r"Sgd\.rate = nan"):
        SMALL.change("rule.rate", float("nan"))
    with pytest.raises(ValueError, match="is not one of norm, value"):
        SMALL.change("rule.by", "eye")
    with pytest.raises(KeyError, match="no such setting"):
        SMALL.change("rule.hidden", 3)


def leaves(spec):
    for f in fields(spec):
        value = getattr(spec, f.name)
        yield from leaves(value) if is_dataclass(value) else [value]


@pytest.mark.parametrize("net", NETS, ids=lambda n: n.__name__)
def test_descriptions_are_plain_and_hashable(net) -> None:
    exp = replace(SMALL, net=net())
    assert all(isinstance(v, (int, float, str, tuple)) for v in leaves(exp))
    assert hash(exp) == hash(exp.change("seed", exp.seed))
    assert exp.change("seed", 1).differs(exp) == {"seed": (1, 0)}


@pytest.mark.parametrize(
    ("rule", "torchs"),
    [
        (Sgd(momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        (Adam(rate=0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
        (RmsProp(rate=0.01, fade=0.9), lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9)),
    ],
    ids=["sgd", "adam", "rmsprop"],
)
def test_rules_are_torchs(rule, torchs) -> None:
    exp = replace(SMALL, rule=rule)
    net = born(exp.net, exp.task.inputs, exp.task.outputs, exp.seed)
    opt = torchs(net.parameters())
    for step in range(10):
        batch = batch_at(exp, step)
        opt.zero_grad()
        exp.task.loss(net(batch.x).logits, batch).backward()
        opt.step()
    ours, _ = advance(exp, start(exp), 10)
    for k, p in net.named_parameters():
        torch.testing.assert_close(ours.params[k], p.detach(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_lstm_is_torchs_lstm(bidirectional) -> None:
    ours = born(Lstm(hidden=5, bidirectional=bidirectional), 3, 2, seed=0)
    theirs = torch.nn.LSTM(3, 5, batch_first=True, bidirectional=bidirectional)
    with torch.no_grad():
        for ending, mine in (("", ""), ("_reverse", "_back"))[: 1 + bidirectional]:
            getattr(theirs, f"weight_ih_l0{ending}").copy_(getattr(ours, f"wx{mine}"))
            getattr(theirs, f"weight_hh_l0{ending}").copy_(getattr(ours, f"wh{mine}"))
            getattr(theirs, f"bias_ih_l0{ending}").copy_(getattr(ours, f"bias{mine}"))
            getattr(theirs, f"bias_hh_l0{ending}").zero_()
        x = torch.randn(4, 7, 3)
        torch.testing.assert_close(ours(x).states["hidden"], theirs(x)[0])


def test_rnn_is_a_plain_loop() -> None:
    net = born(Rnn(hidden=5), 3, 2, seed=0)
    x = torch.randn(4, 7, 3)
    h = torch.zeros(4, 5)
    for t in range(7):
        h = torch.tanh(x[:, t] @ net.wx.T + net.bias + h @ net.wh.T)
        torch.testing.assert_close(net(x).states["hidden"][:, t], h)


@pytest.mark.parametrize("time", [1, 2, 9])
def test_the_way_back_through_tanh_is_autograds(time) -> None:
    z, weight = torch.randn(3, time, 5, dtype=torch.float64), torch.randn(5, 5, dtype=torch.float64)
    assert torch.autograd.gradcheck(unrolled, (z.requires_grad_(), weight.requires_grad_()))
    theirs = torch.nn.RNN(5, 5, bias=False, batch_first=True).double()
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(torch.eye(5))
        theirs.weight_hh_l0.copy_(weight)
    torch.testing.assert_close(unrolled(z, weight), theirs(z)[0])


@settings(max_examples=30)
@given(limit=st.floats(1e-3, 10), scale=st.floats(1e-3, 1e3))
def test_norm_clipping_keeps_direction_and_caps_length(limit, scale) -> None:
    g = {"w": scale * torch.tensor([3.0, 0.0]), "b": scale * torch.tensor([4.0])}
    c = clipped(g, limit)
    assert float(norm(c)) <= limit * 1.0001
    torch.testing.assert_close(c["w"], g["w"] * float(norm(c) / norm(g)))
    if float(norm(g)) < limit:
        assert torch.equal(c["w"], g["w"])


def test_value_clipping_turns_the_gradient_and_the_film_says_by_how_much() -> None:
    exp = replace(SMALL, rule=Sgd(clip=0.01, by="value"))
    _, frames = advance(exp, start(exp), 3)
    assert (frames.angle > 1).all()
    _, straight = advance(replace(exp, rule=Sgd(clip=0.01)), start(exp), 3)
    assert (straight.angle == 0).all()


@given(step=st.integers(0, 5000), over=st.integers(1, 3000), schedule=st.sampled_from(["flat", "one-cycle", "decay"]))
def test_pace_stays_between_nothing_and_the_rate(step, over, schedule) -> None:
    assert 0 < pace(schedule, step, over) <= 1


def test_divergence_is_a_result() -> None:
    wild = replace(SMALL, task=Characters(length=40), net=Rnn(squash="relu", spread=2.0), rule=Sgd(rate=10.0))
    film = Film.of(wild).forward(40)
    assert film.over
    assert film.frames.diverged is not None
    assert not np.isfinite(film.frames.loss[film.frames.diverged])


def test_records_check_their_axes_and_cannot_be_written() -> None:
    line = np.zeros(3)
    with pytest.raises(ValueError, match=r"Frames.loss has shape \(2,\), wanted \(step\)"):
        Frames(line, np.zeros(2), line, line, line, line, np.zeros((3, 0)))
    frames = Frames(*(np.zeros(3) for _ in range(6)), np.zeros((3, 0)))
    with pytest.raises(ValueError, match="read-only"):
        frames.loss[0] = 1


def test_the_judge_sees_what_differs() -> None:
    nan = float("nan")
    assert judge("x", [1.0, nan], [1.0, nan], 0).agrees
    assert not judge("x", [1.0, nan], [1.0, 2.0], 1e9).agrees
    assert not judge("x", [1.0], [1.1], 1e-3).agrees
    with pytest.raises(ValueError, match="cannot be compared"):
        judge("x", [1.0], [1.0, 2.0], 1)


def test_the_table_ends_where_the_loss_stops_being_a_number() -> None:
    rows = np.array([[0, 1, 0, 1, 1, 0], [1, np.inf, 0, 1, 1, 0], [2, np.nan, 0, 1, 1, 0]], float)
    whole = Frames.of(rows, np.empty((3, 0)))
    assert whole.csv() == whole[:2].csv()
    assert whole[:2].csv().count("\n") == 3

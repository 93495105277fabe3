"""Slot filling: the grammar by itself, the learning target in two ways, and what learns the cities and what cannot."""

import random

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import Film, State, advance, batch_at, forward, start
from rnnviz.measure.slots import batch_of, filled, judged, unseen
from rnnviz.nets.perword import PerWord
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.rules import Adam
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.slots import (
    CITIES,
    FROM,
    LONGEST,
    NOTHING,
    TIME,
    TO,
    WORDS,
    Slots,
    corpus,
    cut,
    shuffled,
    slots_of,
    spoken,
)

ARRIVE, LEAVE = cut("Arrive Taipei on November 2nd."), cut("leave taipei on november 2nd")
NETS = {
    "rnn": Rnn(hidden=24, embedding=16),
    "lstm": Lstm(hidden=24, embedding=16),
    "bilstm": Lstm(hidden=24, embedding=16, bidirectional=True),
    "alone": PerWord(hidden=24, embedding=16),
}


def trained(net, steps: int, seed: int = 0, **task) -> tuple[Experiment, State]:
    exp = Experiment(Slots(**task), net, Adam(rate=0.01), batch=32, seed=seed)
    return exp, advance(exp, start(exp), steps)[0]


def test_a_city_is_what_the_word_before_it_says() -> None:
    assert slots_of(ARRIVE) == [0, TO, 0, TIME, TIME]
    assert slots_of(LEAVE) == [0, FROM, 0, TIME, TIME]
    assert slots_of("we fly to oslo from rome".split()) == [0, 0, 0, TO, 0, FROM]
    assert slots_of("leave rome for oslo".split()) == [0, FROM, 0, TO]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "0 words; expected 1 to 10"),
        ("arrive taipei " * 8, "16 words; expected 1 to 10"),
        ("arrive atlantis", "word 2, “atlantis”, is not known here"),
        ("please taipei", "nothing says what taipei is"),
        ("fly to oslo rome", "nothing says what rome is"),
    ],
)
def test_what_is_no_sentence_is_refused_in_words(typed, said) -> None:
    with pytest.raises(Unreadable, match=said):
        cut(typed)


@given(st.integers(0, 10_000))
def test_the_grammar_can_be_read_back(seed) -> None:
    words = spoken(random.Random(seed))
    slots = slots_of(words)
    assert 0 < len(words) <= LONGEST
    assert {w for w, s in zip(words, slots, strict=True) if s in (TO, FROM)} == set(words) & set(CITIES)


def test_six_hundred_sentences_and_none_twice_half_of_the_cities_reached() -> None:
    both = torch.cat([part.words for part in corpus()])
    assert len(both) == len(both.unique(dim=0)) == 600
    slots = torch.cat([part.slots for part in corpus()])
    assert 0.45 < (slots == TO).sum() / ((slots == TO) | (slots == FROM)).sum() < 0.55
    assert ((slots == NOTHING) == (both == 0)).all()


@given(st.sampled_from([ARRIVE, LEAVE, cut("please travel from oslo to rome on may 31st")]), st.integers(0, 50))
def test_a_shuffled_word_keeps_its_slot(words, order) -> None:
    mixed, slots = shuffled(words, order)
    assert sorted(zip(mixed, slots, strict=True)) == sorted(zip(words, slots_of(words), strict=True))
    assert order or mixed == words


def test_shuffled_batches_hold_the_same_words() -> None:
    plain, mixed = (batch_at(Experiment(Slots(shuffle=k), NETS["rnn"], Adam(), batch=64), 3) for k in (False, True))
    assert not torch.equal(plain.x, mixed.x)
    pairs = [(b.x * 10 + b.y).sort(1).values for b in (plain, mixed)]
    assert torch.equal(*pairs)
    assert ((mixed.y == NOTHING) == (mixed.x == 0)).all()


@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
@given(typed=st.sampled_from([ARRIVE, cut("tomorrow we leave cairo for denver on may 1st")]), order=st.integers(0, 9))
@settings(max_examples=5)
def test_the_learning_target_is_the_sum_over_steps(net, typed, order) -> None:
    exp, state = trained(net, 3)
    ours, theirs = judged(exp, state, typed, order)
    np.testing.assert_allclose(ours, theirs, atol=2e-6)
    seen = filled(exp, state, typed, order)
    np.testing.assert_allclose([seen.total, *seen.cost], theirs, atol=2e-6)
    np.testing.assert_allclose(seen.probs.sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
def test_the_gradient_of_the_target_is_that_of_finite_differences(net) -> None:
    exp, state = trained(net, 2)
    batch = batch_of(ARRIVE, tuple(slots_of(ARRIVE)))
    leaves = {k: p.double().requires_grad_() for k, p in state.params.items()}
    exp.task.loss(forward(exp, leaves, batch).logits, batch).backward()
    moved = {k: p.detach() for k, p in leaves.items()}
    for name, where in (("wx", (3, 2)), ("out.bias", (TO,))):
        losses = []
        for step in (1e-5, -1e-5):
            other = moved[name].clone()
            other[where] += step
            losses.append(exp.task.loss(forward(exp, moved | {name: other}, batch).logits, batch).item())
        gradient = leaves[name].grad
        assert gradient is not None
        assert abs((losses[0] - losses[1]) / 2e-5 - gradient[where].item()) < 1e-8


@given(st.lists(st.integers(1, len(WORDS) - 1), min_size=2, max_size=LONGEST), st.randoms())
@example([1, 1], random.Random(0))
def test_without_a_memory_the_same_word_gets_the_same_answer(numbers, dice) -> None:
    exp = Experiment(Slots(), NETS["alone"], Adam())
    state = start(exp)
    order = list(range(len(numbers)))
    dice.shuffle(order)
    rows = [torch.tensor([row]) for row in (numbers, [numbers[k] for k in order])]
    first, second = (forward(exp, state.params, batch_of((), ())._replace(x=row)).logits[0] for row in rows)
    assert torch.allclose(first[order], second, atol=1e-6)


def test_shuffling_is_nothing_to_a_net_without_a_memory() -> None:
    films = [Film.of(Experiment(Slots(shuffle=k), NETS["alone"], Adam(rate=0.01))).forward(20) for k in (False, True)]
    np.testing.assert_allclose(films[0].frames.loss, films[1].frames.loss, atol=1e-5)


@pytest.mark.slow
def test_who_has_a_memory_learns_the_cities_and_who_has_none_guesses() -> None:
    """10 seeds: exact or nearly by step 75; without a memory at chance, with shuffled words far from right."""
    cities = {(name, 0): [unseen(*trained(net, 75, s))[2] for s in range(10)] for name, net in NETS.items()}
    cities["rnn", 1] = [unseen(*trained(NETS["rnn"], 75, s, shuffle=True))[2] for s in range(10)]
    for name in ("rnn", "lstm", "bilstm"):
        assert sum(share >= 0.99 for share in cities[name, 0]) >= 9
    assert all(0.4 < share < 0.6 for share in cities["alone", 0])
    assert sum(share < 0.9 for share in cities["rnn", 1]) >= 9


@pytest.mark.slow
def test_taipei_is_reached_or_left() -> None:
    """10 seeds, 150 steps of the RNN: P(destination) of the same word in two sentences."""
    found = []
    for seed in range(10):
        exp, state = trained(NETS["rnn"], 150, seed)
        found.append([filled(exp, state, words).probs[1, TO] for words in (ARRIVE, LEAVE)])
    assert sum(there > 0.99 and here < 0.01 for there, here in found) >= 9

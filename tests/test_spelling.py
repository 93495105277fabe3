"""Letters from sound: the splits, the batches, and what a net reaches."""

import numpy as np
import pytest
import torch

from rnnviz.experiment import Experiment
from rnnviz.film import advance, start
from rnnviz.measure import recognise, spell
from rnnviz.measure.ctc import lattice
from rnnviz.nets.simple import Lstm
from rnnviz.rules import Adam
from rnnviz.tasks.audio import features, features_of
from rnnviz.tasks.spec import dice
from rnnviz.tasks.speech import NONE
from rnnviz.tasks.spelling import NEW, Spelling, alphabet, letters, taken


def recipe(seed: int, said: str = "digits", steps: int = 500, **more) -> Experiment:
    rule = Adam(rate=0.008, clip=5.0, schedule="decay", over=steps)
    return Experiment(Spelling(said=said, **more), Lstm(hidden=128, bidirectional=True), rule, batch=32, seed=seed)


def test_new_words_and_exam_voices_are_never_trained_on() -> None:
    train, one, new = (taken("words", split) for split in ("train", "one", "new"))
    assert {u.text for u in new.spoken} == set(NEW)
    assert not {u.text for u in train.spoken} & set(NEW)
    assert {u.text for u in one.spoken} == {u.text for u in train.spoken}
    assert not {u.speaker for u in train.spoken} & {u.speaker for u in (*one.spoken, *new.spoken)}
    assert len(train.x) + len(one.x) + len(new.x) > 0.99 * (26 * 68 + 6 * 76)  # few are too short for their letters


@pytest.mark.parametrize("version", [0, 1])
def test_takes_are_in_order_and_long_enough(version) -> None:
    takes = taken("digits", "train", version)
    lengths = [len(x) for x in takes.x]
    assert lengths == sorted(lengths)
    for x, y, u in zip(takes.x, takes.letters, takes.spoken, strict=True):
        assert len(x) >= len(y)
        assert "".join(alphabet("digits")[k - 1] for k in y.tolist()) == letters(u)


def test_features_of_many_are_features_of_each() -> None:
    samples = [torch.from_numpy(u.samples.copy()) for u in taken("digits", "one").spoken[:40]] + [torch.randn(120)]
    for one, many in zip(samples, features_of(samples, 7), strict=True):
        torch.testing.assert_close(features(one), many, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("said", ["digits", "words"])
def test_a_batch_is_learnt_from_and_ends_with_an_exam(said) -> None:
    task = Spelling(said=said, versions=1)
    batch = task.sample(dice(3, 4), 8)
    assert batch.x.shape[0] == 8 + task.exam == len(batch.y.steps)
    logits = torch.randn(len(batch.x), batch.x.shape[1], task.outputs, requires_grad=True)
    task.loss(logits, batch).backward()
    assert logits.grad is not None
    assert (logits.grad[8:] == 0).all()
    assert (logits.grad[:8] != 0).any()
    blank = torch.zeros_like(logits)
    blank[..., 0] = 1
    assert task.score(blank, batch) == 0  # silence spells no word


def test_masks_leave_the_exam_alone() -> None:
    plain, masked = (Spelling(versions=1, masks=m).sample(dice(5), 8) for m in (False, True))
    assert torch.equal(plain.x[8:], masked.x[8:])
    assert not torch.equal(plain.x[:8], masked.x[:8])


def test_the_loss_is_the_lattices() -> None:
    task = Spelling(versions=1, masks=False)
    batch = task.sample(dice(6), 4)
    logits = torch.randn(len(batch.x), batch.x.shape[1], task.outputs, dtype=torch.float64)
    nats = []
    for row, steps, wanted in zip(logits[:4], batch.y.steps, batch.y.units, strict=False):
        label = wanted[wanted != NONE].tolist()
        nats.append(-lattice(row[:steps].log_softmax(-1).numpy(), label).log_prob / len(label))
    assert float(task.loss(logits, batch)) == pytest.approx(float(np.mean(nats)), rel=1e-9)


def test_a_lexicon_weighs_words_by_all_their_alignments() -> None:
    exp = recipe(0, versions=1, masks=False)
    state, _ = advance(exp, start(exp), 2)
    read = recognise.reading(exp, state, spell.utterance("digits", "seven", "Andrea"))
    words = spell.vocabulary("digits")
    found = spell.lexicon(read, words)
    logs = np.array([lattice(read.log_probs, read.numbers(tuple(w))).log_prob for w in found])
    np.testing.assert_allclose(list(found.values()), np.exp(logs - np.logaddexp.reduce(logs)), rtol=1e-9)
    assert set(found) == set(words)


def test_a_sound_too_short_for_its_letters_is_judged_by_what_has_room() -> None:
    exp = recipe(0)
    params = start(exp)
    three = recognise.reading(exp, params, spell.utterance("digits", "three", "Andrea"))
    assert len(three.log_probs) == 3
    assert spell.roomy(three, ("three", "two", "six")) == "two"
    assert spell.roomy(three, ("three", "four")) == three.greedy
    lattice(three.log_probs, three.numbers(tuple(three.greedy)))
    seven = recognise.reading(exp, params, spell.utterance("digits", "seven", "f3"))
    assert spell.roomy(seven, ("seven", "six")) == "seven"


@pytest.mark.slow
def test_digits_are_spelt_by_unseen_voices() -> None:
    shares = []
    for seed in range(10):
        exp = recipe(seed)
        state, _ = advance(exp, start(exp), 500)
        shares.append(spell.marks(exp, state).share[0])
    # nine of ten where it was measured; one of the 59 utterances is .017, and another machine's rounding may cost one seed
    assert sum(share >= 0.95 for share in shares) >= 8, shares
    assert np.mean(shares) >= 0.95, shares

"""A tagger on files of visitors: the task, the net on packed sentences, the film that marks itself, and SNIPS."""

import math
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import batch_at, forward, start
from rnnviz.measure.taught import MOST, Taught, held, judged, lesson, read
from rnnviz.nets.tagger import Tagger
from rnnviz.rules import Adam
from rnnviz.tasks.labelled import Sentence, looks, parts, read_tagged, typed_words
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.samples import iob_columns, slot_lines, treebank
from rnnviz.tasks.spec import Batch, dice
from rnnviz.tasks.tagged import NOTHING, UNKNOWN, Corpus, Tagging, Words, steps_for

SNIPS = Path(__file__).parents[2] / "shared" / "data" / "snips" / "sz128"
SAMPLE = Corpus.split(read_tagged(slot_lines(), "sample"))


def experiment(corpus: Corpus = SAMPLE, seed: int = 0, **net) -> Experiment:
    return Experiment(Tagging(corpus), Tagger(**net), Adam(rate=0.01, clip=5.0), batch=16, seed=seed)


def test_a_corpus_names_itself_by_its_content() -> None:
    sentences = read_tagged(slot_lines(), "sample")
    same, other = Corpus.split(sentences), Corpus.split(sentences[:-1])
    assert same == SAMPLE
    assert hash(same) == hash(SAMPLE)
    assert other != SAMPLE
    assert len(repr(experiment())) < 500
    assert experiment(same).key == experiment().key != experiment(other).key


def test_every_tenth_is_held_out_or_a_file_of_its_own() -> None:
    sentences = read_tagged(slot_lines(), "sample")
    assert (len(SAMPLE.train), len(SAMPLE.held)) == (540, 60)
    assert set(SAMPLE.train) | set(SAMPLE.held) == set(sentences)
    assert not set(SAMPLE.train) & set(SAMPLE.held)
    assert Corpus.split(sentences[:20], sentences[20:]).held == sentences[20:]


def test_three_formats_say_the_same() -> None:
    assert read_tagged(slot_lines(), "a.txt") == read_tagged(iob_columns(), "a.iob")
    for name in ("tree.conllu", "tree.txt"):  # by its name, or by its ten columns
        assert read_tagged(treebank(), name)[0] == (
            ("the", "small", "cat", "sees", "her"),
            ("DET", "ADJ", "NOUN", "VERB", "PRON"),
        )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"play:O <=> A\n" * 9, "9 sentences; expected at least 10"),
        (b"".join(b"play:B-t%d <=> A\n" % k for k in range(201)), "201 different tags; expected at most 200"),
        (b"play:O jazz <=> A\n" * 12, "line 1: .*jazz.* has no tag"),
        (b"1\ta\ta\tNOUN\t_\t_\t_\t_\t_\t_\n3\tb\tb\tVERB\t_\t_\t_\t_\t_\t_\n", "line 2: the word number"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(content, said) -> None:
    with pytest.raises(Unreadable, match=said):
        read_tagged(content, "mine.txt")


@given(st.text(max_size=20))
@example("")
@example("ǅ")
def test_every_word_has_four_parts(word) -> None:
    assert len(parts(word)) == 4
    assert looks(word)


def test_how_words_look() -> None:
    assert [looks(w) for w in ("taipei", "Taipei", "TAIPEI", "7pm", "7", "?!")] == ["a", "Aa", "A", "9a", "9.", "."]


def test_words_seen_once_are_unknown_but_not_their_looks() -> None:
    corpus = Corpus([Sentence(("play", "jazz"), ("O", "O")), Sentence(("play", "rock"), ("O", "B-x"))], [])
    numbers = corpus.numbers(["play", "jazz", "Jazz"])
    assert UNKNOWN not in numbers[0]
    assert numbers[1][0] == UNKNOWN != numbers[1][3]
    assert corpus.number.keys() == {"play", "…lay", "pla…", "looks a"}


@given(st.integers(0, 2**31), st.integers(1, 700))
@settings(max_examples=30)
def test_batches_hold_neighbours_in_length_and_hide_words_only(seed, size) -> None:
    task = Tagging(SAMPLE)
    batch = task.sample(dice(seed), size)
    lengths = batch.x.lengths
    assert 0 < len(lengths) <= size
    assert (lengths[:-1] >= lengths[1:]).all()
    assert batch.x.parts.shape[1] == lengths[0]
    assert ((batch.y != NOTHING).sum(1) == lengths).all()
    plain = Tagging(SAMPLE, hide=0.0).sample(dice(seed), size)
    assert torch.equal(plain.x.parts[..., 1:], batch.x.parts[..., 1:])
    changed = plain.x.parts[..., 0] != batch.x.parts[..., 0]
    assert (batch.x.parts[..., 0][changed] == UNKNOWN).all()
    assert torch.equal(plain.y, batch.y)


def test_a_word_is_hidden_as_often_as_the_setting_says() -> None:
    task = Tagging(SAMPLE, hide=4.0)
    number = SAMPLE.number["11th"]
    shown, there = 0, 0
    for k in range(300):
        plain, batch = (t.sample(dice(k), 64).x.parts[..., 0] for t in (Tagging(SAMPLE, hide=0.0), task))
        there += int((plain == number).sum())
        shown += int((batch == number).sum())
    wanted = 4 / (4 + SAMPLE.counts["11th"])
    assert abs(1 - shown / there - wanted) < 4 * math.sqrt(wanted * (1 - wanted) / there)


@pytest.mark.parametrize("both", [False, True])
def test_a_packed_batch_says_what_every_sentence_says_alone(both) -> None:
    exp = experiment(hidden=8, embedding=6, bidirectional=both)
    state = start(exp)
    batch = batch_at(exp, 5)
    logits = forward(exp, state.params, batch).logits
    for row, size in enumerate(batch.x.lengths.tolist()):
        numbers = batch.x.parts[row : row + 1, :size]
        alone = forward(exp, state.params, Batch(Words(numbers, torch.tensor([size])), None)).logits[0]
        torch.testing.assert_close(logits[row, :size], alone, atol=1e-5, rtol=1e-5)


def test_the_net_is_torchs_lstm_over_sums_of_embeddings() -> None:
    exp = experiment(hidden=5, embedding=7)
    params = start(exp).params
    numbers = torch.tensor([SAMPLE.numbers(("leave", "oslo", "on", "may", "1st"))])
    theirs = torch.nn.LSTM(7, 5, batch_first=True, bidirectional=True)
    for ours, name in (("", "l0"), ("_back", "l0_reverse")):
        theirs.get_parameter(f"weight_ih_{name}").data = params["wx" + ours]
        theirs.get_parameter(f"weight_hh_{name}").data = params["wh" + ours]
        theirs.get_parameter(f"bias_ih_{name}").data = params["bias" + ours]
        theirs.get_parameter(f"bias_hh_{name}").data.zero_()
    wanted = theirs(params["embed"][numbers].sum(2))[0] @ params["out.weight"].T + params["out.bias"]
    logits = forward(exp, params, Batch(Words(numbers, torch.tensor([5])), None)).logits
    torch.testing.assert_close(logits, wanted, atol=1e-6, rtol=1e-5)


def test_the_loss_counts_words_and_not_padding() -> None:
    exp = experiment()
    batch = batch_at(exp, 1)
    logits = torch.randn(*batch.y.shape, exp.task.outputs, generator=dice(0))
    terms = [
        -logits[b, t].log_softmax(-1)[batch.y[b, t]].item()
        for b in range(len(batch.y))
        for t in range(int(batch.x.lengths[b]))
    ]
    assert abs(exp.task.loss(logits, batch).item() - np.mean(terms)) < 1e-5


def test_a_film_is_the_same_in_pieces_and_keeps_what_was_said() -> None:
    whole, pieces = Taught(experiment(), 5).forward(17), Taught(experiment(), 5)
    for n in (1, 3, 4, 2, 7):
        pieces = pieces.forward(n)
    assert [m.step for m in whole.marks] == [m.step for m in pieces.marks] == [0, 5, 10, 15]
    assert all(np.array_equal(a.said, b.said) for a, b in zip(whole.marks, pieces.marks, strict=True))
    assert np.array_equal(whole.frames.loss, pieces.frames.loss)
    early = lesson(whole.still(7))
    assert (early.step, len(early.frames), len(early.curve.step)) == (5, 7, 2)
    assert np.array_equal(lesson(Taught(experiment(), 5).still(0)).said, lesson(whole.still(0)).said)


def test_what_was_said_is_what_the_net_says_of_each_sentence() -> None:
    film = Taught(experiment(), 10).forward(10)
    seen = lesson(film.still(10))
    assert film.state is not None
    for where in seen.sentences:
        words = seen.words[where]
        numbers = torch.tensor([SAMPLE.numbers(words)])
        logits = forward(film.exp, film.state.params, Batch(Words(numbers, torch.tensor([len(words)])), None)).logits
        assert logits[0].argmax(-1).tolist() == seen.said[where].tolist()
    assert sorted(seen.words[w] for w in seen.sentences) == sorted(s.words for s in SAMPLE.held)
    ours, theirs = judged(seen)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    assert read(film.still(10), ("leave", "atlantis")).known.tolist() == [True, False]


def test_tags_that_nobody_could_learn_count_as_mistakes() -> None:
    train = [Sentence(("a", "b"), ("O", "B-x"))] * 12
    corpus = Corpus(train, [Sentence(("a", "b", "c"), ("O", "B-x", "B-new"))])
    seen = lesson(Taught(experiment(corpus), 40).forward(40).still(40))
    assert seen.tags == ("O", "B-x", "B-new")
    assert seen.chunks.wanted.tolist() == [1, 1]
    assert seen.chunks.right[seen.types.index("new")] == 0
    assert seen.chunks.right[seen.types.index("x")] == 1


def test_no_more_is_judged_than_there_is_time_for() -> None:
    many = [Sentence(("a",) * (1 + k % 40), ("O",) * (1 + k % 40)) for k in range(3000)]
    there = held(Corpus(many[:20], many))
    assert 0.5 * MOST < len(there.words) <= MOST + 40
    assert there.first.sum() < 3000


@pytest.mark.parametrize("typed", ["", "  ", "a " * 41])
def test_typed_sentences_have_one_to_forty_words(typed) -> None:
    with pytest.raises(Unreadable, match="expected 1 to 40"):
        typed_words(typed)


@given(st.integers(1, 100_000))
def test_steps_make_thirty_marks(sentences) -> None:
    assert steps_for(sentences) % 30 == 0
    assert 150 <= steps_for(sentences) <= 1500


@pytest.mark.slow
def test_the_sample_is_learnt_in_ten_seeds() -> None:
    assert sum(Taught(experiment(seed=s), 60).forward(60).marks[-1].chunks.score > 0.95 for s in range(10)) >= 9


@pytest.mark.slow
def test_snips_is_tagged_with_an_f1_of_nine_tenths_within_a_minute() -> None:
    if not SNIPS.exists():
        pytest.skip("SNIPS is not on this machine")
    train, valid = (read_tagged((SNIPS / name).read_bytes(), f"{name}.txt") for name in ("train", "valid"))
    rule = Adam(rate=0.01, clip=5.0, schedule="decay", over=1500)
    began = time.thread_time()
    film = Taught(Experiment(Tagging(Corpus.split(train, valid)), Tagger(), rule, batch=32), 250).forward(1000)
    assert time.thread_time() - began < 60
    assert film.marks[-1].chunks.score >= 0.9
    ours, theirs = judged(lesson(film.still(1000)))
    np.testing.assert_allclose(ours, theirs, atol=1e-12)

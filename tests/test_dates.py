"""Dates and phrases: the corpus, what may be typed, and what is refused."""

import datetime

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.tasks.dates import FIRST, LAST, Dates, normalised, written
from rnnviz.tasks.own_pairs import OwnPairs, read_own
from rnnviz.tasks.pairs import PAD, STOP, PairTask, padded, paired, read_pairs
from rnnviz.tasks.phrases import Phrases
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.reversal import Reversal
from rnnviz.tasks.spec import dice

TASKS = [Dates(), Phrases(), Reversal()]


@given(st.dates(FIRST, LAST), st.integers(0, 4))
def test_every_form_of_a_date_comes_back_as_iso(day: datetime.date, form: int) -> None:
    typed = written(day, form)
    assert "".join(s for s, _ in normalised(typed)) == day.isoformat()


@given(st.dates(FIRST, LAST), st.integers(0, 4))
def test_a_digit_of_year_or_day_is_aligned_with_itself(day: datetime.date, form: int) -> None:
    typed = written(day, form)
    aligned = normalised(typed)
    digits = [aligned[i] for i in (0, 1, 2, 3, 9)]
    assert all(typed[min(positions)] == symbol and len(positions) == 1 for symbol, positions in digits)


def test_held_out_dates_are_trained_on_in_no_form() -> None:
    corpus = Dates().corpus
    iso = ["".join(corpus.writes.words(row)[:-1]) for row in corpus.target.tolist()]
    assert not set(iso[: corpus.trained]) & set(iso[corpus.trained :])


def test_held_out_phrases_are_not_trained_on() -> None:
    corpus = Phrases().corpus
    phrases = [corpus.reads.words(row) for row in corpus.source.tolist()]
    assert len(set(phrases)) == len(phrases)


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_the_same_dice_give_the_same_batch_and_only_trained_pairs(task: PairTask) -> None:
    a, b = task.sample(dice(3, 4), 16), task.sample(dice(3, 4), 16)
    assert torch.equal(a.x.source, b.x.source)
    assert torch.equal(a.y, b.y)
    held = {tuple(t for t in row if t) for row in task.corpus.source[task.corpus.trained :].tolist()}
    assert not held & {tuple(t for t in row if t) for row in a.x.source.tolist()}


def test_a_batch_is_shifted_by_one_and_ends_in_the_stop_symbol() -> None:
    batch = paired(padded([[5, 6, 7], [8]]), padded([[3, STOP], [4, 4, STOP]]))
    assert batch.x.shifted.tolist() == [[STOP, 3, STOP], [STOP, 4, 4]]
    assert batch.y.tolist() == [[3, STOP, PAD], [4, 4, STOP]]
    assert paired(padded([[5]]), padded([[3, STOP]]), stop=False).y.tolist() == [[3, PAD]]


def test_machine_learning_is_translated_word_by_word() -> None:
    aligned = Phrases().reference("Machine Learning")
    assert "".join(s for s, _ in aligned) == "機器學習"
    assert [set(p) for _, p in aligned] == [{0}, {0}, {1}, {1}]


def test_time_goes_to_the_front_and_the_measure_word_belongs_to_its_noun() -> None:
    aligned = Phrases().reference("he does not read two new books at school now")
    assert "".join(s for s, _ in aligned) == "現在他不在學校讀兩本新的書"
    assert [min(p) for _, p in aligned] == [9, 9, 0, 2, 7, 8, 8, 3, 4, 6, 5, 5, 6]


@pytest.mark.parametrize(
    ("task", "typed", "said"),
    [
        (Phrases(), "the quick fox", "“quick” is not known"),
        (Phrases(), "the the", "expects a noun where it finds “the” (word 2)"),
        (Phrases(), "i like", "where it finds the end"),
        (Phrases(), "   ", "0 words"),
        (Phrases(), "the " * 40, "40 words"),
        (Phrases(), "===", "“===” is not known"),
        (Dates(), "2# november", "“#” is not known"),
        (Dates(), "30 february 2020", "there is no 30 february 2020"),
        (Dates(), "november", "none of the five forms"),
        (Dates(), "2 " * 40, "characters"),
        (Reversal(), "abz", "“z” is not known"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(task: PairTask, typed: str, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        task.reference(typed)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"a b\tc\nno tab here\n", "line 2"),
        (b"a\tb\tc\n", "line 1"),
        (b"\tb\n", "line 1"),
        (b"a\t\xff\n", "UTF-8"),
    ],
)
def test_a_file_of_pairs_that_cannot_be_read_is_refused_by_line(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_pairs(content, "pairs.tsv")
    assert said in str(refused.value)


def test_a_file_of_pairs_is_read() -> None:
    assert read_pairs("hello world\t你好\r\n\nthanks\t謝謝".encode(), "pairs.tsv") == (
        ("hello world", "你好"),
        ("thanks", "謝謝"),
    )


OWN = "\n".join(f"number {word}\t{word.upper()}!" for word in "abcdefghijkl")


def test_own_pairs_are_cut_into_words_and_learnt_like_all_others() -> None:
    task = OwnPairs(lines=read_own(OWN.encode(), "own.tsv"))
    assert task.tokens(" number  c ") == ("number", "c")
    assert "".join(s for s, _ in task.reference("number c")) == "C!"
    assert task.sample(dice(0, 0), 4).x.source.shape == (4, 2)
    assert (task.corpus.trained, task.corpus.held) == (11, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [("a\tb", "1 different sources"), (f"{'a ' * 70}\tb\n{OWN}", "at most 60"), (OWN.replace("\t", " ", 1), "line 1")],
)
def test_own_pairs_that_are_too_few_or_too_long_are_refused(content: str, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_own(content.encode(), "own.tsv")
    assert said in str(refused.value)


def test_an_unknown_symbol_among_own_pairs_is_named() -> None:
    with pytest.raises(Unreadable, match="“ten” is not known"):
        OwnPairs(lines=OWN).tokens("number ten")

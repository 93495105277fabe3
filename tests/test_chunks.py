"""Chunks against the tables that conlleval.pl printed, by hand, and against trying every span."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rnnviz.measure.chunks import counted, counted_word_by_word, parted
from rnnviz.records.chunks import Chunks
from rnnviz.tasks.iob import read_iob

DATA = Path(__file__).parents[2] / "shared" / "data" / "seqeval_oracle"


def count(wanted: list[list[str]], said: list[list[str]]) -> Chunks:
    names = tuple(sorted({t for sentences in (wanted, said) for s in sentences for t in s}))
    flat = [np.array([names.index(t) for s in sentences for t in s], dtype=int) for sentences in (wanted, said)]
    first = np.array([k == 0 for s in wanted for k in range(len(s))], dtype=bool)
    return counted(names, flat[0], flat[1], first)


@pytest.mark.parametrize("file", ["ground_truth.txt", "ground_truth_inv.txt"])
def test_the_table_is_the_one_that_conlleval_printed(file) -> None:
    if not DATA.exists():
        pytest.skip("the CoNLL-2000 sample is not on this machine")
    wanted, said = ([list(s.tags) for s in read_iob((DATA / file).read_bytes(), file, c)] for c in (2, 3))
    printed = (DATA / "conlleval_result.txt").read_text()
    head = re.search(r"with (\d+) phrases; found: (\d+) phrases; correct: (\d+)", printed)
    assert head is not None
    for found in (count(wanted, said), counted_word_by_word(wanted, said)):
        whole = found.overall
        assert (whole.wanted[0], whole.found[0], whole.right[0]) == tuple(map(int, head.groups()))
        assert round(100 * found.score, 2) == 74.35
        rows = re.findall(r"(\w+): precision: +([\d.]+)%; recall: +([\d.]+)%; FB1: +([\d.]+) +(\d+)", printed)[-6:]
        assert {r[0] for r in rows} == set(found.types)
        for kind, *numbers, size in rows:
            k = found.types.index(kind)
            mine = [round(100 * float(a[k]), 2) for a in (found.precision, found.recall, found.f1)]
            assert mine == [float(n) for n in numbers]
            assert found.found[k] == int(size)


@pytest.mark.parametrize(
    ("wanted", "said", "counts"),
    [
        ("B-a I-a O", "B-a I-a O", (1, 1, 1)),
        ("B-a I-a O", "B-a O O", (1, 1, 0)),  # half a chunk is none
        ("B-a I-a O", "I-a I-a O", (1, 1, 1)),  # an I that follows nothing begins a chunk
        ("B-a I-a I-a", "B-a B-a I-a", (1, 2, 0)),
        ("B-a I-b I-b", "B-a B-b I-b", (2, 2, 2)),  # another type begins a chunk, whatever its letter
        ("O O O", "O O O", (0, 0, 0)),
        ("O O O", "B-a O S-b", (0, 2, 0)),
        ("B-a E-a S-a", "B-a I-a B-a", (2, 2, 2)),  # IOB and IOBES are two ways to write one thing
        ("B-a L-a I-a", "B-a E-a B-a", (2, 2, 2)),
        ("NOUN VERB NOUN", "NOUN NOUN NOUN", (3, 3, 2)),  # parts of speech: every word counts for itself
    ],
)
def test_by_hand(wanted, said, counts) -> None:
    for found in (count([wanted.split()], [said.split()]), counted_word_by_word([wanted.split()], [said.split()])):
        whole = found.overall
        assert (whole.wanted[0], whole.found[0], whole.right[0]) == counts


def test_a_sentence_ends_its_chunks() -> None:
    found = count([["B-a"], ["I-a", "O"]], [["B-a"], ["B-a", "O"]])
    assert found.right.tolist() == [2]


def test_nothing_found_is_a_precision_of_nought() -> None:
    found = count([["B-a", "O"]], [["O", "O"]])
    assert (found.precision[0], found.recall[0], found.f1[0]) == (0, 0, 0)


def every_span(sentence: list[str]) -> set[tuple[int, int, str]]:
    """Whoever is a chunk: one type from end to end, nothing that breaks it inside, and not to be made longer."""
    parts = [parted(t) for t in sentence]

    def joined(k: int) -> bool:
        """Whether word k goes on with the chunk of the word before it."""
        (before, kind), (letter, same) = parts[k - 1], parts[k]
        return "O" not in (before, letter) and kind == same and letter in "IEL" and before in "BI"

    size = len(parts)
    return {
        (i, j, parts[i][1])
        for i in range(size)
        for j in range(i, size)
        if parts[i][0] != "O"
        and all(joined(k) for k in range(i + 1, j + 1))
        and not (i > 0 and joined(i))
        and not (j + 1 < size and joined(j + 1))
    }


TAGS = st.sampled_from(["O", "B", "I", "S-a", "NOUN", *(f"{c}-{k}" for c in "BIEL" for k in "ab")])
TWO = st.lists(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=8), min_size=1, max_size=4)


@given(TWO)
@example([[("O", "O")]])
def test_counts_are_those_of_trying_every_span(rows) -> None:
    wanted, said = ([[pair[k] for pair in sentence] for sentence in rows] for k in (0, 1))
    pairs = [(every_span(w), every_span(s)) for w, s in zip(wanted, said, strict=True)]
    for found in (count(wanted, said), counted_word_by_word(wanted, said)):
        for k, kind in enumerate(found.types):
            want, get, both = (
                sum(t == kind for w, s in pairs for *_, t in some(w, s))
                for some in (lambda w, s: w, lambda w, s: s, lambda w, s: w & s)
            )
            assert (found.wanted[k], found.found[k], found.right[k]) == (want, get, both)
        assert found.overall.wanted[0] == sum(len(w) for w, _ in pairs)

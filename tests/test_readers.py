"""Files of visitors: the real corpora with counts taken a second way, and every sort of file that is none."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from rnnviz.tasks.conllu import read_conllu
from rnnviz.tasks.iob import read_iob
from rnnviz.tasks.lines import Line, read_lines
from rnnviz.tasks.reading import LARGEST, Unreadable

DATA = Path(__file__).parents[2] / "shared" / "data"
READERS = [read_lines, read_iob, read_conllu]


def corpus(path: str) -> bytes:
    file = DATA / path
    if not file.exists():
        pytest.skip(f"{path} is not on this machine")
    return file.read_bytes()


@pytest.mark.parametrize(("file", "sentences", "words"), [("train", 13084, 119612), ("valid", 700, 6565)])
def test_snips_has_every_sentence_and_every_word(file, sentences, words) -> None:
    content = corpus(f"snips/sz128/{file}")
    found = read_iob(content, file)
    tokens = re.findall(rb"(?:^| )[^ \n]+:[^ :\n]+(?= )", content, re.MULTILINE)
    assert len(found) == content.count(b" <=> ") == sentences
    assert sum(len(s.words) for s in found) == len(tokens) == words
    assert all(len(s.words) == len(s.tags) for s in found)
    assert {s.intent for s in found} == set(corpus("snips/sz128/vocab.intent").decode().split())
    assert {t for s in found for t in s.tags} <= set(corpus("snips/sz128/vocab.slot").decode().split())


def test_a_word_may_hold_colons() -> None:
    (only,) = read_iob(b"wake:O me:O 04:45:B-time ::O :O <=> Alarm", "mine")
    assert only == (("wake", "me", "04:45", ":"), ("O", "O", "B-time", "O"), "Alarm")


@pytest.mark.parametrize(
    ("file", "sentences", "words"),
    [("ud_en_ewt/en_ewt-ud-dev.conllu", 2001, 25147), ("ud_zh_gsdsimp/zh_gsdsimp-ud-dev.conllu", 500, 12663)],
)
def test_treebanks_have_every_sentence_and_every_word(file, sentences, words) -> None:
    content = corpus(file)
    found = read_conllu(content, file)
    numbered = re.findall(rb"^\d+\t[^\t]+\t[^\t]*\t([A-Z]+)\t", content, re.MULTILINE)
    assert len(found) == content.count(b"\n# text = ") == sentences
    assert sum(len(s.words) for s in found) == len(numbered) == words
    assert [u for s in found for u in s.upos] == [n.decode() for n in numbered]


def test_multi_word_tokens_and_empty_nodes_are_no_words() -> None:
    row = "{}\t{}\t_\t{}\tXX\t_\t_\t_\t_\t_\n"
    lines = "# text = don't\n" + row.format("1-2", "don't", "_") + row.format("1", "do", "AUX")
    lines += row.format("1.1", "gone", "VERB") + row.format("2", "n't", "PART")
    assert read_conllu(lines.encode(), "mine") == ((("do", "n't"), ("AUX", "PART"), ("XX", "XX")),)


def test_chunks_are_counted_as_conlleval_counted_them() -> None:
    gold = read_iob(corpus("seqeval_oracle/ground_truth.txt"), "gold", column=2)
    said = read_iob(corpus("seqeval_oracle/ground_truth.txt"), "said", column=-1)
    head = corpus("seqeval_oracle/conlleval_result.txt").decode()
    tokens, accuracy = (re.search(p, head) for p in (r"processed (\d+) tokens", r"accuracy: +([\d.]+)%"))
    assert tokens is not None
    assert accuracy is not None
    pairs = [(a, b) for g, s in zip(gold, said, strict=True) for a, b in zip(g.tags, s.tags, strict=True)]
    assert len(pairs) == int(tokens[1])
    assert round(100 * sum(a == b for a, b in pairs) / len(pairs), 2) == float(accuracy[1])


def test_tags_with_their_letter_behind_are_the_same_tags() -> None:
    first = read_iob(corpus("seqeval_oracle/ground_truth.txt"), "first")
    assert first == read_iob(corpus("seqeval_oracle/ground_truth_inv.txt"), "last")


@pytest.mark.parametrize(
    ("read", "content", "line", "said"),
    [
        (read_iob, b"a:O <=> X\nb c:O <=> X", 2, "“b” has no tag"),
        (read_iob, b"a:O <=> X\nb:Q-time <=> X", 2, "“Q-time”"),
        (read_iob, b"a:O <=> X\nb:O", 2, "<=>"),
        (read_iob, b"a O\nb B-x extra", 2, "3 columns; expected 2"),
        (read_iob, b"a O\n\nb NN", 3, "“NN”"),
        (read_iob, b"a B-x\nb x-I", 2, "“x-I”"),
        (read_iob, b"word\n", 1, "one column"),
        (read_conllu, b"1\ta\ta\tNOUN\n", 1, "4 columns; expected 10"),
        (read_conllu, b"1\ta\ta\tNN" + b"\t_" * 6, 1, "“NN” in column 4"),
        (read_conllu, b"3\ta\ta\tX" + b"\t_" * 6, 1, "expected 1"),
        (read_lines, b"fine\n\xff\xfe", 2, "not UTF-8"),
        (read_lines, b"fine\na\x07b", 2, "U+0007"),
        (read_lines, b"x" * 1001, 1, "1,001 characters"),
        (read_lines, b"a\n" * 2001, 2001, "more lines"),
    ],
)
def test_a_refused_file_names_its_line_and_what_was_expected(read, content, line, said) -> None:
    with pytest.raises(Unreadable, match="mine") as refusal:
        read(content, "mine")
    assert refusal.value.line == line
    assert said in str(refusal.value)


def test_lines_keep_their_numbers() -> None:
    found = read_lines("\ufeffone\r\n\r\n  two é \rthree".encode(), "mine")
    assert found == (Line(1, "one"), Line(3, "two é"), Line(4, "three"))


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "content",
    [b"", b"\n \n", b"\0" * 9, bytes(range(256)), b"a" * (LARGEST + 1), "好".encode("utf-16"), b"\xef\xbb\xbf"],
)
def test_what_is_no_text_is_refused(read, content) -> None:
    with pytest.raises(Unreadable):
        read(content, "mine")


def tried(read, content: bytes) -> None:
    try:
        found = read(content, "mine")
    except Unreadable:
        return
    assert found


WORDS = ("1", "2", "1-2", "1.1", "a", "好", ":", "::", "O", "B-x", "x-B", "NOUN", "_", "nan", "-1", "<=>", "word:O")
SIGNS = (
    "#",
    "\t",
    "\t_\t_",
    " ",
    "\n",
    "\r\n",
    "\u2028",
    "\x85",
    "\ufeff",
    "\x1c",
    "-DOCSTART-",
    " <=> X",
    "a\tb\tX\n",
)
PIECES = st.sampled_from((*WORDS, *SIGNS))


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=150)
@given(content=st.binary(max_size=200))
@example(content=b"nan\tnan\n")
def test_any_bytes_are_read_or_refused(read, content) -> None:
    tried(read, content)


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=300)
@given(pieces=st.lists(PIECES, max_size=40))
@example(pieces=["\x85 <=> X"])
@example(pieces=["\x1c <=> X"])
@example(pieces=["\t", "a", "\t"])
@example(pieces=["-DOCSTART-"])
def test_anything_near_the_format_is_read_or_refused(read, pieces) -> None:
    tried(read, "".join(pieces).encode())


def test_a_refused_upload_leaves_the_page_as_it_was() -> None:
    def page() -> None:
        import streamlit as st

        from rnnviz.tasks.conllu import read_conllu
        from rnnviz.ui.upload import upload

        found = upload("Treebank", ("conllu",), read_conllu)
        st.write(f"{len(found) if found else 'no'} sentences")

    app = AppTest.from_function(page).run()
    app.file_uploader[0].upload("mine.conllu", b"1\tno\n", "text/plain").run()
    assert not app.exception
    assert app.error[0].value == "mine.conllu, line 1: 2 columns; expected 10 with tabs between"
    assert app.markdown[0].value == "no sentences"

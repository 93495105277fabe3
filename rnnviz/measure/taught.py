"""A tagger's training as a film that marks itself: now and then it tags sentences it never saw, and keeps what it said."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from rnnviz.experiment import Experiment
from rnnviz.film import State, advance, forward, start
from rnnviz.measure.chunks import counted, counted_word_by_word, tagset
from rnnviz.records.chunks import Chunks
from rnnviz.records.frames import Frames
from rnnviz.records.tagging import Curve, Lesson, Typed
from rnnviz.rules import Tensors
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.tagged import NOTHING, UNKNOWN, Corpus, Tagging, Words

MOST = 8000  # words that a film judges itself by: more would hold up the class
TOGETHER = 100  # sentences in one pass


class Mark(NamedTuple):
    """What a net said at one step, and the net itself in half precision: thirty of them have to fit on the shelf."""

    step: int
    seconds: float
    said: np.ndarray  # (word)
    chunks: Chunks
    params: Tensors


class Held(NamedTuple):
    """Sentences to judge by, one behind the other, the longest first."""

    batches: tuple[Batch, ...]
    words: tuple[str, ...]
    wanted: np.ndarray
    first: np.ndarray


@dataclass(frozen=True, eq=False)
class Taught:
    """Playable: trains `exp`, whose task is a Tagging, and marks it at every multiple of `gap` steps."""

    exp: Experiment
    gap: int
    state: State | None = None  # None: not yet born, so that a page can name the film for nothing
    frames: Frames = field(default_factory=Frames.none)
    marks: tuple[Mark, ...] = ()
    seconds: float = 0.0

    @property
    def key(self) -> str:
        return f"taught {self.exp.key}/{self.gap}"

    @property
    def step(self) -> int:
        return self.state.step if self.state else 0

    @property
    def over(self) -> bool:
        return self.frames.diverged is not None

    @property
    def nbytes(self) -> int:
        held = sum(sum(p.nbytes for p in m.params.values()) + m.said.nbytes for m in self.marks)
        return held + self.frames.nbytes + (self.state.nbytes if self.state else 0)

    def born(self) -> Taught:
        """The film with its first mark."""
        if self.state:
            return self
        first = start(self.exp)
        return replace(self, state=first, marks=(marked(self.exp, first, 0.0),))

    def forward(self, steps: int) -> Taught:
        """The film, `steps` longer; the same bits, but for the seconds, whether at once or in pieces."""
        film = self.born()
        end = film.step + steps
        while film.step < end and not film.over:
            film = film._piece(min(end, (film.step // film.gap + 1) * film.gap))
        return film

    def _piece(self, end: int) -> Taught:
        """On to step `end`, which is the next mark or comes before it."""
        assert self.state is not None
        began = time.thread_time()
        state, frames = advance(self.exp, self.state, end - self.state.step)
        seconds = self.seconds + time.thread_time() - began
        marks = (*self.marks, marked(self.exp, state, seconds)) if end % self.gap == 0 else self.marks
        return replace(self, state=state, frames=self.frames + frames, marks=marks, seconds=seconds)

    def still(self, step: int) -> Sitting:
        """The last mark at or before `step`."""
        film = self.born()
        return Sitting(self.exp, tuple(m for m in film.marks if m.step <= step), film.frames[:step])


@dataclass(frozen=True, eq=False)
class Sitting:
    """A film stopped at a step: what a scene is given."""

    exp: Experiment
    marks: tuple[Mark, ...]
    frames: Frames


def corpus_of(exp: Experiment) -> Corpus:
    if not isinstance(exp.task, Tagging):
        raise TypeError("only a tagging task has sentences to judge by")
    return exp.task.corpus


@lru_cache(maxsize=4)
def held(corpus: Corpus) -> Held:
    """At most MOST words of the sentences to judge by."""
    table = corpus.held_table
    # every so many-th row, so that long and short ones are there
    step = max(1, -(-int(table.lengths.sum()) // MOST))
    rows = torch.arange(0, len(table.lengths), step)
    batches = tuple(table.batch(some) for some in rows.split(TOGETHER))
    words = tuple(w for r in rows.tolist() for w in corpus.held[table.order[r]].words)
    real = [b.y != NOTHING for b in batches]
    wanted = torch.cat([b.y[m] for b, m in zip(batches, real, strict=True)])
    begins = [torch.arange(m.shape[1]).expand_as(m)[m] == 0 for m in real]
    return Held(batches, words, wanted.numpy(), torch.cat(begins).numpy())


@torch.no_grad()
def marked(exp: Experiment, state: State, seconds: float) -> Mark:
    """Tag the sentences to judge by."""
    corpus = corpus_of(exp)
    there = held(corpus)
    said = [forward(exp, state.params, b).logits.argmax(-1)[b.y != NOTHING] for b in there.batches]
    found = torch.cat(said).numpy().astype(np.int16)
    chunks = counted(corpus.all_tags, there.wanted, found.astype(int), there.first)
    return Mark(state.step, seconds, found, chunks, {k: p.half() for k, p in state.params.items()})


def lesson(sitting: Sitting) -> Lesson:
    """What is to be drawn of the last mark."""
    there, mark, marks = held(corpus_of(sitting.exp)), sitting.marks[-1], sitting.marks
    right = [float((m.said == there.wanted).mean()) for m in marks]
    columns = [[m.step for m in marks], [m.seconds for m in marks], [m.chunks.score for m in marks], right]
    curve = Curve(*(np.array(c, dtype=float) for c in columns))
    tags = tagset(corpus_of(sitting.exp).all_tags)
    said = mark.said.astype(int)
    return Lesson(
        step=mark.step,
        words=there.words,
        tags=tags.names,
        types=tags.types,
        kind=tags.kind,
        wanted=there.wanted,
        said=said,
        first=there.first,
        chunks=mark.chunks,
        curve=curve,
        frames=sitting.frames,
    )


def judged(seen: Lesson) -> tuple[np.ndarray, np.ndarray]:
    """Precision, recall and F1 by comparing spans, and as conlleval counts them, word by word: (3) twice."""
    names = np.array(seen.tags, dtype=object)
    wanted, said = ([names[n[s]].tolist() for s in seen.sentences] for n in (seen.wanted, seen.said))
    both = seen.chunks.overall, counted_word_by_word(wanted, said).overall
    ours, theirs = (np.array([c.precision[0], c.recall[0], c.f1[0]]) for c in both)
    return ours, theirs


@torch.no_grad()
def read(sitting: Sitting, words: tuple[str, ...]) -> Typed:
    """A visitor's own sentence, by the net of the last mark."""
    corpus = corpus_of(sitting.exp)
    numbers = torch.tensor([corpus.numbers(words)])
    params = {k: p.float() for k, p in sitting.marks[-1].params.items()}
    logits = forward(sitting.exp, params, Batch(Words(numbers, torch.tensor([len(words)])), None)).logits[0]
    return Typed(words, (numbers[0, :, 0] != UNKNOWN).numpy(), corpus.tags, logits.softmax(-1).numpy())

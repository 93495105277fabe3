"""Net and hidden Markov model trained in turns: the net learns what the alignment says, then the net aligns anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from rnnviz.experiment import Experiment
from rnnviz.film import State, advance, forward, start
from rnnviz.measure import recognise
from rnnviz.measure.hmm import Model, Segment, align, decode, decode_each, route, trimmed
from rnnviz.records.frames import Frames as Scalars
from rnnviz.records.hybrid import Listened, Marks, Rounds, Span
from rnnviz.records.utterance import Sounds
from rnnviz.tasks.audio import HOP, RATE, WINDOW
from rnnviz.tasks.corpus.packs import Utterance, pack
from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.frames import AROUND, Alignment, Frames, Heard, energies, heard, joined, seconds, taught
from rnnviz.tasks.recordings import Recordings
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.wav import Sound

EVERY = 20  # steps between two exams
ROUNDS = 4  # the first on the flat start, the others each after a realignment
LEASTS = (1, 2, 3, 4, 5)  # frames that each state may be made to last
TRUTH, HMM, BARE, TRIM = "truth", "HMM", "HMM, not divided by the prior", "trimming"
HEARD_OUT = 30  # of a visitor's recordings, at every picture
PIECE = 8192  # frames that go through the net at once


class Kept(NamedTuple):
    """A moment to come back to, and what is trained on from there."""

    exp: Experiment
    state: State


class Now(NamedTuple):
    """The film stopped at a step."""

    exp: Experiment
    state: State
    frames: Scalars
    marks: Marks
    rounds: Rounds


@dataclass(frozen=True, eq=False)
class Hybrid:
    """A training whose targets are drawn anew, ROUNDS − 1 times, from what the net has learnt; to be played."""

    kept: tuple[Kept, ...]
    state: State
    frames: Scalars
    marks: tuple[tuple[int, np.ndarray, float], ...] = ()  # step, exact (way, least), trimmed
    drift: tuple[tuple[float, float], ...] = ()  # median and mean of every realignment, milliseconds

    @classmethod
    def of(cls, exp: Experiment) -> Hybrid:
        first = start(exp)
        return cls((Kept(exp, first),), first, Scalars.none())

    @property
    def exp(self) -> Experiment:
        """As it was at the beginning."""
        return self.kept[0].exp

    @property
    def key(self) -> str:
        return f"hybrid {self.exp.key}"

    @property
    def step(self) -> int:
        return self.state.step

    @property
    def over(self) -> bool:
        return self.frames.diverged is not None

    @property
    def nbytes(self) -> int:
        return self.frames.nbytes + sum(k.state.nbytes for k in self.kept)

    def forward(self, steps: int) -> Hybrid:
        """The film, `steps` longer; the same bits whether at once or in pieces."""
        film, until = self, self.step + steps
        while film.step < until and not film.over:
            film = film._on(min(until, film.step // EVERY * EVERY + EVERY))
        return film

    def _on(self, until: int) -> Hybrid:
        """To the next exam at most; there the net is examined, and it realigns if a round is over."""
        exp = self.kept[-1].exp
        state, more = advance(exp, self.state, until - self.step)
        film = replace(self, state=state, frames=self.frames + more)
        if until % EVERY or film.over:
            return film
        film = replace(film, marks=(*film.marks, (until, *exam(exp, state))))
        if until in turns(exp):
            exp = exp.change("task.alignment", realigned(exp, state))
            film = replace(film, drift=(*film.drift, drift(exp.task)))  # type: ignore[arg-type]
        return replace(film, kept=(*film.kept, Kept(exp, state)))

    def still(self, step: int) -> Now:
        """The film as it stood at `step`."""
        exp, state = max((k for k in self.kept if k.state.step <= step), key=lambda k: k.state.step)
        state = self.state if step == self.step else advance(exp, state, step - state.step)[0]
        done = [(0, *_at_birth(self.exp)), *(mark for mark in self.marks if mark[0] <= step)]
        marks = Marks(*(np.array(column) for column in zip(*done, strict=True)))
        at = [0, *(turn for turn in turns(exp) if turn <= step)]
        drifts = np.array([drift(self.exp.task), *self.drift][: len(at)])  # type: ignore[arg-type]
        rounds = Rounds(np.array(at), *drifts.T.copy(), np.exp(exp.task.log_prior()))  # type: ignore[attr-defined]
        return Now(exp, state, self.frames[:step], marks, rounds)


def turns(exp: Experiment) -> tuple[int, ...]:
    """Steps after which the net aligns anew: the schedule of the rate, in ROUNDS equal parts."""
    part = max(EVERY, getattr(exp.rule, "over", 400) // ROUNDS // EVERY * EVERY)
    return tuple(part * n for n in range(1, ROUNDS))


@lru_cache(maxsize=16)
def _at_birth(exp: Experiment) -> tuple[np.ndarray, float]:
    return exam(exp, start(exp))


def model(task: Frames, least: int = 1) -> Model:
    return Model(len(DIGITS), task.states, least)


def said(exp: Experiment, state: State, what: Heard) -> list[np.ndarray]:
    """What the net says of every utterance: ln P(y|x) (frame, label), float32."""
    frames, found = torch.arange(len(what.first)), []
    with torch.no_grad():
        for piece in frames.split(PIECE):
            logits = forward(exp, state.params, Batch(what.windows(piece).flatten(1), None)).logits
            found.append(logits.log_softmax(-1).numpy())
    return np.split(np.concatenate(found), np.cumsum(what.frames)[:-1])


def _stacked(rows: list[np.ndarray]) -> np.ndarray:
    """(frame, label, utterance), 0 behind the end."""
    out = np.zeros((max(map(len, rows)), rows[0].shape[1], len(rows)), np.float32)
    for b, row in enumerate(rows):
        out[: len(row), :, b] = row
    return out


def exam(exp: Experiment, state: State, split: str = "strings") -> tuple[np.ndarray, float]:
    """Shares of a split's utterances that are exactly right: (way, least) by the HMM, and by trimming."""
    task: Frames = exp.task  # type: ignore[assignment]
    what = heard(split)
    rows = said(exp, state, what)
    bare = _stacked(rows)
    scores = np.concatenate([bare - task.log_prior().astype(np.float32)[:, None], bare], 2)
    frames = np.array(what.frames * 2)
    found, _ = decode_each(model(task), scores, frames, LEASTS)
    right = [[_digits(f) == d for f, d in zip(read, what.digits * 2, strict=True)] for read in found]
    exact = np.reshape(right, (len(LEASTS), 2, -1)).mean(2).T.copy()
    plain = [_digits(trimmed(model(task), row.argmax(1))) == d for row, d in zip(rows, what.digits, strict=True)]
    return exact, float(np.mean(plain))


def alone(exp: Experiment, state: State, what: Heard, least: int = 3) -> np.ndarray:
    """(utterance,) the digit that each is, when it is known to be only one: the best of ten chains."""
    task: Frames = exp.task  # type: ignore[assignment]
    scores = _stacked([row - task.log_prior().astype(np.float32) for row in said(exp, state, what)])
    frames, count = np.array(what.frames), len(what.frames)
    ways = [align(model(task, least), scores, frames, [(digit,)] * count)[1] for digit in range(len(DIGITS))]
    return np.argmax(ways, 0)


def understood(exp: Experiment, state: State, own: Recordings) -> dict[str, float]:
    """Speaker -> share of at most HEARD_OUT of a visitor's single digits that are understood at this moment."""
    some = Recordings(own.takes[:: -(-len(own.takes) // HEARD_OUT)])
    right = alone(exp, state, taught(some)) == [take.digit for take in some.takes]
    spoken_by = np.array([take.speaker for take in some.takes])
    return {who: float(right[spoken_by == who].mean()) for who in some.speakers}


def _digits(found: tuple[Segment, ...]) -> tuple[int, ...]:
    return tuple(word for word, _, _ in found)


def realigned(exp: Experiment, state: State) -> Alignment:
    """The best path of every training utterance through its known digits, as the net hears it now."""
    task: Frames = exp.task  # type: ignore[assignment]
    train = taught(task.recordings)
    rows = [row - task.log_prior().astype(np.float32) for row in said(exp, state, train)]
    paths: list[np.ndarray] = [np.empty(0)] * len(rows)
    for some in np.array_split(np.argsort(train.frames, kind="stable"), 6):  # little padding among equals
        frames = np.array([train.frames[i] for i in some])
        path, _ = align(model(task), _stacked([rows[i] for i in some]), frames, [train.digits[i] for i in some])
        for b, i in enumerate(some):
            paths[i] = path[: frames[b], b]
    return Alignment(np.concatenate(paths).astype(np.uint8).tobytes())


@lru_cache(maxsize=64)
def drift(task: Frames) -> tuple[float, float]:
    """How far the training words begin from where the synthesiser began them: median and mean, milliseconds."""
    train, apart = heard("train"), []
    spoken = (u for u in pack("digits") if u.split == "train")
    for states, utterance in zip(np.split(task.targets(), np.cumsum(train.frames)[:-1]), spoken, strict=True):
        first = (states > 0) & ((states - 1) % task.states == 0)
        begins = np.flatnonzero(first & np.r_[True, states[1:] != states[:-1]])
        truth = np.array([begin + AROUND for begin, _ in utterance.marks])
        apart.append(1000 * np.abs(seconds(begins) - truth))
    return float(np.median(np.concatenate(apart))), float(np.concatenate(apart).mean())


@lru_cache(maxsize=1)
def utterances() -> dict[str, Utterance]:
    """Name -> an utterance that is not trained on: strings first, then longer ones, then digits alone."""
    there = [u for u in pack("digits") if u.split != "train"]
    there.sort(key=lambda u: (len(u.units) == 1, u.split == "longer"))
    return {f"{u.text} · {u.speaker}": u for u in there}


@lru_cache(maxsize=32)
def _one(name: str) -> Heard:
    return joined((utterances()[name],))


@lru_cache(maxsize=32)
def sounds(name: str) -> Sounds:
    """The spectrogram of an utterance in its quiet room, with its truth."""
    spoken = utterances()[name]
    marks = tuple((begin + AROUND, end + AROUND) for begin, end in spoken.marks)
    loud = energies(spoken.samples).numpy()
    return Sounds(loud, recognise.sounds(spoken).hertz, HOP / RATE, spoken.units, marks)


def sound(name: str) -> Sound:
    """An utterance to listen to."""
    return Sound.of(utterances()[name].samples)


def listened(exp: Experiment, state: State, name: str, least: int) -> Listened:
    """One utterance as the net hears it at this moment, and what becomes of that."""
    task: Frames = exp.task  # type: ignore[assignment]
    (bare,) = said(exp, state, _one(name))
    bare = bare.astype(np.float64)
    both = np.stack([bare - task.log_prior(), bare], 2)
    hmm = model(task, least)
    quick, totals = decode(hmm, both, np.array([len(bare)] * 2))
    slow = [route(hmm, np.ascontiguousarray(both[:, :, way])) for way in (0, 1)]
    truth = sounds(name)
    read = {
        TRUTH: tuple(Span(u, b, e) for u, (b, e) in zip(truth.units, truth.marks, strict=True)),
        HMM: _spans(quick[0]),
        BARE: _spans(quick[1]),
        TRIM: _spans(trimmed(hmm, bare.argmax(1))),
    }
    labels = ("silence", *(f"{digit} {k + 1}" for digit in DIGITS for k in range(task.states)))
    scores = np.stack([totals, [score for _, _, score in slow]], 1)
    edges = np.array([_edges(quick), _edges([words for _, words, _ in slow])])
    return Listened(np.exp(bare), slow[0][0], labels, HOP / RATE, WINDOW / 2 / RATE, read, scores, edges)


def _spans(found: tuple[Segment, ...]) -> tuple[Span, ...]:
    return tuple(Span(DIGITS[w], *seconds(np.array([begin, end])).tolist()) for w, begin, end in found)


def _edges(ways: list[tuple[Segment, ...]]) -> list[int]:
    return [number for found in ways for segment in found for number in segment]

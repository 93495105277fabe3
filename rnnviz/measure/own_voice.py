"""A recogniser that adapts to one speaker, looked at: before and after, this speaker and the others."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from rnnviz.experiment import Experiment
from rnnviz.film import Film, State, forward
from rnnviz.measure import recognise
from rnnviz.records.frames import Frames
from rnnviz.records.own_voice import ByDigit, Marks
from rnnviz.records.utterance import Reading, Sounds
from rnnviz.rules import Adam
from rnnviz.tasks.audio import HOP, RATE, STEP
from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.own_voice import OwnVoice, Rows, ear_of, own, room, stacked, voices
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.recordings import NOBODY, Recordings, Take
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.speech import exact, transcripts
from rnnviz.tasks.wav import Sound

EVERY = 5  # steps between two exams
LEARNING, ADAPTING = 400, 150  # steps on synthetic voices, then also on one's own
RULE = Adam(rate=0.005, clip=5.0, schedule="decay", over=ADAPTING)
MOST = 120  # of a speaker's recordings that are marked
ASKED = 1000  # numbers from here on throw the dice of the rooms of the exam
TYPED = "what to align with"
PAUSE = 0.2  # seconds between two words at least


class Speaker(NamedTuple):
    """One person's recordings: some to learn from, the others for the exam."""

    name: str
    learn: Recordings
    exam: Recordings

    def take(self, digit: str) -> tuple[Take, bool]:
        """A recording of a digit, and whether it is one that is not learnt from; of another digit where there is none."""
        for said in (DIGITS.index(digit), None):
            for takes, unheard in ((self.exam, True), (self.learn, False)):
                for one in takes.takes:
                    if said in (None, one.digit):
                        return one, unheard
        raise ValueError(f"there is no recording of {self.name}")


@lru_cache(maxsize=24)
def parted(people: Recordings, name: str, takes: int) -> Speaker:
    """The first `takes` recordings of every digit are learnt from, the others are the exam; their silent ends are cut off.

    Where nothing would be left of a digit, one recording fewer is learnt from, but for the only one.
    """
    mine = people.by(name).takes
    there = Counter(take.digit for take in mine)
    left = {digit: min(takes, max(1, many - 1)) for digit, many in there.items()}
    learn: list[Take] = []
    rest: list[Take] = []
    for take in mine:
        (learn if left[take.digit] > 0 else rest).append(replace(take, sound=recognise.speech_of(take.sound)))
        left[take.digit] -= 1
    return Speaker(name, Recordings(tuple(learn)), Recordings(tuple(rest[:: -(-len(rest) // MOST) or 1])))


def _heads(rows: Rows) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    heads = [stacked(row) for row in rows.frames]
    return pad_sequence(heads, True), torch.tensor([len(h) for h in heads]), pad_sequence(list(rows.units), True, -1)


@lru_cache(maxsize=24)
def _exam(speaker: Speaker) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What the exam is heard as: with an ear that knows only the takes that are learnt from."""
    return _heads(own(speaker.exam, ear_of(speaker.learn), ASKED))


@lru_cache(maxsize=16)
def _others(name: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rows, spoken = voices("unseen")
    chosen = [i for i, u in enumerate(spoken) if u.speaker != name]
    return _heads(Rows(tuple(rows.frames[i] for i in chosen), tuple(rows.units[i] for i in chosen)))


@torch.no_grad()
def _right(exp: Experiment, state: State, asked: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> np.ndarray:
    """(utterance,) whether the best symbols of all steps read exactly what was said."""
    x, steps, units = asked
    best = forward(exp, state.params, Batch(x, None)).logits.argmax(-1)
    return exact(transcripts(best, steps, OwnVoice.blank), units).numpy()


def by_digit(exp: Experiment, state: State, speaker: Speaker) -> ByDigit:
    """The speaker's exam, digit by digit."""
    if not speaker.exam.takes:
        return ByDigit(np.full(len(DIGITS), np.nan), np.zeros(len(DIGITS)))
    right = _right(exp, state, _exam(speaker))
    said = np.array([take.digit for take in speaker.exam.takes])
    count = np.bincount(said, minlength=len(DIGITS)).astype(float)
    wrong = np.bincount(said, ~right, len(DIGITS))
    return ByDigit(np.divide(wrong, count, out=np.full(len(DIGITS), np.nan), where=count > 0), count)


def misheard(exp: Experiment, state: State, speaker: Speaker) -> tuple[float, float]:
    """Shares that are not read exactly right: of the speaker's exam, and of what the other unseen voices say."""
    return by_digit(exp, state, speaker).over, float(1 - _right(exp, state, _others(speaker.name)).mean())


class Adapted(NamedTuple):
    """An adaptation stopped at a step."""

    exp: Experiment
    state: State
    frames: Frames  # of the adaptation alone, from step 0
    marks: Marks


@dataclass(frozen=True, eq=False)
class Lesson:
    """Training that goes on from another's weights with a speaker's takes; every EVERY steps it is examined. To be played."""

    before: str  # key of the training that it goes on from
    exp: Experiment
    speaker: Speaker
    at: int  # step of that training
    film: Film | None = None
    marks: tuple[tuple[int, float, float], ...] = ()

    @classmethod
    def after(cls, exp: Experiment, speaker: Speaker, at: int = LEARNING) -> tuple[Experiment, Lesson]:
        """What comes first, the same for every speaker and every share of own takes; and the lesson after it.

        Raises TypeError for another task.
        """
        if not isinstance(exp.task, OwnVoice):
            raise TypeError(f"{type(exp.task).__name__} has no speaker to adapt to")
        base = replace(exp, task=replace(exp.task, share=OwnVoice.share, takes=NOBODY))
        return base, cls(base.key, replace(exp, task=replace(exp.task, takes=speaker.learn), rule=RULE), speaker, at)

    def opened(self, film: Film) -> Lesson:
        """The lesson at its beginning; `film` is what it goes on from, trained to `at` or beyond."""
        first = State(0, film.at(self.at).params, {})
        begun = Film(self.exp, first, Frames.none(), (first,), past=f"{self.before}@{self.at}/")
        return replace(self, film=begun, marks=((self.at, *misheard(self.exp, first, self.speaker)),))

    @property
    def key(self) -> str:
        return f"lesson {self.before}@{self.at}/{self.exp.key} {self.speaker!r}"

    @property
    def _played(self) -> Film:
        if self.film is None:
            raise ValueError("this lesson was not opened")
        return self.film

    @property
    def step(self) -> int:
        return self.at + self._played.step

    @property
    def over(self) -> bool:
        return self._played.over

    @property
    def nbytes(self) -> int:
        return self._played.nbytes + 24 * len(self.marks)

    def forward(self, steps: int) -> Lesson:
        """The lesson, `steps` longer; the same bits whether at once or in pieces."""
        lesson, until = self, self._played.step + steps
        while (film := lesson._played).step < until and not film.over:
            film = film.forward(min(until, film.step // EVERY * EVERY + EVERY) - film.step)
            lesson = replace(lesson, film=film)
            if film.step % EVERY == 0:
                mark = (self.at + film.step, *misheard(self.exp, film.state, self.speaker))
                lesson = replace(lesson, marks=(*lesson.marks, mark))
        return lesson

    def still(self, step: int) -> Adapted:
        """The lesson as it stood at `step` of the whole film."""
        still = self._played.still(step - self.at)
        done = np.array([mark for mark in self.marks if mark[0] <= step])
        return Adapted(still.exp, still.state, still.frames, Marks(*done.T.copy()))


def reading(exp: Experiment, state: State, take: Take, speaker: Speaker) -> Reading:
    """What a net says of every step of one recording."""
    x = stacked(ear_of(speaker.learn).hear(room(take.sound.samples, ASKED)))
    with torch.no_grad():
        logits = forward(exp, state.params, Batch(x[None], None)).logits[0]
    return Reading(logits.double().log_softmax(-1).numpy(), OwnVoice.symbols, OwnVoice.blank, STEP)


def sounds(take: Take, label: tuple[str, ...] = ()) -> Sounds:
    """The spectrogram of a recording in its room; nobody knows when its `label` is spoken."""
    hertz = recognise.sounds(take.sound).hertz
    return Sounds(room(take.sound.samples, ASKED).numpy().astype(np.float32), hertz, HOP / RATE, label, ())


def label(typed: str, take: Take) -> tuple[str, ...]:
    """Digits in words or figures, "seven 8" -> (seven, eight); none for an empty line.

    Raises Unreadable for anything else, and for more than the recording has steps for.
    """
    parts = re.findall(r"[0-9]|[a-z]+|[^\sa-z0-9]", typed.lower())
    found = tuple(DIGITS[int(p)] if p.isascii() and p.isdigit() else p for p in parts)
    for word in found:
        if word not in DIGITS:
            raise Unreadable(TYPED, f"“{word[:20]}” is not a digit; expected words or figures, like seven or 7 8")
    steps = len(stacked(room(take.sound.samples, ASKED)))
    if (needed := len(found) + sum(a == b for a, b in pairwise(found))) > steps:
        raise Unreadable(TYPED, f"{needed} steps are needed, this recording has {steps}; expected fewer digits")
    return found


def ten(row: Sound) -> tuple[Sound, ...]:
    """A recording of zero to nine cut in its nine longest pauses; ten sounds without silence at their ends.

    Raises Unreadable where the ninth is shorter than PAUSE.
    """
    samples, size = row.samples, RATE // 50
    pieces = samples[: len(samples) // size * size].reshape(-1, size)
    loud = np.sqrt((pieces**2).mean(1))
    spoken = np.flatnonzero(loud > recognise.QUIET * loud.max())
    gaps = np.diff(spoken) - 1
    if (found := 1 + int((gaps * size >= PAUSE * RATE).sum())) < len(DIGITS):
        raise Unreadable(
            "your recording",
            f"{found} words with pauses between them; expected ten, zero to nine, with half a second after each",
        )
    cuts = np.sort(np.argsort(-gaps, kind="stable")[: len(DIGITS) - 1])
    begins, ends = spoken[np.r_[0, cuts + 1]], spoken[np.r_[cuts, len(spoken) - 1]]
    return tuple(
        recognise.speech_of(Sound.of(samples[max(0, begin - 2) * size : (end + 3) * size]))
        for begin, end in zip(begins, ends, strict=True)
    )

"""What every pack says: which voice speaks which words, drawn once and for all from fixed dice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

TRAIN = """default f2 f4 Alicia belinda steph grandma linda m7 Storm boris Andy AnxiousAndy Jacky travis antonio ed iven2
david Marco klatt2 robosoft6 m3 UniRobot Lee shelby""".split()
UNSEEN = "Andrea f3 paul Mario Annie quincy".split()

PHRASES = (
    "好 棒 好棒 好棒棒 棒棒 好好 好好棒 棒好 好棒好 棒棒棒 好棒棒棒 棒好棒 棒棒好 好好好 好好棒棒 棒棒棒棒".split()
)
LONGER = "好棒好棒棒 棒棒好好棒 好好好棒棒棒 棒好好棒棒好棒".split()
PINYIN = {"好": "hao3", "棒": "bang4"}
WAYS = {"joined": "", "apart": " ", "fluent": " "}  # what stands between two spellings

DIGITS: tuple[str, ...] = tuple("zero one two three four five six seven eight nine".split())
WORDS = """fear near fame name fight night feed need fail nail foam known never ever hand stand play say day way they bay pay
light right late rate lead read low row lock rock lake rake bat pat bin pin bear pear see she so show sue shoe same shame
cat cap map mat time dime tie die ten den town down book look cook rabbit habit water daughter yes no stop go left up on
off""".split()


class Line(NamedTuple):
    """One utterance to be made."""

    split: str  # "train", "unseen" (other voices) or "longer" (other voices, longer than anything in training)
    speaker: str  # a variant of the voice
    way: str  # "joined" or "apart" (Mandarin with or without pauses), "fluent" (English)
    units: tuple[str, ...]  # what is to be recognised
    spellings: tuple[str, ...]  # the same for the synthesiser
    rate: int  # words a minute
    pitch: int  # 0..100


class Plan(NamedTuple):
    voice: str  # the synthesiser's language
    lines: Callable[[], Iterator[Line]]


def haobang() -> Iterator[Line]:
    """Every training voice says every phrase once, joined and apart in turn; the others say them both ways."""
    chance = np.random.default_rng(20)
    for split, speakers, phrases, both in (
        ("train", TRAIN, PHRASES, False),
        ("unseen", UNSEEN, PHRASES, True),
        ("longer", UNSEEN, LONGER, False),
    ):
        for s, speaker in enumerate(speakers):
            for p, text in enumerate(phrases):
                for way in ("joined", "apart") if both else (("joined", "apart")[(s + p) % 2],):
                    spellings = tuple(PINYIN[c] for c in text)
                    yield Line(split, speaker, way, tuple(text), spellings, *_manner(chance))


def digits() -> Iterator[Line]:
    """Every voice says the ten digits one by one, then strings of two to five; the unseen ones also of six to eight."""
    chance = np.random.default_rng(21)
    for split, speakers, strings, sizes in (
        ("train", TRAIN, 8, (2, 5)),
        ("unseen", UNSEEN, 16, (2, 5)),
        ("longer", UNSEEN, 4, (6, 8)),
    ):
        for speaker in speakers:
            if split != "longer":
                for digit in DIGITS:
                    yield Line(split, speaker, "fluent", (digit,), (digit,), *_manner(chance))
            for _ in range(strings):
                said = tuple(DIGITS[d] for d in chance.integers(0, 10, chance.integers(sizes[0], sizes[1] + 1)))
                yield Line(split, speaker, "fluent", said, said, *_manner(chance))


def words() -> Iterator[Line]:
    """Every voice says every word once."""
    chance = np.random.default_rng(22)
    for split, speakers in (("train", TRAIN), ("unseen", UNSEEN)):
        for speaker in speakers:
            for word in WORDS:
                yield Line(split, speaker, "fluent", (word,), (word,), *_manner(chance))


def _manner(chance: np.random.Generator) -> tuple[int, int]:
    """Rate and pitch of one utterance."""
    return int(chance.integers(150, 231)), int(chance.integers(30, 71))


PLANS = {"haobang": Plan("cmn-latn-pinyin", haobang), "digits": Plan("en", digits), "words": Plan("en", words)}

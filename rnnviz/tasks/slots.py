"""Slot filling: which word of a travel request is the destination, which the place of departure, which the time?"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from rnnviz.settings import Checked, switch
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.spec import Batch, mean_of

SLOTS = ("other", "destination", "departure", "time")
OTHER, TO, FROM, TIME = range(4)
CITIES = (
    *("taipei", "tokyo", "london", "paris", "berlin", "boston"),
    *("seoul", "sydney", "cairo", "denver", "oslo", "rome"),
)
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
DAYS = tuple(f"{d}{'th' if d in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(d % 10, 'th')}" for d in range(1, 32))
CUES = {"arrive": TO, "reach": TO, "to": TO, "for": TO, "leave": FROM, "from": FROM}  # what the next city is
OPENINGS = ("", "please", "we", "i will", "we will", "tomorrow we")
MOVES = (  # as many cities left as reached
    *("arrive {}", "reach {}", "fly to {}", "travel to {}"),
    *("leave {}", "leave {}", "fly from {}", "travel from {}"),
    *("leave {} for {}", "fly from {} to {}", "fly to {} from {}", "travel from {} to {}"),
)
PLAIN = tuple(sorted({w for o in OPENINGS for w in o.split()} | {"fly", "travel", "on"}))
END = ""  # fills a sentence up; it counts nowhere
WORDS = (END, *PLAIN, *CUES, *CITIES, *MONTHS, *DAYS)
NUMBER = {word: k for k, word in enumerate(WORDS)}
LONGEST = 10  # words
TRAINED, HELD = 300, 300
NOTHING = -1  # the target where a sentence is over


def slots_of(words: Sequence[str]) -> list[int]:
    """The slot of every word; a city is what the last cue before it says. Raises Unreadable outside the grammar."""
    if not 0 < len(words) <= LONGEST:
        raise Unreadable("your sentence", f"{len(words)} words; expected 1 to {LONGEST}")
    found, cue = [], None
    for at, word in enumerate(words, 1):
        if word not in NUMBER:
            known = f"{', '.join(PLAIN)}; {', '.join(CUES)}; months; days such as 2nd; {', '.join(CITIES)}"
            raise Unreadable("your sentence", f"word {at}, “{word[:30]}”, is not known here; known are {known}")
        if word in CITIES and cue is None:
            raise Unreadable(
                "your sentence", f"nothing says what {word} is; expected one of {', '.join(CUES)} before it"
            )
        found.append(cue if word in CITIES and cue else TIME if word in MONTHS or word in DAYS else OTHER)
        cue = None if word in CITIES else CUES.get(word, cue)
    return found


def cut(typed: str) -> tuple[str, ...]:
    """A typed sentence as known words, at most ten. Raises Unreadable."""
    words = typed.lower().replace(",", " ").replace(".", " ").split()
    slots_of(words)
    return tuple(words)


def shuffled(words: tuple[str, ...], order: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Words and their slots in the `order`-th shuffle of them; 0 leaves them as they are. A word keeps its slot."""
    places = list(range(len(words)))
    if order:
        random.Random(order).shuffle(places)
    slots = slots_of(words)
    return tuple(words[p] for p in places), tuple(slots[p] for p in places)


class Sentences(NamedTuple):
    """Padded to the longest that there can be."""

    words: Tensor  # (sentence, time) numbers
    slots: Tensor  # (sentence, time), NOTHING where the sentence is over


def table(sentences: list[tuple[str, ...]]) -> Sentences:
    """Sentences of the grammar as numbers."""
    words = torch.zeros(len(sentences), LONGEST, dtype=torch.long)
    slots = torch.full((len(sentences), LONGEST), NOTHING)
    for row, sentence in enumerate(sentences):
        words[row, : len(sentence)] = torch.tensor([NUMBER[w] for w in sentence])
        slots[row, : len(sentence)] = torch.tensor(slots_of(sentence))
    return Sentences(words, slots)


def spoken(dice: random.Random) -> tuple[str, ...]:
    """One sentence of the grammar."""
    move = dice.choice(MOVES).format(*dice.sample(CITIES, 2))
    when = f"on {dice.choice(MONTHS)} {dice.choice(DAYS)}" if dice.random() < 0.6 else ""
    return tuple(f"{dice.choice(OPENINGS)} {move} {when}".split())


@cache
def corpus() -> tuple[Sentences, Sentences]:
    """300 different sentences to learn from, and 300 others."""
    dice = random.Random(20161118)
    found: dict[tuple[str, ...], None] = {}
    while len(found) < TRAINED + HELD:
        found[spoken(dice)] = None
    sentences = list(found)
    return table(sentences[:TRAINED]), table(sentences[TRAINED:])


@dataclass(frozen=True)
class Slots(Checked):
    """Say the slot of every word; x are word numbers (batch, time)."""

    shuffle: bool = switch(False, "Shuffle the words", help="Of every sentence, each time it is read")

    inputs = len(WORDS)
    outputs = len(SLOTS)

    def sample(self, dice: Generator, size: int) -> Batch:
        rows = torch.randint(TRAINED, (size,), generator=dice)
        words, slots = (t[rows] for t in corpus()[0])
        return mixed(Batch(words, slots), dice) if self.shuffle else Batch(words, slots)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy a word, in nats."""
        return cross_entropy(logits.flatten(0, 1), batch.y.flatten(), ignore_index=NOTHING)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of the cities with the right slot: the words whose slot hangs on the words before them."""
        return mean_of(logits.argmax(-1) == batch.y, (batch.y == TO) | (batch.y == FROM))


def mixed(batch: Batch, dice: Generator) -> Batch:
    """Every sentence with its words in any order; what fills it up stays behind."""
    order = torch.rand(batch.x.shape, generator=dice).masked_fill(batch.y == NOTHING, 2).argsort(1)
    return Batch(batch.x.gather(1, order), batch.y.gather(1, order))

"""English phrases into Chinese: a grammar small enough to know every word's true translation, with word order that turns."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rnnviz.tasks.pairs import Aligned, Corpus, PairTask
from rnnviz.tasks.reading import Unreadable

PRONOUNS = {"i": "我", "you": "你", "we": "我們", "they": "他們", "he": "他", "she": "她"}
COUNTS = {"a": "一", "this": "這", "two": "兩", "three": "三", "four": "四", "five": "五"}  # these need a measure word
OWNERS = {"my": "我的", "your": "你的", "our": "我們的", "the": ""}
BEINGS = {  # singular: plural, measure word, noun
    "student": ("students", "位", "學生"),
    "teacher": ("teachers", "位", "老師"),
    "doctor": ("doctors", "位", "醫生"),
    "child": ("children", "個", "孩子"),
    "cat": ("cats", "隻", "貓"),
    "dog": ("dogs", "隻", "狗"),
}
THINGS = {
    "book": ("books", "本", "書"),
    "letter": ("letters", "封", "信"),
    "newspaper": ("newspapers", "份", "報紙"),
    "car": ("cars", "輛", "車"),
    "photo": ("photos", "張", "照片"),
    "shirt": ("shirts", "件", "襯衫"),
}
NOUNS = BEINGS | THINGS
MANY = {plural: singular for singular, (plural, _, _) in NOUNS.items()}
ADJECTIVES = {
    "big": "大的",
    "small": "小的",
    "black": "黑色的",
    "beautiful": "漂亮的",
    "happy": "快樂的",
    "new": "新的",
}
FITTING = {True: ("big", "small", "beautiful", "happy"), False: ("big", "small", "black", "beautiful", "new")}
FIELDS = {
    "machine learning": ("機器", "學習"),
    "machine translation": ("機器", "翻譯"),
    "deep learning": ("深度", "學習"),
    "speech recognition": ("語音", "辨識"),
    "chinese": ("中文",),
    "mathematics": ("數學",),
}
VERBS = {  # what it can be done to
    "read": ("讀", ("book", "letter", "newspaper")),
    "write": ("寫", ("book", "letter")),
    "buy": ("買", ("book", "newspaper", "car", "shirt", "photo")),
    "see": ("看見", tuple(NOUNS)),
    "like": ("喜歡", (*NOUNS, *FIELDS)),
    "learn": ("學", tuple(FIELDS)),
    "teach": ("教", tuple(FIELDS)),
}
THIRD = {v + ("es" if v == "teach" else "s"): v for v in VERBS}
PLACES = {
    "in the library": ("在", "", "圖書館"),
    "in the park": ("在", "", "公園"),
    "at school": ("在", "學校"),
    "at home": ("在", "家"),
    "in taipei": ("在", "台北"),
}
TIMES = {"today": ("今天",), "now": ("現在",), "every day": ("每", "天"), "every morning": ("每天", "早上")}
PAIRS, HELD, LONGEST = 4000, 400, 16

Spans = list[tuple[str, int]]  # Chinese characters, and the position of the English word that they translate


class _Parser:
    """Reads English words from left to right and collects Chinese ones; every part says where it came from."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words, self.at = words, 0

    def here(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, table: dict[str, str]) -> Spans:
        self.at += 1
        return [(table[self.words[self.at - 1]], self.at - 1)]

    def fixed(self, table: dict[str, tuple[str, ...]]) -> Spans:
        """An expression of one or more words out of `table`, or nothing."""
        for expression, chinese in table.items():
            size = len(expression.split())
            if " ".join(self.words[self.at : self.at + size]) == expression:
                self.at += size
                return [(c, self.at - size + i) for i, c in enumerate(chinese)]
        return []

    def thing(self) -> Spans:
        """A pronoun, a field of study, or: count or owner, adjectives, noun."""
        if self.here() in PRONOUNS:
            return self.take(PRONOUNS)
        if found := self.fixed(FIELDS):
            return found
        counted = self.here() in COUNTS
        first = self.take(COUNTS if counted else OWNERS) if self.here() in (*COUNTS, *OWNERS) else []
        described: Spans = []
        while self.here() in ADJECTIVES:
            described += self.take(ADJECTIVES)
        noun = MANY.get(self.here(), self.here())
        if noun not in NOUNS:
            raise self.lost("a noun" if first or described else "a pronoun, a noun or a field of study")
        _, measure, chinese = NOUNS[noun]
        self.at += 1
        return [*first, *([(measure, self.at - 1)] if counted else []), *described, (chinese, self.at - 1)]

    def phrase(self) -> Spans:
        """A thing alone, or: thing, verb, thing, place, time -> time, thing, place, verb, thing."""
        subject = self.thing()
        if self.at == len(self.words):
            return subject
        no: Spans = []
        if self.here() in ("do", "does"):
            self.at += 1
            if self.here() != "not":
                raise self.lost("“not”")
            no = self.take({"not": "不"})
        verb = THIRD.get(self.here(), self.here())
        if verb not in VERBS:
            raise self.lost("a verb")
        self.at += 1
        done = [(VERBS[verb][0], self.at - 1)]
        thing = self.thing()
        place = self.fixed(PLACES)
        time = self.fixed(TIMES)
        if self.at < len(self.words):
            raise self.lost("a place, a time or the end")
        return [*time, *subject, *no, *place, *done, *thing]

    def lost(self, wanted: str) -> Unreadable:
        found = f"“{self.here()}”" if self.here() else "the end"
        return Unreadable("your phrase", f"the grammar expects {wanted} where it finds {found} (word {self.at + 1})")


def translated(words: Sequence[str]) -> Aligned:
    """Chinese characters, each with the English word it translates. Raises Unreadable outside the grammar."""
    return tuple((character, frozenset({at})) for chinese, at in _Parser(words).phrase() for character in chinese)


def _thing(dice: random.Random, nouns: Sequence[str]) -> tuple[str, bool]:
    """A thing in English, and whether it is third person singular."""
    noun = dice.choice(nouns)
    if noun in FIELDS:
        return noun, True
    count = dice.choice((*COUNTS, *OWNERS, ""))
    one = count in ("a", "this") or (count in OWNERS and dice.random() < 0.5)
    adjective = dice.choice(FITTING[noun in BEINGS]) if dice.random() < 0.45 else ""
    return " ".join(filter(None, (count, adjective, noun if one else NOUNS[noun][0]))), one


def _phrase(dice: random.Random) -> str:
    """One English phrase of the grammar."""
    if dice.random() < 0.12:
        return _thing(dice, (*NOUNS, *FIELDS))[0]
    if dice.random() < 0.4:
        subject = dice.choice(tuple(PRONOUNS))
        one = subject in ("he", "she")
    else:
        subject, one = _thing(dice, tuple(BEINGS))
    verb = dice.choice(tuple(VERBS))
    third = next(form for form, plain in THIRD.items() if plain == verb)
    negated = dice.random() < 0.2
    said = ("does not " if one else "do not ") + verb if negated else third if one else verb
    rest = [dice.choice(tuple(table)) if dice.random() < 0.5 else "" for table in (PLACES, TIMES)]
    return " ".join(filter(None, (subject, said, _thing(dice, VERBS[verb][1])[0], *rest)))


@cache
def _corpus() -> Corpus:
    """Distinct phrases; every field of study alone is among those trained on."""
    dice = random.Random(20161115)
    phrases = dict.fromkeys(FIELDS)
    while len(phrases) < PAIRS:
        phrases[_phrase(dice)] = None
    pairs = [(p.split(), [character for character, _ in translated(p.split())]) for p in phrases]
    return Corpus.of(pairs, HELD)


@dataclass(frozen=True)
class Phrases(PairTask):
    """English words in, Chinese characters out."""

    @property
    def corpus(self) -> Corpus:
        return _corpus()

    def tokens(self, typed: str) -> tuple[str, ...]:
        words = tuple(typed.lower().replace(".", " ").replace(",", " ").split())
        if not 0 < len(words) <= LONGEST:
            raise Unreadable("your phrase", f"{len(words)} words; expected 1 to {LONGEST}")
        self.corpus.reads.numbers(words, "your phrase")
        return words

    def reference(self, typed: str) -> Aligned:
        return translated(self.tokens(typed))

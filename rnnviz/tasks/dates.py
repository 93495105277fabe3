"""Dates as people write them, into the one form that sorts: 2 november 2026 → 2026-11-02, letter by letter."""

from __future__ import annotations

import datetime
import random
import re
from dataclasses import dataclass
from functools import cache

from rnnviz.tasks.pairs import Aligned, Corpus, PairTask
from rnnviz.tasks.reading import Unreadable

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)
PAIRS, HELD, LONGEST = 6000, 400, 28
NAMES = "|".join(MONTHS)
FORMATS = (  # how it is written, and how it is recognised
    ("{d} {month} {y}", rf"(?P<d>\d\d?) (?P<m>{NAMES}) (?P<y>\d{{4}})"),
    ("{month} {d}, {y}", rf"(?P<m>{NAMES}) (?P<d>\d\d?), (?P<y>\d{{4}})"),
    ("{d:02}/{m:02}/{y}", r"(?P<d>\d\d)/(?P<m>\d\d)/(?P<y>\d{4})"),
    ("{short} {d} {y}", rf"(?P<m>{'|'.join(m[:3] for m in MONTHS)}) (?P<d>\d\d?) (?P<y>\d{{4}})"),
    ("the {d}{th} of {month} {y}", rf"the (?P<d>\d\d?)(?:st|nd|rd|th) of (?P<m>{NAMES}) (?P<y>\d{{4}})"),
)


def written(day: datetime.date, form: int) -> str:
    """A date in one of the five formats, in lower case; with slashes the day comes first."""
    th = "th" if day.day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    month = MONTHS[day.month - 1]
    return FORMATS[form][0].format(d=day.day, m=day.month, y=day.year, month=month, short=month[:3], th=th)


def normalised(typed: str) -> Aligned:
    """yyyy-mm-dd, each digit with the positions that settle it: a digit, or the whole name of the month.

    Raises Unreadable for what is in none of the formats, or is no date.
    """
    found = next((m for _, pattern in FORMATS if (m := re.fullmatch(pattern, typed))), None)
    if found is None:
        known = " · ".join(written(datetime.date(2026, 11, 2), form) for form in range(len(FORMATS)))
        raise Unreadable("your date", f"in none of the five forms: {known}")
    year, name, day = found["y"], found["m"], found["d"]
    month = int(name) if name.isdigit() else [m[:3] for m in MONTHS].index(name[:3]) + 1
    try:
        datetime.date(int(year), month, int(day))
    except ValueError:
        raise Unreadable("your date", f"there is no {typed}") from None
    whole = frozenset(range(*found.span("m")))
    digits = [frozenset({p}) for p in range(*found.span("m"))] if name.isdigit() else [whole, whole]
    last = found.end("d") - 1
    days = [frozenset({found.start("d")}), frozenset({last})]
    where = [frozenset({p}) for p in range(*found.span("y"))] + [frozenset()] + digits + [frozenset()] + days
    return tuple(zip(f"{year}-{month:02}-{int(day):02}", where, strict=True))


@cache
def _corpus() -> Corpus:
    """Distinct dates, each in one format: a date that is held out was never seen in any."""
    dice = random.Random(18990211)
    numbers = dice.sample(range(FIRST.toordinal(), LAST.toordinal() + 1), PAIRS)
    days = [datetime.date.fromordinal(n) for n in numbers]
    return Corpus.of([(written(day, dice.randrange(len(FORMATS))), day.isoformat()) for day in days], HELD)


@dataclass(frozen=True)
class Dates(PairTask):
    """Characters in, characters out."""

    @property
    def corpus(self) -> Corpus:
        return _corpus()

    def tokens(self, typed: str) -> tuple[str, ...]:
        letters = tuple(" ".join(typed.lower().split()))
        if not 0 < len(letters) <= LONGEST:
            raise Unreadable("your date", f"{len(letters)} characters; expected 1 to {LONGEST}")
        self.corpus.reads.numbers(letters, "your date")
        return letters

    def reference(self, typed: str) -> Aligned:
        return normalised("".join(self.tokens(typed)))

"""What a run *is*: the frozen description from which every number on a page can be computed again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from typing import Any

from rnnviz.nets.spec import Net
from rnnviz.rules import Rule
from rnnviz.settings import Checked, setting
from rnnviz.tasks.spec import Task


@dataclass(frozen=True)
class Experiment(Checked):
    """Task, net, rule, batch size and seed. Its `repr` is its identity."""

    task: Task
    net: Net
    rule: Rule
    batch: int = setting(32, 1, 1024, "Batch size")
    seed: int = setting(0, 0, 9999, "Seed", help="Other first weights and other data")

    @property
    def key(self) -> str:
        """Hash of `repr`, which keeps the class of every part (`asdict` would lose it)."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]

    def change(self, path: str, value: Any) -> Experiment:
        """`exp.change("rule.rate", 0.1)`: a checked copy with one setting replaced.

        Raises KeyError for a path that names no setting, ValueError for a value outside its range.
        """
        part, _, name = path.partition(".")
        owner = getattr(self, part, None) if name else self
        if owner is None or (name or part) not in {f.name for f in fields(owner)}:
            raise KeyError(f"{path}: {type(owner or self).__name__} has no such setting")
        return replace(self, **{part: replace(owner, **{name: value}) if name else value})

    def differs(self, other: Experiment) -> dict[str, tuple[Any, Any]]:
        """Path -> (here, there) for every setting that is not the same; a part of another class counts whole."""
        found: dict[str, tuple[Any, Any]] = {}
        for f in fields(self):
            here, there = getattr(self, f.name), getattr(other, f.name)
            if type(here) is type(there) and f.name in ("task", "net", "rule"):
                names = [g.name for g in fields(here)]
                found |= {
                    f"{f.name}.{n}": (getattr(here, n), getattr(there, n))
                    for n in names
                    if getattr(here, n) != getattr(there, n)
                }
            elif here != there:
                found[f.name] = (here, there)
        return found

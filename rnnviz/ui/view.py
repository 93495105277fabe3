"""A view: one scene over some reels, as one visitor's page has it on the screen."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from rnnviz.figures.compare import side_by_side
from rnnviz.figures.scene import Scene
from rnnviz.ui.reel import Ready, Reel

MOST = 2000  # views kept; each is small, its films lie on the shelf


@dataclass(frozen=True)
class Fork:
    """Label of the run that was forked -> its reel with the changed setting, and the words for it."""

    of: str
    reel: Reel
    words: str


@dataclass(frozen=True)
class View:
    """Scene and reels. Two visitors with the same page and settings have the same `identity` and share every frame."""

    page: str
    scene: Callable[..., Scene]
    originals: dict[str, Reel | Ready]
    looks: tuple[Hashable, ...]
    until: int
    every: int
    forks: tuple[Fork, ...] = ()
    token: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def reels(self) -> dict[str, Reel | Ready]:
        return self.originals | {f.words: f.reel for f in self.forks}

    @property
    def identity(self) -> str:
        parts = [self.page, self.scene.__qualname__, self.looks, self.until, self.every]
        parts += [(label, r.key) for label, r in self.reels.items()]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]

    def draw(self, step: int, stills: dict[str, Any]) -> Scene:
        """The page's scene; with forks, both runs in one picture and then the fork's own panels."""
        runs = {label: stills[label] for label in self.originals}
        scene = self.scene(step, runs, *self.looks)
        for fork in self.forks:
            other = self.scene(step, runs | {fork.of: stills[fork.words]}, *self.looks)
            both = side_by_side(fork.of, stills[fork.of].frames, fork.words, stills[fork.words].frames, fork.reel.at)
            renamed = tuple(replace(p, title=f"{p.title} · {fork.words}") for p in other.panels)
            scene = replace(scene, panels=(both, *scene.panels, *renamed), numbers=scene.numbers)
        return scene


class Views:
    """Token -> view, least recently used out."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, View] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, view: View, instead: str | None = None) -> None:
        """Hold a view; the one that it takes the place of is let go."""
        with self._lock:
            self._held.pop(instead or "", None)
            self._held[view.token] = view
            while len(self._held) > MOST:
                self._held.popitem(last=False)

    def get(self, token: str) -> View | None:
        with self._lock:
            if token in self._held:
                self._held.move_to_end(token)
            return self._held.get(token)

    def all(self) -> list[View]:
        with self._lock:
            return list(self._held.values())

    def clear(self) -> None:
        with self._lock:
            self._held.clear()

"""One thing that is timed against a peer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Case(NamedTuple):
    name: str
    ours: Callable[[], object]
    peer: str  # what it is held against
    peer_run: Callable[[], object] | None  # None: the peer is not installed
    times: float = 1.0  # how often the peer's run would have to be repeated to do the work of ours

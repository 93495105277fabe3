"""One thing that is timed against a peer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Case(NamedTuple):
    name: str
    ours: Callable[[], object]
    peer: str  # what it is held against
    peer_run: Callable[[], object] | None  # None: the peer is not installed

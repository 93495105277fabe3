"""One shelf for all visitors, bounded in bytes, least recently used out.

Films and encoded frames are immutable, so the first visitor trains and the class watches.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


class Shelf:
    """Key -> value with a size each; `put` throws the least recently used out until all fit in `room` bytes."""

    def __init__(self, room: int = 400_000_000) -> None:
        self.room, self.size = room, 0
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any | None:
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

    def put(self, key: Hashable, value: Any, size: int) -> None:
        with self._lock:
            self.size -= self._held.pop(key, (None, 0))[1]
            self._held[key] = (value, size)
            self.size += size
            while self.size > self.room and len(self._held) > 1:
                self.size -= self._held.popitem(last=False)[1][1]

    def __contains__(self, key: Hashable) -> bool:
        """Whether it is here; that somebody asks does not count as use."""
        return key in self._held

    def __len__(self) -> int:
        return len(self._held)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self.size = 0

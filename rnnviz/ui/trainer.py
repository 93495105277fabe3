"""The one trainer of the server: a thread that takes turns over what browsers have asked for.

A browser pulls one frame at a time. A pull is served in slices of about 50 ms, all pulls in turn, so nobody waits for
another's heavy slider; a browser that has gone pulls nothing, and so nothing runs for it.
"""

from __future__ import annotations

import pickle
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Queue
from typing import Any

from rnnviz.film import Film
from rnnviz.ui.reel import Ready, Reel
from rnnviz.ui.shelf import Shelf
from rnnviz.ui.view import View
from rnnviz.ui.wire import Encoded, encode
from rnnviz.ui.workers import Workers

SLICE = 0.05  # seconds
LIGHT = 500_000  # bytes of a net that is kept as it was at every frame, for those who look at the same film elsewhere


@dataclass
class Pull:
    """One frame that one browser waits for. `reply` gets an Encoded frame, a progress (done, all) or an error text."""

    view: View
    step: int
    reply: Callable[[Encoded | tuple[int, int] | str], None]
    gone: bool = False
    told: float = field(default_factory=time.monotonic)


class Away(Exception):
    """Raised out of a turn when workers train."""

    def __init__(self, film: Film, steps: int) -> None:
        super().__init__()
        self.film, self.steps = film, steps


class Trainer:
    """Round-robin over pulls. `turn` is the whole of it; the thread only calls it."""

    def __init__(self, shelf: Shelf, workers: Workers | None = None) -> None:
        self.shelf, self.workers = shelf, workers
        self._away: dict[str, list[Pull]] = {}  # film key -> pulls that wait for its slice from a worker
        self.pace: dict[str, float] = {}  # reel key -> seconds a step took
        self.slices = 0  # turns that did work, for the load script
        self._pulls: deque[Pull] = deque()
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self, pull: Pull, *, first: bool = False) -> None:
        """Queue a pull, `first` before all others, and wake the thread (started at the first one)."""
        with self._news:
            (self._pulls.appendleft if first else self._pulls.append)(pull)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="trainer", daemon=True)
                self._thread.start()
            self._news.notify()

    def _run(self) -> None:
        while True:
            with self._news:
                while not self._pulls:
                    self._news.wait()
                pull = self._pulls.popleft()
            if not pull.gone and not self._served(pull):
                with self._news:
                    self._pulls.append(pull)

    def _served(self, pull: Pull) -> bool:
        """One slice of work on a pull; True when its answer has been given."""
        self.slices += 1
        try:
            answer = self.turn(pull.view, pull.step)
        except Away as away:
            self._send_away(away, pull)
            return True
        except Exception as error:  # noqa: BLE001  one visitor's broken run must not stop the others'
            traceback.print_exc()
            pull.reply(f"{type(error).__name__}: {error}")
            return True
        if isinstance(answer, Encoded):
            pull.reply(answer)
            return True
        if time.monotonic() - pull.told > 0.3:
            pull.told = time.monotonic()
            pull.reply(answer)
        return False

    def _send_away(self, away: Away, pull: Pull) -> None:
        """Let a worker compute a slice; the pulls that need it come back into the queue when it is done."""
        key, film = away.film.key, away.film
        with self._news:
            if key in self._away:
                self._away[key].append(pull)
                return
            self._away[key] = [pull]
        began = time.perf_counter()

        def back(future: Future[bytes]) -> None:
            try:
                grown = film.grown(*pickle.loads(future.result()))
                self.shelf.put(key, grown, grown.nbytes)
                self.pace[key] = 0.5 * self.pace.get(key, 0.02) + 0.5 * (time.perf_counter() - began) / away.steps
                fault = ""
            except Exception as error:  # noqa: BLE001  what a worker died of is told to whoever waits for it
                fault = f"{type(error).__name__}: {error}"
            with self._news:
                waiting = self._away.pop(key, [])
                if not fault:
                    self._pulls.extend(waiting)
                self._news.notify()
            for one in waiting if fault else ():
                one.reply(fault)

        assert self.workers is not None
        self.workers.slice(film, away.steps).add_done_callback(back)

    def frame(self, view: View, step: int) -> Encoded:
        """The frame of a view at a step, computed by the trainer's thread, however long it takes.

        Raises RuntimeError with the words of whatever the scene raised.
        """
        answers: Queue[Encoded | tuple[int, int] | str] = Queue()
        self.ask(Pull(view, step, answers.put), first=True)
        while isinstance(answer := answers.get(), tuple):
            pass
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return answer

    def turn(self, view: View, step: int) -> Encoded | tuple[int, int]:
        """At most about 50 ms of training towards a frame: the frame, or (steps done, steps wanted)."""
        known = self.shelf.get((view.identity, step))
        if known is not None:
            return known
        end = time.perf_counter() + SLICE
        for reel in view.reels.values():
            film = self._grown(reel, step, end)
            if film is None or (film.step < step and not film.over):
                return (film.step if film else 0, step)
        stills = {label: self.still(reel, step) for label, reel in view.reels.items()}
        frame = encode(view.draw(step, stills))
        self.shelf.put((view.identity, step), frame, frame.nbytes)
        return frame

    def still(self, reel: Reel | Ready, step: int) -> Any:
        """What stands of a reel at `step`: before its fork, the parent; after its end, the end."""
        if reel.parent is not None and step < reel.at:
            return self.still(reel.parent, step)
        film = self.shelf.get(reel.key)
        if film is None:
            raise RuntimeError("the shelf is too small for the films of this page")
        step = min(step, film.step)
        if not isinstance(film, Film):
            return film.still(step)
        name = (reel.key, "state", step)
        held = self.shelf.get(name)
        still = film.still(step, held)
        if held is None and still.state.nbytes <= LIGHT:
            self.shelf.put(name, still.state, still.state.nbytes)
        return still

    def _grown(self, reel: Reel | Ready, step: int, end: float) -> Any | None:
        """The film of a reel, trained towards `step` until the clock says `end`; None while its parent is not ready."""
        if reel.parent is not None and step < reel.at:
            return self._grown(reel.parent, step, end)
        film = self.shelf.get(reel.key)
        if film is None:
            parent = None
            if reel.parent is not None:
                parent = self._grown(reel.parent, reel.at, end)
                if parent is None or (parent.step < reel.at and not parent.over):
                    return None
            film = reel.opened(parent)
            self.shelf.put(film.key, film, film.nbytes)
        while film.step < step and not film.over and (left := end - time.perf_counter()) > 0:
            pace = self.pace.get(film.key, 0.02)
            steps = max(1, min(step - film.step, int(left / pace)))
            began = time.perf_counter()
            if self.workers and isinstance(film, Film):
                raise Away(film, steps)
            film = film.forward(steps)
            self.pace[film.key] = 0.5 * pace + 0.5 * (time.perf_counter() - began) / steps
            self.shelf.put(film.key, film, film.nbytes)
        if len(self.pace) > 4096:
            self.pace.clear()
        return film

"""Processes that train, for a machine with cores to spare: `RNNVIZ_WORKERS=2 streamlit run app.py`."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from concurrent.futures import Future, ProcessPoolExecutor

from rnnviz.experiment import Experiment
from rnnviz.film import Film, State, advance


class Workers:
    """A pool that computes slices of films. Made once, before any page runs."""

    def __init__(self, count: int) -> None:
        # Fresh interpreters: torch's threads do not survive a fork. All are started at once, because Streamlit later
        # passes page scripts off as the main module, which a process started then would run.
        self._pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_settled)
        for ready in [self._pool.submit(_nothing) for _ in range(count)]:
            ready.result()

    def slice(self, film: Film, steps: int) -> Future[bytes]:
        """`advance` from the film's state, elsewhere; the pickled (state, frames) to come."""
        return self._pool.submit(_advanced, pickle.dumps((film.exp, film.state)), steps)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _settled() -> None:
    """One thread of torch, and an end with the server, however that ends."""
    import torch

    torch.set_num_threads(1)
    server = multiprocessing.parent_process()
    assert server is not None
    threading.Thread(target=lambda: (server.join(), os._exit(0)), daemon=True).start()


def _nothing() -> None:
    import time

    time.sleep(0.2)  # long enough that every process is started for one of these


def _advanced(sent: bytes, steps: int) -> bytes:
    exp, state = pickle.loads(sent)
    assert isinstance(exp, Experiment)
    assert isinstance(state, State)
    return pickle.dumps(advance(exp, state, steps))

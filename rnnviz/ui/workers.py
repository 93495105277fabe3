"""Training elsewhere: `RNNVIZ_WORKERS=2` in processes of this machine, `RNNVIZ_SCHEDULER=tcp://host:8786` on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from functools import partial
from importlib import import_module

from rnnviz.experiment import Experiment
from rnnviz.film import Film, State, advance

SOON = 10  # seconds within which a scheduler answers


class Workers:
    """A pool that computes slices of films. Made once, before any page runs."""

    def __init__(self, pool: Executor, close: Callable[[], object]) -> None:
        self._pool, self.close = pool, close

    @classmethod
    def wanted(cls) -> Workers | None:
        """What the environment asks for: a cluster, processes, or nobody but the trainer. Raises as `there` does."""
        if address := os.environ.get("RNNVIZ_SCHEDULER"):
            return cls.there(address)
        count = int(os.environ.get("RNNVIZ_WORKERS", "0"))
        return cls.here(count) if count > 0 else None

    @classmethod
    def here(cls, count: int) -> Workers:
        """So many processes of this machine."""
        # Fresh interpreters: torch's threads do not survive a fork. All are started at once, because Streamlit later
        # passes page scripts off as the main module, which a process started then would run.
        pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_settled)
        for ready in [pool.submit(_nothing) for _ in range(count)]:
            ready.result()
        return cls(pool, partial(pool.shutdown, wait=False, cancel_futures=True))

    @classmethod
    def there(cls, address: str) -> Workers:
        """The workers of a Dask cluster, which have this very RNNViz installed.

        Raises RuntimeError where Dask is not installed or its scheduler does not answer.
        """
        try:
            client = import_module("distributed").Client(address, timeout=SOON)
        except (ImportError, OSError, ValueError) as error:
            raise RuntimeError(
                f"RNNVIZ_SCHEDULER={address}: {error}; expected the address of a Dask scheduler (pip install distributed)"
            ) from error
        return cls(client.get_executor(), client.close)

    def slice(self, film: Film, steps: int) -> Future[bytes]:
        """`advance` from the film's state, elsewhere; the pickled (state, frames) to come."""
        return self._pool.submit(_advanced, pickle.dumps((film.exp, film.state)), steps)


def _settled() -> None:
    """An end with the server, however that ends."""
    server = multiprocessing.parent_process()
    assert server is not None
    threading.Thread(target=lambda: (server.join(), os._exit(0)), daemon=True).start()


def _nothing() -> None:
    import time

    time.sleep(0.2)  # long enough that every process is started for one of these


def _advanced(sent: bytes, steps: int) -> bytes:
    import torch

    torch.set_num_threads(1)  # as in the trainer: the same bits, and faster on such nets
    exp, state = pickle.loads(sent)
    assert isinstance(exp, Experiment)
    assert isinstance(state, State)
    return pickle.dumps(advance(exp, state, steps))

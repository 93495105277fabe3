"""The explorer, started as a visitor would start it, on a free port of the loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """`streamlit run app.py` until the block ends -> ("127.0.0.1:port", process id). Raises RuntimeError with its last words."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        port,
        "--server.address",
        "127.0.0.1",
    ]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT) as server,
    ):
        try:
            if not _answers(f"http://127.0.0.1:{port}/_stcore/health", server):
                log.seek(0)
                raise RuntimeError("the server did not start:\n" + log.read().decode(errors="replace")[-2000:])
            yield f"127.0.0.1:{port}", server.pid
        finally:
            server.terminate()


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    for _ in range(900):
        if server.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(url, timeout=1):
            return True
        time.sleep(0.1)
    return False

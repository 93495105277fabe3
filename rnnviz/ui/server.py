"""Routes beside Streamlit's own: one websocket for frames, and the two scripts of the screen. Nothing comes from outside."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import importlib.util
import json
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from rnnviz.ui.house import SHELF, TRAINER, VIEWS
from rnnviz.ui.trainer import Pull
from rnnviz.ui.wire import Encoded
from rnnviz.ui.workers import Workers

HERE = Path(__file__).parent
LONGEST_QUESTION = 400  # characters a browser may send at once


async def live(socket: WebSocket) -> None:
    """Frames on demand: the browser asks {"id", "view", "step"}, one answer at a time; a new question replaces the last."""
    if urlparse(socket.headers.get("origin", "")).netloc not in ("", socket.headers.get("host")):
        await socket.close(1008)
        return
    await socket.accept()
    answers: asyncio.Queue[tuple[Pull, int, Any]] = asyncio.Queue()
    sender = asyncio.create_task(_send(socket, answers))
    pull: Pull | None = None
    try:
        while True:
            question = _question(await socket.receive_text())
            if pull:
                pull.gone = True
            pull = question and _asked(*question, answers)
    except (WebSocketDisconnect, RuntimeError):
        pass  # the tab was closed
    finally:
        if pull:
            pull.gone = True
        sender.cancel()


def _question(text: str) -> tuple[int, str, int] | None:
    """(id, token, step), or None for anything else."""
    try:
        said = json.loads(text[:LONGEST_QUESTION])
        return int(said["id"]), str(said["view"]), max(0, int(said["step"]))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def _asked(number: int, token: str, step: int, answers: asyncio.Queue[tuple[Any, int, Any]]) -> Pull | None:
    view = VIEWS.get(token)
    if view is None:
        answers.put_nowait((None, number, None))
        return None
    loop = asyncio.get_running_loop()
    pull = Pull(view, min(step, view.until), lambda answer: _post(loop, answers, (pull, number, answer)))
    TRAINER.ask(pull)
    return pull


def _post(loop: asyncio.AbstractEventLoop, answers: asyncio.Queue[Any], answer: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the server is closing
        loop.call_soon_threadsafe(answers.put_nowait, answer)


async def _send(socket: WebSocket, answers: asyncio.Queue[tuple[Any, int, Any]]) -> None:
    known: frozenset[str] = frozenset()
    while True:
        pull, number, answer = await answers.get()
        if pull is None:
            message = json.dumps({"id": number, "lost": True})
        elif pull.gone and not isinstance(answer, Encoded):
            continue
        elif isinstance(answer, Encoded):
            head = f'{{"id":{number},"step":{pull.step},"frame":'
            message = head + answer.message(known) + "}"
            known = frozenset(answer.blobs)
        elif isinstance(answer, str):
            message = json.dumps({"id": number, "error": answer})
        else:
            message = json.dumps({"id": number, "done": answer[0], "all": answer[1]})
        await socket.send_text(message)


@cache
def _plotly() -> bytes:
    """Plotly's script out of the installed package, packed once."""
    spec = importlib.util.find_spec("plotly")
    if spec is None or spec.origin is None:
        raise RuntimeError("plotly is not installed; run pip install -r requirements.txt")
    return gzip.compress((Path(spec.origin).parent / "package_data" / "plotly.min.js").read_bytes(), 6)


@cache
def _screen() -> bytes:
    return gzip.compress((HERE / "screen.js").read_bytes(), 6)


async def script(request: Request) -> Response:
    body = _plotly() if request.path_params["name"] == "plotly.js" else _screen()
    headers = {"Content-Encoding": "gzip", "Cache-Control": "public, max-age=86400"}
    return Response(body, media_type="text/javascript", headers=headers)


async def pulse(request: Request) -> Response:
    """How much work the trainer has done, for who watches the server: turns so far, bytes on the shelf, views."""
    return JSONResponse({"slices": TRAINER.slices, "shelf": SHELF.size, "views": len(VIEWS.all())})


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Import once what pages will want, then keep the collector from scanning it again and again."""
    import altair  # noqa: F401
    import torch
    from streamlit.runtime.pages_manager import PagesManager

    PagesManager.uses_pages_directory = False  # else the first visitor's deep link is told "Page not found"
    torch.set_num_threads(1)  # nets of a few dozen units: two threads are half as fast
    _plotly()
    TRAINER.workers = Workers.wanted()
    gc.collect()
    gc.freeze()
    yield
    if TRAINER.workers:
        TRAINER.workers.close()


ROUTES: list[BaseRoute] = [
    WebSocketRoute("/rnnviz/live", live),
    Route("/rnnviz/pulse", pulse),
    Route("/rnnviz/{name}", script),
]

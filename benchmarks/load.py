"""`python -m benchmarks.load [--browsers 30]`: a class opens its pages at once; what each of them gets.

Every browser is a websocket client that speaks Streamlit's own protocol for the page and the screen's for the frames, and
asks for frames no faster than the screen does. The server is started here and all traffic stays on the loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.typing import Subprotocol

from benchmarks.server import served
from rnnviz.catalogue import EXHIBITS

PACE = 0.11  # seconds between frames, as in screen.js
SLUGS = [e.name.rpartition("/")[2] for e in EXHIBITS[1:]]
TRAINING = [slug for slug in SLUGS if slug not in ("trimming", "ctc_lattice", "beam")]


class Browser:
    """One visitor: the page's session, and the frames that its screen pulls."""

    def __init__(self, host: str, slug: str, seed: int) -> None:
        self.host, self.slug, self.query = host, slug, f"seed={seed}"
        self.view: dict[str, Any] = {}
        self.seed_id, self.exceptions = "", 0
        self.frames: list[float] = []  # when each frame came
        self.changed = asyncio.Event()  # the page has a new picture
        self.fresh = asyncio.Event()  # and its net has begun to train

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Page session and frame socket, for as long as the block lasts."""
        async with (
            websockets.connect(
                f"ws://{self.host}/_stcore/stream", subprotocols=[Subprotocol("streamlit")], max_size=None
            ) as page,
            websockets.connect(f"ws://{self.host}/rnnviz/live", max_size=None) as live,
        ):
            self.page, self.live = page, live
            await self.run()
            if not self.view:
                raise RuntimeError(f"{self.slug} shows no screen")
            tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch())]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def run(self, seed: float | None = None) -> None:
        """Ask for a run of the page script, with another seed if given."""
        message = BackMsg()
        message.rerun_script.page_name = self.slug
        message.rerun_script.query_string = self.query
        if seed is not None:
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.double_value = self.seed_id, seed
        await self.page.send(message.SerializeToString())
        if seed is None:
            while not await self._page_said():
                pass

    async def _page_said(self) -> bool:
        """Take one message of the page; True when the script has finished."""
        said = ForwardMsg()
        said.ParseFromString(await self.page.recv(decode=False))
        element = said.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.exceptions += 1
        if kind == "number_input" and element.number_input.id.endswith("-seed"):
            self.seed_id = element.number_input.id
        if kind == "bidi_component" and element.bidi_component.id.endswith("-screen"):
            view = json.loads(element.bidi_component.json)
            if view["view"] != self.view.get("view"):
                self.view = view | {"step": 0, "new": True}
                self.changed.set()
        return said.WhichOneof("type") == "script_finished"

    async def _listen(self) -> None:
        while True:
            await self._page_said()

    async def _watch(self) -> None:
        """Pull frame after frame, at the screen's pace, from the start again at the end."""
        number = 0
        while True:
            view, began = self.view, time.monotonic()
            step = min(view["step"] + view["every"], view["until"])
            number += 1
            await self.live.send(json.dumps({"id": number, "view": view["view"], "step": step}))
            while (said := json.loads(await self.live.recv())).get("id") != number or "all" in said:
                pass
            if "error" in said:
                self.exceptions += 1
            if "frame" in said:
                self.frames.append(time.monotonic())
                view["step"] = 0 if step >= view["until"] else step
                if view.pop("new", False):
                    self.fresh.set()
            await asyncio.sleep(max(0.0, PACE - (time.monotonic() - began)))

    async def click(self, seed: float) -> tuple[float, float]:
        """Seconds from a changed widget to the new picture, and to its first trained frame."""
        self.changed.clear()
        self.fresh.clear()
        began = time.monotonic()
        await self.run(seed)
        await asyncio.wait_for(self.changed.wait(), 60)
        shown = time.monotonic() - began
        await asyncio.wait_for(self.fresh.wait(), 60)
        return shown, time.monotonic() - began


def pulse(host: str) -> dict[str, int]:
    with urllib.request.urlopen(f"http://{host}/rnnviz/pulse", timeout=10) as answer:
        return json.load(answer)


def megabytes(pid: int) -> float:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def crowd(host: str, slugs: list[str], browsers: int, seconds: float, *, alone: bool) -> dict[str, object]:
    """All at once on these pages; `alone`: each with a seed of its own, so that no film is shared."""
    visitors = [Browser(host, slugs[i % len(slugs)], 100 + i if alone else 7) for i in range(browsers)]
    clicks: list[tuple[float, float]] = []

    async def visit(position: int, visitor: Browser) -> None:
        await asyncio.sleep(0.1 * position)
        async with visitor.opened():
            await asyncio.sleep(3 + 0.1 * (browsers - position))
            visitor.frames.clear()
            began = time.monotonic()
            await asyncio.sleep(seconds / 2 + position * seconds / browsers / 4)
            if visitor.seed_id:
                clicks.append(await visitor.click(1000.0 + (position if alone else 0)))
            await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))

    await asyncio.gather(*(visit(i, v) for i, v in enumerate(visitors)))
    rates = sorted(len(v.frames) / seconds for v in visitors)
    by_page = {s: round(statistics.mean(len(v.frames) / seconds for v in visitors if v.slug == s), 2) for s in slugs}
    shown, trained = (sorted(column) for column in zip(*clicks, strict=True))
    return {
        "browsers": browsers,
        "films": "one each" if alone else "shared",
        "frames_per_s_min": round(rates[0], 2),
        "frames_per_s_median": round(statistics.median(rates), 2),
        "frames_per_s_by_page": by_page,
        "click_to_picture_s": {"p50": round(_at(shown, 0.5), 3), "p95": round(_at(shown, 0.95), 3)},
        "click_to_trained_frame_s": {"p50": round(_at(trained, 0.5), 3), "p95": round(_at(trained, 0.95), 3)},
        "exceptions": sum(v.exceptions for v in visitors),
    }


def _at(ordered: list[float], share: float) -> float:
    return ordered[round(share * (len(ordered) - 1))]


async def views(host: str, pid: int, count: int) -> list[float]:
    """Memory after each tenth of `count` page views, one after another."""
    sizes = []
    for i in range(count):
        async with Browser(host, SLUGS[i % len(SLUGS)], i % 50).opened():
            await asyncio.sleep(0.25)
        if (i + 1) % (count // 10) == 0:
            sizes.append(round(megabytes(pid)))
    return sizes


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--browsers", type=int, default=30)
    ask.add_argument("--seconds", type=float, default=20.0)
    ask.add_argument("--pages", default="", help="names by comma; all training pages if none")
    ask.add_argument("--views", type=int, default=200)
    said = ask.parse_args()
    slugs = said.pages.split(",") if said.pages else TRAINING
    with served() as (host, pid):
        asyncio.run(crowd(host, slugs, len(slugs), 2, alone=True))  # warm
        for alone in (False, True):
            print(json.dumps(asyncio.run(crowd(host, slugs, said.browsers, said.seconds, alone=alone))), flush=True)
        time.sleep(5)
        before = pulse(host)["slices"]
        time.sleep(2)
        print(json.dumps({"turns_5_s_after_all_left": pulse(host)["slices"] - before}), flush=True)
        print(json.dumps({"memory_mb_over_views": asyncio.run(views(host, pid, said.views))}), flush=True)


if __name__ == "__main__":
    main()

"""`python -m benchmarks.paint [page …]`: seconds from a click on an exhibit to its first picture, in a real browser, warm server."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import time

from playwright.sync_api import Browser, sync_playwright

from benchmarks.server import served
from rnnviz.catalogue import EXHIBITS

ROUNDS = 5
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HERE = "document.querySelector('h1')?.textContent.includes({title})"
PANEL = HERE + " && [...document.querySelectorAll('.rv-plot')].some((e) => e.data)"
DRAWN = HERE + " && document.querySelector('.rv-screen')?.rv?.drawn > 0"


def clicked(browser: Browser, address: str, title: str) -> tuple[float, float]:
    """Home in a new tab, then the click: seconds to the first panel, and to all that are in sight."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    link = page.get_by_test_id("stMain").get_by_role("link", name=title).first
    link.wait_for()
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    began = time.monotonic()
    link.click()
    took = []
    for seen in (PANEL, DRAWN):
        page.wait_for_function(seen.format(title=json.dumps(title)), timeout=30_000)
        took.append(time.monotonic() - began)
    page.close()
    return took[0], took[1]


def main() -> None:
    with served() as (host, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for exhibit in EXHIBITS[1:]:
            if sys.argv[1:] and exhibit.name.partition("/")[2] not in sys.argv[1:]:
                continue
            clicked(browser, f"http://{host}", exhibit.title)  # warm
            panel, picture = zip(
                *(clicked(browser, f"http://{host}", exhibit.title) for _ in range(ROUNDS)), strict=True
            )
            print(
                json.dumps(
                    {
                        "name": exhibit.name,
                        "first_panel_s": round(statistics.median(panel), 2),
                        "first_picture_s": round(statistics.median(picture), 2),
                        "slowest_s": round(max(picture), 2),
                    }
                ),
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()

"""`python -m benchmarks.paint`: seconds from a click on an exhibit to its first picture, in a real browser on a warm server."""

from __future__ import annotations

import json
import shutil
import statistics
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
DRAWN = (
    "document.querySelector('.rv-screen')?.rv?.drawn > 0 && document.querySelector('h1')?.textContent.includes({title})"
)


def clicked(browser: Browser, address: str, title: str) -> float:
    """Home in a new tab, then the click."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    link = page.get_by_test_id("stMain").get_by_role("link", name=title).first
    link.wait_for()
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    began = time.monotonic()
    link.click()
    page.wait_for_function(DRAWN.format(title=json.dumps(title)), timeout=30_000)
    took = time.monotonic() - began
    page.close()
    return took


def main() -> None:
    with served() as (host, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for exhibit in EXHIBITS[1:]:
            clicked(browser, f"http://{host}", exhibit.title)  # warm
            times = [clicked(browser, f"http://{host}", exhibit.title) for _ in range(ROUNDS)]
            print(
                json.dumps(
                    {
                        "name": exhibit.name,
                        "first_picture_s": round(statistics.median(times), 2),
                        "slowest_s": round(max(times), 2),
                    }
                ),
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()

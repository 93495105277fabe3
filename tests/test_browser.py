"""The screen in a real browser: frames advance, pause pauses, scrub scrubs, the link reopens the same picture."""

from __future__ import annotations

import json
import time
import urllib.request

import numpy as np
import pytest
import soundfile
from browser import FLAGS, PROBES, chromium

from benchmarks.server import served
from rnnviz.catalogue import EXHIBITS
from rnnviz.tasks.corpus.packs import pack

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
STATE = """() => { const s = document.querySelector('.rv-screen')?.rv;
    return s && { drawn: s.drawn, step: s.step, playing: s.playing, until: s.data.until, every: s.data.every, error: s.error.textContent,
                  says: s.says.textContent, judge: s.judge.className } }"""
PAUSE = """() => { const s = document.querySelector('.rv-screen').rv; if (s.playing) s.play.click() }"""  # at once: films may end first
MICROPHONE = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
FROM_FILE = "--use-file-for-fake-audio-capture"
LIVE = [e.name for e in EXHIBITS[1:]]


@pytest.fixture(scope="module")
def address():
    chromium()
    with served() as (host, _):
        yield f"http://{host}"


@pytest.fixture(scope="module")
def browser():
    path = chromium()
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def visitors(browser):
    """Two visitors who have nothing in common but what one sends the other; scripts that each has loaded stay with them."""
    return [browser.new_context(viewport={"width": 1280, "height": 900}) for _ in range(2)]


@pytest.fixture
def page(visitors):
    page = visitors[0].new_page()
    page.complaints = []
    page.on(
        "console",
        lambda m: page.complaints.append(f"{m.text} {m.location.get('url', '')}") if m.type == "error" else None,
    )
    page.on("pageerror", lambda e: page.complaints.append(str(e)))
    yield page
    page.close()


def complaints(page) -> list[str]:
    return [c for c in page.complaints if not c.rstrip().endswith(PROBES)]


def slug(name: str) -> str:
    return name.rpartition("/")[2]


def now(page) -> dict:
    """What the first screen shows, as soon as one stands."""
    return page.wait_for_function(STATE, timeout=60_000).json_value()


def opened(page, url: str) -> dict:
    page.goto(url)
    page.wait_for_function("document.querySelector('.rv-screen')?.rv?.drawn > 0", timeout=60_000)
    return now(page)


def waited(page, condition: str) -> dict:
    try:
        page.wait_for_function(
            f"(() => {{ const s = document.querySelector('.rv-screen')?.rv; return s && ({condition}) }})()",
            timeout=60_000,
        )
    except sync_api.TimeoutError:
        pytest.fail(f"never came: {condition}; the screen is at {now(page)}")
    return now(page)


def settled(page) -> None:
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=30_000)


def picture(page) -> str:
    """All numbers on the page's first screen, as Plotly holds them."""
    return page.evaluate("""() => JSON.stringify([...document.querySelector('.rv-screen').querySelectorAll('.rv-plot')].map(e => (e.data ?? []).map(t =>
        ['x', 'y', 'z'].map(k => t[k] && Array.from(t[k], v => v && v.length ? Array.from(v) : v)))))""")


def test_home_opens(page, address) -> None:
    page.goto(address)
    page.get_by_role("heading", name="RNNViz").wait_for(timeout=30_000)
    settled(page)
    for exhibit in EXHIBITS[1:]:
        page.get_by_role("link", name=exhibit.title).first.wait_for(timeout=30_000)
    assert not complaints(page)


@pytest.mark.parametrize("name", LIVE)
def test_page_lives_and_its_link_reopens_the_same_picture(page, visitors, address, name) -> None:
    first = opened(page, f"{address}/{slug(name)}")
    if first["until"]:
        waited(page, f"s.drawn >= 3 && s.step >= {first['every']} * 2 || s.step >= s.data.until")
        page.evaluate(PAUSE)
        page.wait_for_function("new URL(location.href).searchParams.has('at')", timeout=30_000)
        settled(page)
        step = now(page)["step"]
        time.sleep(0.6)
    waited(page, "[...s.panels.querySelectorAll('.rv-plot')].every((e) => e.data)")
    state = now(page)
    assert not state["error"]
    assert "rv-bad" not in state["judge"]
    assert page.locator('[data-testid="stException"]').count() == 0
    if first["until"]:
        assert (state["step"], state["playing"]) == (step, False)
        other = visitors[1].new_page()
        assert opened(other, page.url)["step"] == step
        patience = time.monotonic() + 10
        while (differ := picture(other) != picture(page)) and time.monotonic() < patience:
            time.sleep(0.1)  # heavy panels are drawn after flat ones
        assert not differ
        other.close()
    assert not complaints(page)


def test_scrubbing_is_local_and_the_keyboard_works(page, address) -> None:
    opened(page, f"{address}/clipping")
    waited(page, "s.step >= 20")
    page.get_by_role("button", name="Pause").click()
    settled(page)
    scrub = page.get_by_role("slider", name="Training step")
    asked = page.evaluate("document.querySelector('.rv-screen').rv.number")
    scrub.evaluate(
        "e => { e.value = 10; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})) }"
    )
    assert waited(page, "s.step === 10")["step"] == 10
    assert page.evaluate("document.querySelector('.rv-screen').rv.number") == asked
    page.locator(".rv-panels").evaluate("e => e.closest('.rv-screen').focus()")
    page.keyboard.press("ArrowRight")
    waited(page, "s.step === 12")
    page.keyboard.press("Home")
    waited(page, "s.step === 0")
    page.keyboard.press("Space")
    waited(page, "s.playing && s.step > 0")
    page.wait_for_function("!new URL(location.href).searchParams.has('at')", timeout=10_000)


def test_zoom_stays_and_nothing_is_mounted_anew(page, address) -> None:
    opened(page, f"{address}/clipping")
    plot = page.locator(".rv-plot").first
    plot.evaluate("e => { e.mine = 1 }")
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 200, steps=4)
    page.mouse.up()
    page.wait_for_timeout(400)
    zoomed = plot.evaluate("e => e._fullLayout.xaxis.range")
    before = now(page)["drawn"]
    waited(page, f"s.drawn > {before + 4}")
    assert plot.evaluate("e => e.mine") == 1
    assert plot.evaluate("e => e._fullLayout.xaxis.range") == pytest.approx(zoomed)
    assert zoomed != pytest.approx([0, 250])


def test_the_screen_outlives_an_overtaken_update_but_not_its_page(page, address) -> None:
    opened(page, f"{address}/clipping")
    page.evaluate("""async () => {
        window.kept = document.querySelector('.rv-screen').rv;
        const script = performance.getEntriesByType('resource').find((r) => r.name.includes('/screen.js?')).name;
        (await import(script)).mount(window.kept.component)();  // Streamlit's answer to two runs that end close together
    }""")
    assert page.evaluate("document.querySelector('.rv-screen').rv === window.kept && !window.kept.dead")
    page.get_by_test_id("stTopNavLink").first.click()
    page.wait_for_function("window.kept.dead", timeout=30_000)


def test_what_is_out_of_sight_is_drawn_when_it_comes_into_sight(page, address) -> None:
    opened(page, f"{address}/lstm")
    last = page.locator(".rv-cell").last
    drawn = waited(page, "s.panels.lastChild.rvAway")["drawn"]
    waited(page, f"s.drawn > {drawn + 3}")
    assert not last.evaluate("e => e.lastChild.data")
    last.scroll_into_view_if_needed()
    waited(page, "s.panels.lastChild.lastChild.data")


def test_a_fork_is_made_on_the_page_and_lies_in_the_link(page, address) -> None:
    page.goto(f"{address}/clipping?at=20")
    waited_for = (
        "(() => { const s = document.querySelector('.rv-screen')?.rv; return s && s.step === 20 && s.drawn > 0 })()"
    )
    page.wait_for_function(waited_for, timeout=60_000)
    settled(page)
    page.get_by_role("button", name="Fork here").click()
    slider = page.locator('[data-testid="stPopoverBody"]').get_by_role("slider").first
    slider.wait_for()
    slider.press("ArrowLeft")
    settled(page)
    page.get_by_role("button", name="Fork", exact=True).click()
    page.wait_for_function("new URL(location.href).searchParams.has('fork')", timeout=15_000)
    page.get_by_text("The run and its fork").wait_for(timeout=30_000)
    assert not complaints(page)


def test_the_chip_turns_red_when_two_ways_differ(page, address) -> None:
    opened(page, f"{address}/clipping?at=2")
    chip = page.locator(".rv-judge")
    good = chip.evaluate("e => getComputedStyle(e).backgroundColor")
    page.evaluate(
        "document.querySelector('.rv-screen').rv.verdict({compared: 'a against b', difference: null, tolerance: 1, agrees: false})"
    )
    assert chip.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(176, 0, 32)" != good
    assert chip.inner_text().startswith("✗ a against b")


def test_dark_looks_follow(browser, address) -> None:
    page = browser.new_page(color_scheme="dark")
    opened(page, f"{address}/clipping")
    colour = page.locator(".rv-plot").first.evaluate("e => e._fullLayout.font.color")
    paper = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    page.close()
    bright = [
        sum(int(n) for n in c[c.index("(") + 1 : -1].split(",")[:3]) if "(" in c else sum(bytes.fromhex(c[1:7]))
        for c in (colour, paper)
    ]
    assert bright[0] > 450 > 250 > bright[1]


def test_nothing_runs_five_seconds_after_the_tab_was_closed(page, browser, address) -> None:
    def slices() -> int:
        with urllib.request.urlopen(f"{address}/rnnviz/pulse", timeout=5) as answer:
            return json.load(answer)["slices"]

    tab = browser.new_page()
    opened(tab, f"{address}/clipping?seed=77")
    before = slices()
    time.sleep(1)
    assert slices() > before
    tab.close()
    time.sleep(5)
    after = slices()
    time.sleep(1)
    assert slices() == after


def test_a_microphone_is_heard(browser, address, tmp_path) -> None:
    """Chromium plays a file to itself in place of a room, again and again: what is heard first is not always the first word."""
    spoken = next(u for u in pack("haobang") if u.split == "unseen" and len(u.units) == 3)
    room = tmp_path / "room.wav"
    soundfile.write(room, np.repeat(np.concatenate([np.zeros(2000), spoken.samples]), 6), 48_000)
    hearing = browser.browser_type.launch(executable_path=chromium(), args=[*FLAGS, *MICROPHONE, f"{FROM_FILE}={room}"])
    page = hearing.new_context(permissions=["microphone"]).new_page()
    opened(page, f"{address}/ctc_training?at=100")
    page.get_by_text("Your own voice").first.click()
    microphone = page.get_by_test_id("stAudioInput")
    microphone.get_by_role("button", name="Record").first.click()
    time.sleep(2)
    microphone.get_by_role("button", name="Stop recording").click()
    waited(page, "s.says.textContent.includes('Of your recording it makes')")
    assert "nothing" not in now(page)["says"]
    assert page.locator('[data-testid="stAlert"]').count() == 0
    hearing.close()


def test_a_click_on_the_map_starts_there(page, address) -> None:
    opened(page, f"{address}/cliff")
    plot = page.locator(".rv-picks .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"])
    page.wait_for_timeout(300)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("new URL(location.href).searchParams.has('net.w')", timeout=15_000)
    settled(page)
    picked = page.evaluate("new URL(location.href).searchParams.get('net.w')")
    assert 3 <= float(picked) <= 8
    link = page.url
    page.goto(link)
    settled(page)
    assert page.evaluate("new URL(location.href).searchParams.get('net.w')") == picked
    assert not complaints(page)

"""What a visitor takes home is what was on the page: numbers, figures, and the script that computes them again."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.catalogue import EXHIBITS
from rnnviz.ui.downloads import csv, npz, page_html, trainings
from rnnviz.ui.house import SHELF, TRAINER, VIEWS
from rnnviz.ui.script import _plain_name, script
from rnnviz.ui.view import View

ROOT = Path(__file__).parents[1]
LIVE = [e.name for e in EXHIBITS[1:]]


def view_of(name: str) -> View:
    SHELF.clear()
    VIEWS.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.switch_page(f"pages/{name}.py").run()
    assert not app.exception
    return VIEWS.all()[0]


@pytest.mark.parametrize("name", LIVE)
def test_the_script_gives_the_numbers_of_the_page(name, tmp_path) -> None:
    view = view_of(name)
    reels = trainings(view)
    if not reels:
        pytest.skip("nothing is trained on this page")
    step = view.every * max(1, 4 // view.every)
    text = script(name, "run", reels, step)
    (tmp_path / "run.py").write_text(text, encoding="utf-8")
    folder = [str(ROOT)] if "FOLDER_OF_RNNVIZ" in text else []
    done = subprocess.run(
        [sys.executable, "-I", "run.py", *folder], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for label in reels:
        assert (tmp_path / f"run.{_plain_name(label)}.csv").read_text() == csv(view, label, step)


@pytest.mark.parametrize("name", LIVE)
def test_numbers_and_figures_can_be_taken_home(name) -> None:
    view = view_of(name)
    step = min(view.until, 2 * view.every)
    arrays = np.load(io.BytesIO(npz(view, step)), allow_pickle=False)
    assert arrays.files
    html = page_html(view, step)
    assert html.count("Plotly.newPlot(") == len(
        view.draw(step, {k: TRAINER.still(r, step) for k, r in view.reels.items()}).panels
    )
    assert "cdn.plot.ly" not in html.split("<body")[-1][:2000]

"""What a visitor takes home is what was on the page: numbers, figures, and the script that computes them again."""

from __future__ import annotations

import io
import json
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
# Runs a script a line, each as if it were the first: what it left in the interpreter is taken out again. Importing torch
# two dozen times would take longer than all else here.
RUNNER = """
import contextlib, io, json, os, runpy, sys, traceback
import torch
before, path = set(sys.modules), list(sys.path)
for line in sys.stdin:
    folder, *arguments = json.loads(line)
    os.chdir(folder)
    sys.argv, said = ["run.py", *arguments], ""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path("run.py", run_name="__main__")
    except BaseException:
        said = traceback.format_exc()
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "rnnviz":
            del sys.modules[name]
    sys.path[:] = path
    print(json.dumps(said), flush=True)
"""


@pytest.fixture(scope="module")
def python():
    """A Python that knows torch and nothing of ours: python(folder, *arguments) runs run.py there and returns its traceback."""
    with subprocess.Popen(
        [sys.executable, "-I", "-c", RUNNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout

        def run(*words: str) -> str:
            process.stdin.write(json.dumps(words) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield run
        process.stdin.close()


@pytest.fixture(scope="module", params=[e.name for e in EXHIBITS[1:]])
def opened(request) -> tuple[str, View]:
    SHELF.clear()
    VIEWS.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.switch_page(f"pages/{request.param}.py").run()
    assert not app.exception
    return request.param, VIEWS.all()[0]


def test_the_script_gives_the_numbers_of_the_page(opened, python, tmp_path) -> None:
    name, view = opened
    reels = trainings(view)
    if not reels:
        pytest.skip("nothing is trained on this page")
    step = view.every * max(1, 4 // view.every)
    text = script(name, "run", reels, step)
    (tmp_path / "run.py").write_text(text, encoding="utf-8")
    assert python(str(tmp_path), *([str(ROOT)] if "FOLDER_OF_RNNVIZ" in text else [])) == ""
    for label in reels:
        assert (tmp_path / f"run.{_plain_name(label)}.csv").read_text() == csv(view, label, step)


def test_numbers_and_figures_can_be_taken_home(opened) -> None:
    view = opened[1]
    step = min(view.until, 2 * view.every)
    arrays = np.load(io.BytesIO(npz(view, step)), allow_pickle=False)
    assert arrays.files
    html = page_html(view, step)
    assert html.count("Plotly.newPlot(") == len(
        view.draw(step, {k: TRAINER.still(r, step) for k, r in view.reels.items()}).panels
    )
    assert "cdn.plot.ly" not in html.split("<body")[-1][:2000]

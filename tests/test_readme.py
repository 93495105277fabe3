"""What the README says is run."""

import re
from pathlib import Path

from rnnviz.catalogue import EXHIBITS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_works() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    assert len(block.strip().splitlines()) <= 12
    exec(compile(block, "README.md", "exec"), {})


def test_every_dependency_has_its_reason() -> None:
    needed = {re.split(r"[=<>]", line)[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if line}
    told = {
        name for row in re.findall(r"^\| ([\w, -]+) \| [^|]+\|$", TEXT, flags=re.MULTILINE) for name in row.split(", ")
    }
    assert needed <= told


def test_the_commands_are_there() -> None:
    for command in ("streamlit run app.py", "pytest"):
        assert f"\npip install -r requirements.txt && {command}\n" in TEXT


def test_every_picture_is_there() -> None:
    for path in re.findall(r"!\[.*?\]\((.*?)\)", TEXT):
        assert (ROOT / path).is_file()


def test_every_exhibit_is_named() -> None:
    named = {
        title for row in re.findall(r"^\| [^|]+ \| ([^|]+) \|$", TEXT, flags=re.MULTILINE) for title in row.split(" · ")
    }
    assert {e.title for e in EXHIBITS[1:]} <= named

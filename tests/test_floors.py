"""The floors of the house: what may import what. To edit ALLOWED is a design decision; say why in the commit."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OUTSIDE = {"numpy", "torch", "streamlit", "plotly", "altair", "pandas", "openTSNE", "sklearn", "soundfile", "starlette"}
GROUND = {"settings", "records", "semiring", "catalogue"}
ALLOWED = {
    "settings": set(),
    "records": {"numpy"},
    "semiring": {"numpy"},
    "catalogue": set(),
    "tasks": {"numpy", "torch", "settings", "soundfile", "sklearn"},
    "nets": {"torch", "settings"},
    "rules": {"torch", "settings"},
    "experiment": {"settings", "tasks", "nets", "rules"},
    "film": {"numpy", "torch", "experiment", "tasks", "nets", "rules", "records"},
    "stacks": {"numpy", "torch", "experiment", "tasks", "nets", "rules", "film"},
    "sweep": {"numpy", "torch", "experiment", "tasks", "stacks", "records"},
    "measure": {
        "numpy",
        "torch",
        "openTSNE",
        "semiring",
        "settings",
        "experiment",
        "tasks",
        "nets",
        "rules",
        "film",
        "records",
    },
    "figures": {"numpy", "plotly", "altair", "pandas", "records"},
    "ui": OUTSIDE | GROUND | {"experiment", "film", "tasks", "nets", "rules", "measure", "figures"},
    "pages": {
        "streamlit",
        *GROUND,
        "experiment",
        "tasks",
        "nets",
        "rules",
        "film",
        "sweep",
        "measure",
        "figures",
        "ui",
    },
}
FILES = sorted([*(ROOT / "rnnviz").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    ours = {n.split(".")[1] for n in names if n.startswith("rnnviz.")}
    return ours | ({n.split(".")[0] for n in names} & OUTSIDE)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    floor = parts[0] if parts[0] == "pages" else parts[1]
    if floor != "__init__":
        upward = imported(path) - ALLOWED[floor] - {floor}
        assert not upward, f"{floor} may not import {sorted(upward)}"


@pytest.mark.parametrize("path", sorted((ROOT / "pages").rglob("*.py")), ids=lambda p: p.stem)
def test_a_page_keeps_no_state_of_its_own(path: Path) -> None:
    assert "session_state" not in path.read_text(encoding="utf-8")


def test_drawing_needs_no_torch() -> None:
    modules = [
        "rnnviz.figures." + p.stem for p in sorted((ROOT / "rnnviz" / "figures").glob("*.py")) if p.stem != "__init__"
    ]
    code = f"import sys, {', '.join(modules)}; sys.exit('torch' in sys.modules or 'streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_palette_of_the_figures_is_the_palette_of_the_frame() -> None:
    import tomllib

    from rnnviz.figures.theme import CATEGORICAL, CLIPPED, ON_DARK

    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    assert theme["chartCategoricalColors"] == CATEGORICAL
    assert theme["dark"]["chartCategoricalColors"] == [ON_DARK[c] for c in CATEGORICAL]
    assert theme["light"]["primaryColor"] == CLIPPED

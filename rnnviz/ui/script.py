"""A run as one Python file that needs torch and numpy and nothing else: the sources it leans on travel inside it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from rnnviz.experiment import Experiment
from rnnviz.ui.reel import Reel

ROOT = Path(__file__).parents[2]

_HEAD = '''"""{title}: the same numbers as on the page, computed again. Needs Python 3.11, torch {torch} and numpy.

    python {file}.py        writes {file}.<run>.csv, one line a training step
"""

import sys
import types
from pathlib import Path

import torch

torch.set_num_threads(1)
'''

_UNPACK = """
for name, source in SOURCES.items():
    module = types.ModuleType(name)
    module.__path__ = []
    sys.modules[name] = module
    exec(compile(source, name, "exec"), module.__dict__)
"""

_FOLDER = """
# The recordings of this run lie in RNNViz's own folder: give its path.
if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "rnnviz").is_dir():
    sys.exit("usage: python " + Path(__file__).name + " FOLDER_OF_RNNVIZ")
sys.path.insert(0, sys.argv[1])
"""

_TAIL = """
for name, film in RUNS.items():
    path = Path("{file}." + name + ".csv")
    path.write_text(film.frames.csv(), encoding="utf-8")
    print(path, "loss", film.frames.loss[-1] if len(film.frames) else "-", "after", film.step, "steps")
"""


def script(title: str, file: str, runs: Mapping[str, Reel], steps: int) -> str:
    """The file's text: `runs` maps a label to its reel, each trained for `steps` steps."""
    import torch

    modules = _closure({"rnnviz.film", *(m for reel in runs.values() for m in _modules(reel.exp))})
    files = any("__file__" in source for source in modules.values())
    parts = [_HEAD.format(title=title, file=file, torch=torch.__version__.split("+")[0])]
    parts += [_FOLDER] if files else [_sources(modules), _UNPACK]
    parts += [_imports(runs), "\nRUNS = {\n"]
    parts += [f"    {_plain_name(label)!r}: {_film(reel, steps)},\n" for label, reel in runs.items()]
    return "".join([*parts, "}\n", _TAIL.format(file=file)])


def _film(reel: Reel, steps: int) -> str:
    if reel.parent is None:
        return f"Film.of({reel.exp!r}).forward({steps})"
    if steps < reel.at:  # before it was forked, a fork is its parent
        return _film(reel.parent, steps)
    return f"{_film(reel.parent, reel.at)}.fork({reel.exp!r}, {reel.at}).forward({max(0, steps - reel.at)})"


def _plain_name(label: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in label).strip("_")


def _parts(value: Any) -> list[Any]:
    """A spec and every spec inside it."""
    inner = [getattr(value, f.name) for f in fields(value)]
    return [value, *(p for v in inner if is_dataclass(v) and not isinstance(v, type) for p in _parts(v))]


def _modules(exp: Experiment) -> set[str]:
    return {type(part).__module__ for part in _parts(exp)}


def _imports(runs: Mapping[str, Reel]) -> str:
    found = {
        (type(p).__module__, type(p).__name__) for r in runs.values() for reel in _line(r) for p in _parts(reel.exp)
    }
    found.add(("rnnviz.film", "Film"))
    return "\n" + "\n".join(f"from {module} import {name}" for module, name in sorted(found)) + "\n"


def _line(reel: Reel | None) -> list[Reel]:
    return [reel, *_line(reel.parent)] if reel else []


def _closure(names: set[str]) -> dict[str, str]:
    """Module -> source for these modules and all of ours that they import, each after what it needs."""
    ordered: dict[str, str] = {"rnnviz": ""}

    def visit(name: str) -> None:
        if name in ordered or not name.startswith("rnnviz."):
            return
        visit(name.rpartition(".")[0])
        file = Path(str(sys.modules[name].__file__)) if name in sys.modules else ROOT / (name.replace(".", "/") + ".py")
        source = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module:
                visit(node.module)
        ordered.setdefault(name, source)

    for name in sorted(names):
        visit(name)
    return ordered


def _sources(modules: Mapping[str, str]) -> str:
    return "\nSOURCES = {\n" + "".join(f"    {name!r}: {source!r},\n" for name, source in modules.items()) + "}\n"

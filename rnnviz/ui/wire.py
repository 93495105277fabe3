"""A scene as JSON that Plotly reads: arrays become typed base64 blobs, named by their content.

An array that did not change since the frame before is named, not sent again; a 3-D surface travels once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz.figures.scene import Scene

_TYPES = {"float32": "f4", "float64": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4"}
_SMALL = 24  # numbers; shorter arrays travel as plain lists


@dataclass(frozen=True)
class Encoded:
    """A frame ready to travel: JSON with `{"$": name}` in place of blobs, and the blobs by name."""

    text: str
    blobs: dict[str, str]

    @property
    def nbytes(self) -> int:
        return len(self.text) + sum(map(len, self.blobs.values()))

    def message(self, known: set[str] | frozenset[str] = frozenset()) -> str:
        """The frame with every blob that the other side does not know yet."""
        fresh = ",".join(f'"{name}":{blob}' for name, blob in self.blobs.items() if name not in known)
        return f'{{"scene":{self.text},"blobs":{{{fresh}}}}}'


def encode(scene: Scene) -> Encoded:
    """A scene as an Encoded frame."""
    blobs: dict[str, str] = {}
    verdict = scene.judge and {
        "compared": scene.judge.compared,
        "difference": _plain(scene.judge.difference),
        "tolerance": scene.judge.tolerance,
        "agrees": scene.judge.agrees,
    }
    panels = [
        {"title": p.title, "alt": p.alt, "wide": p.wide, "height": p.height, "figure": _packed(p.figure, blobs)}
        for p in scene.panels
    ]
    text = json.dumps({"panels": panels, "judge": verdict, "says": scene.says}, ensure_ascii=False, allow_nan=False)
    return Encoded(text, blobs)


def _packed(value: Any, blobs: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {str(k): _packed(v, blobs) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_packed(v, blobs) for v in value]
    if isinstance(value, np.ndarray):
        return _array(value, blobs)
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _array(array: np.ndarray, blobs: dict[str, str]) -> Any:
    if array.dtype == np.int64 and (array.size == 0 or np.abs(array).max() < 2**31):
        array = array.astype(np.int32)
    if array.dtype == bool:
        array = array.astype(np.uint8)
    kind = _TYPES.get(array.dtype.name)
    if kind is None or array.size <= _SMALL:
        return _packed(array.tolist(), blobs)
    raw = np.ascontiguousarray(array).tobytes()
    name = hashlib.blake2b(raw + repr((kind, array.shape)).encode(), digest_size=9).hexdigest()
    if name not in blobs:
        shape = "" if array.ndim == 1 else f',"shape":"{",".join(map(str, array.shape))}"'
        blobs[name] = f'{{"dtype":"{kind}","bdata":"{base64.b64encode(raw).decode()}"{shape}}}'
    return {"$": name}

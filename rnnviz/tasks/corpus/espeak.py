"""libespeak-ng through ctypes: samples, and the time at which every phoneme begins. Only `make` needs it."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np

_RETRIEVAL, _PHONEME_EVENTS, _IPA = 2, 1, 2  # espeak_AUDIO_OUTPUT, and the options of espeak_Initialize
_RATE, _PITCH, _RANGE = 1, 3, 4  # espeak_PARAMETER
_PHONEME, _UTF8 = 7, 1


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Spoken(NamedTuple):
    samples: np.ndarray  # (sample,) int16 at Espeak.rate
    phonemes: tuple[tuple[int, str], ...]  # (first sample, IPA); an empty name is a pause or the end


class Espeak:
    """The synthesiser. One at a time in a process. Raises OSError where the library is not installed."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self.rate: int = self._library.espeak_Initialize(_RETRIEVAL, 0, None, _PHONEME_EVENTS | _IPA)
        self._pieces: list[np.ndarray] = []
        self._events: list[tuple[int, str]] = []
        self._callback = _Callback(self._hear)  # the library keeps only the address
        self._library.espeak_SetSynthCallback(self._callback)

    def _hear(self, wave, count: int, events) -> int:
        if wave and count:
            self._pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
        i = 0
        while events[i].type:
            if events[i].type == _PHONEME:
                self._events.append((events[i].sample, events[i].name.decode("utf-8", "replace")))
            i += 1
        return 0

    def say(self, text: str, voice: str, rate: int, pitch: int) -> Spoken:
        """`text` by `voice` ("cmn-latn-pinyin+f2") at `rate` words a minute. Raises ValueError for an unknown voice."""
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"espeak-ng has no voice {voice}")
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, 50)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._pieces.clear()
        self._events.clear()
        content = text.encode()
        self._library.espeak_Synth(content, ctypes.c_size_t(len(content) + 1), 0, 0, 0, _UTF8, None, None)
        return Spoken(np.concatenate(self._pieces), tuple(self._events))

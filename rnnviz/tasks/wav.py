"""WAV files of visitors, by the standard library alone: any common sample format in, 8 kHz mono out."""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_left
from dataclasses import dataclass
from math import gcd

import numpy as np

from rnnviz.tasks.reading import Unreadable

RATE = 8000  # samples a second inside this house
SHORTEST, LONGEST = 0.05, 60.0  # seconds
CUT = 0.05  # share of samples at the end of their range that is still understood
LARGEST = 25_000_000  # bytes: a minute at 48 kHz, stereo, 32 bit
RATES = (8000, 48000)
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
_WANTED = "expected a WAV recording (RIFF, uncompressed)"


@dataclass(frozen=True)
class Sound:
    """A recording as a value: 16-bit samples at 8 kHz. Its repr is short and names its content."""

    pcm: bytes

    def __repr__(self) -> str:
        return f"Sound({hashlib.sha256(self.pcm).hexdigest()[:16]})"

    @property
    def samples(self) -> np.ndarray:
        """(sample,) float32 in -1..1."""
        return np.frombuffer(self.pcm, "<i2").astype(np.float32) / 32768

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / RATE

    @classmethod
    def of(cls, samples: np.ndarray) -> Sound:
        """From floats in -1..1 at 8 kHz."""
        return cls(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())

    def wav(self) -> bytes:
        """The sound as a WAV file."""
        head = struct.pack(
            "<4sI4s4sIHHIIHH", b"RIFF", 36 + len(self.pcm), b"WAVE", b"fmt ", 16, PCM, 1, RATE, 2 * RATE, 2, 16
        )
        return head + struct.pack("<4sI", b"data", len(self.pcm)) + self.pcm


def read(content: bytes, name: str) -> Sound:
    """A WAV file of 8 to 48 kHz, 8/16/24/32-bit integers or floats; channels are averaged.

    Raises Unreadable for anything else, and for a recording that is silent, clipped, shorter than 50 ms or longer than 60 s.
    """
    if len(content) > LARGEST:
        raise Unreadable(name, f"{len(content):,} bytes; expected at most {LARGEST:,}")
    form, channels, rate, bits, data = _chunks(content, name)
    samples = _samples(form, channels, bits, data, name)
    seconds = len(samples) / rate
    if seconds > LONGEST:
        raise Unreadable(name, f"{seconds:.0f} s long; expected at most {LONGEST:.0f} s")
    if seconds < SHORTEST:
        raise Unreadable(name, f"{1000 * seconds:.0f} ms long; expected at least {1000 * SHORTEST:.0f} ms of speech")
    if (cut := (np.abs(samples) > 0.998).mean()) > CUT:
        raise Unreadable(
            name, f"{100 * cut:.0f} % of it is clipped; record more quietly, or further from the microphone"
        )
    samples = samples - samples.mean()
    if np.abs(samples).max() < 1e-3:
        raise Unreadable(name, "nothing but silence; is the microphone on?")
    return Sound.of(resampled(samples, rate, RATE))


def _chunks(content: bytes, name: str) -> tuple[int, int, int, int, bytes]:
    """Sample format, channels, rate, bits a sample, and the bytes of the samples."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise Unreadable(name, f"not a WAV file; {_WANTED}")
    fmt, at = b"", 12
    while at + 8 <= len(content):
        kind, size = struct.unpack_from("<4sI", content, at)
        body = content[at + 8 : at + 8 + size]
        if kind == b"fmt ":
            fmt = body
        elif kind == b"data":
            return *_format(fmt, name), _whole(body, size, name)
        at += 8 + size + size % 2
    raise Unreadable(name, "it ends before its samples begin; was it cut off?")


def _whole(body: bytes, size: int, name: str) -> bytes:
    """The data, unless much of it is missing; a stream that never knew its length says 0 or 2³² − 1."""
    if size not in (0, 0xFFFFFFFF) and len(body) < size:
        raise Unreadable(name, f"{len(body):,} of {size:,} bytes of sound are there; was it cut off?")
    return body


def _format(fmt: bytes, name: str) -> tuple[int, int, int, int]:
    if len(fmt) < 16:
        raise Unreadable(name, f"its format is not described; {_WANTED}")
    form, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", fmt)
    if form == EXTENSIBLE and len(fmt) >= 26:
        form = struct.unpack_from("<H", fmt, 24)[0]
    if form not in (PCM, FLOAT):
        raise Unreadable(name, f"compressed (format {form}); {_WANTED}")
    if not 1 <= channels <= 8:
        raise Unreadable(name, f"{channels} channels; expected 1 to 8")
    if not RATES[0] <= rate <= RATES[1]:
        raise Unreadable(name, f"{rate:,} samples a second; expected {RATES[0]:,} to {RATES[1]:,}")
    if bits not in ((32, 64) if form == FLOAT else (8, 16, 24, 32)):
        raise Unreadable(name, f"{bits} bits a sample; expected 8, 16, 24 or 32")
    return form, channels, rate, bits


def _samples(form: int, channels: int, bits: int, data: bytes, name: str) -> np.ndarray:
    """(sample,) float32 in -1..1, channels averaged."""
    frame = channels * bits // 8
    data = data[: len(data) // frame * frame]
    if form == FLOAT:
        values = np.frombuffer(data, f"<f{bits // 8}")
        if not np.isfinite(values).all():
            raise Unreadable(name, "samples that are not numbers")
        values = np.clip(values, -1, 1).astype(np.float32)
    elif bits == 8:
        values = (np.frombuffer(data, "u1").astype(np.float32) - 128) / 128
    elif bits == 24:
        bytewise = np.frombuffer(data, "u1").reshape(-1, 3)
        padded = np.zeros((len(bytewise), 4), "u1")
        padded[:, 1:] = bytewise  # 24 bits as the upper part of 32
        values = padded.view("<i4")[:, 0].astype(np.float32) / 2**31
    else:
        values = np.frombuffer(data, f"<i{bits // 8}").astype(np.float32) / 2 ** (bits - 1)
    return values.reshape(-1, channels).mean(1)


def resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """`samples` (sample,) at another rate, by cutting or padding the spectrum (ideal low-pass)."""
    if rate == wanted:
        return samples
    step = rate // gcd(rate, wanted)
    length = len(samples)
    padded = _smooth(length + rate // 10, step)  # silence at the end, so that it does not run into the beginning
    spectrum = np.fft.rfft(samples, padded)
    out = padded // step * (wanted // gcd(rate, wanted))
    spectrum = spectrum[: out // 2 + 1]
    changed = np.fft.irfft(spectrum, out) * (out / padded)
    return changed[: max(1, round(length * wanted / rate))].astype(np.float32)


SMOOTH = sorted(2**two * 3**three * 5**five for two in range(26) for three in range(12) for five in range(8))


def _smooth(least: int, step: int) -> int:
    """The first multiple of `step` from `least` on whose Fourier transform is fast: `step` times 2s, 3s and 5s."""
    return step * SMOOTH[bisect_left(SMOOTH, -(-least // step))]

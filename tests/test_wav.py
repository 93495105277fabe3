"""Visitors' recordings: every common format is read, everything else is refused in words."""

import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.wav import RATE, Sound, read, resampled

DATA = Path(__file__).parents[2] / "shared" / "data"
SECOND = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)


def tone(rate: int, seconds: float = 1.0, loud: float = 0.5) -> np.ndarray:
    return loud * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)


def wav(
    data: bytes, *, form: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16, size: int | None = None
) -> bytes:
    frame = channels * bits // 8
    fmt = struct.pack("<HHIIHH", form, channels, rate, rate * frame, frame, bits)
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(fmt)) + fmt
    body += b"LIST" + struct.pack("<I", 3) + b"abc\0"  # an odd chunk in between, padded as the format wants
    body += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def encoded(x: np.ndarray, form: int, bits: int) -> bytes:
    if form == 3:
        return x.astype(f"<f{bits // 8}").tobytes()
    if bits == 8:
        return np.round(x * 127 + 128).astype("u1").tobytes()
    if bits == 24:
        whole = np.round(x * (2**23 - 1)).astype("<i4")
        return whole.view("u1").reshape(-1, 4)[:, :3].tobytes()
    return np.round(x * (2 ** (bits - 1) - 1)).astype(f"<i{bits // 8}").tobytes()


@pytest.mark.parametrize(("form", "bits"), [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)])
@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_gives_the_same_second(form, bits, rate, channels):
    x = np.repeat(tone(rate)[:, None], channels, 1).ravel()
    sound = read(wav(encoded(x, form, bits), form=form, channels=channels, rate=rate, bits=bits), "me.wav")
    assert sound.seconds == 1
    inside = slice(400, -400)  # the ends ring, as they must where a tone is cut off
    np.testing.assert_allclose(sound.samples[inside], SECOND[inside], atol=0.02)


def test_extensible_header_is_read():
    x = encoded(tone(16000), 1, 16)
    fmt = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16000, 32000, 2, 16, 22, 16, 4) + struct.pack("<H", 1) + bytes(14)
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(x)) + x
    assert read(b"RIFF" + struct.pack("<I", len(body)) + body, "me.wav").seconds == 1


def test_a_stream_that_never_knew_its_length_is_read():
    assert read(wav(encoded(tone(8000), 1, 16), size=0xFFFFFFFF), "me.wav").seconds == 1


GOOD = wav(encoded(tone(8000), 1, 16))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a WAV file"),
        (b"ID3 this is an mp3" * 10, "not a WAV file"),
        (GOOD[:30], "before its samples begin"),
        (GOOD[:-2000], "cut off"),
        (wav(bytes(16000)), "silence"),
        (wav(encoded(np.sign(tone(8000)) * 0.9999, 1, 16)), "clipped"),
        (wav(encoded(tone(8000, 0.04), 1, 16)), "40 ms long"),
        (wav(b""), "0 ms long"),
        (wav(encoded(tone(8000, 61), 1, 16)), "61 s long"),
        (wav(encoded(tone(4000), 1, 16), rate=4000), "4,000 samples a second"),
        (wav(encoded(tone(96000), 1, 16), rate=96000), "96,000 samples a second"),
        (wav(bytes(16000), bits=12), "12 bits"),
        (wav(bytes(16000), channels=0), "0 channels"),
        (wav(bytes(16000), form=85), "compressed"),
        (wav(np.full(8000, np.nan, "<f4").tobytes(), form=3, bits=32), "not numbers"),
        (b"RIFF\0\0\0\0WAVE" + bytes(26_000_000), "at most 25,000,000"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(content, words):
    with pytest.raises(Unreadable, match=words) as refused:
        read(content, "me.wav")
    assert str(refused.value).startswith("me.wav: ")


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data):
    content = bytearray(GOOD[:2000] if data.draw(st.booleans()) else GOOD)
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), max_size=8)):
        content[at] = byte
    content = content[: data.draw(st.integers(0, len(content)))] + data.draw(st.binary(max_size=40))
    with suppress(Unreadable):
        assert 0.04 < read(bytes(content), "me.wav").seconds <= 60


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_noise_behind_a_good_beginning_is_read_or_refused(noise):
    with suppress(Unreadable):
        read(b"RIFF\0\0\0\0WAVEfmt " + noise, "me.wav")


def test_a_sound_goes_out_and_comes_back():
    sound = Sound.of(SECOND)
    assert read(sound.wav(), "me.wav").samples == pytest.approx(sound.samples, abs=2e-4)
    assert repr(sound) == repr(Sound.of(SECOND)) != repr(Sound.of(SECOND / 2))
    assert hash(sound) == hash(Sound.of(SECOND))


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_resampling_keeps_what_fits_and_drops_what_does_not(rate):
    t = np.arange(rate) / rate
    low = np.hanning(rate) * np.sin(2 * np.pi * 1000 * t)
    high = np.hanning(rate) * np.sin(2 * np.pi * 6000 * t) if rate > 12000 else 0 * t
    wanted = np.interp(np.arange(8000) / 8000, t, np.hanning(rate)) * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    np.testing.assert_allclose(resampled(low + high, rate, 8000), wanted, atol=2e-4)


@pytest.mark.parametrize(("folder", "rate"), [("fsdd/recordings", 8000), ("speech_commands/yes", 16000)])
def test_real_recordings_are_read(folder, rate):
    files = sorted((DATA / folder).glob("*.wav"))
    if not files:
        pytest.skip(f"shared/data/{folder} is not here")
    for file in files[:: max(1, len(files) // 100)]:
        content = file.read_bytes()
        sound = read(content, file.name)
        assert sound.seconds == pytest.approx((len(content) - 44) / 2 / rate, abs=0.01)

"""Spoken digits of real people: a folder of WAV files named {digit}_{speaker}_{take}.wav, as it is or as a ZIP.

The naming is that of the Free Spoken Digit Dataset (Jackson et al. 2018). A ZIP is read in memory, never unpacked to a disk.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnnviz.tasks.corpus.packs import Utterance
from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.reading import LARGEST, Unreadable
from rnnviz.tasks.wav import Sound, read

NAME = re.compile(r"([0-9])_([A-Za-z][A-Za-z0-9-]{0,30})_([0-9]{1,4})\.wav", re.ASCII)
MOST = 2000  # files
UNPACKED = 40_000_000  # bytes of all files together
ONE = 1_000_000  # bytes of one file
LONGEST = 3.0  # seconds of one digit
WANTED = "expected WAV files named like 7_anna_0.wav: digit, speaker, take"


@dataclass(frozen=True)
class Take:
    """One person saying one digit."""

    digit: int
    speaker: str
    sound: Sound

    def utterance(self) -> Utterance:
        """As loud as the packs, with no marks: nobody knows where it begins."""
        samples = self.sound.samples
        said = DIGITS[self.digit]
        return Utterance(samples * (0.8 / np.abs(samples).max()), "own", self.speaker, "alone", (said,), ((),), ())


@dataclass(frozen=True)
class Recordings:
    """Takes as a value. Its repr is short and names its content."""

    takes: tuple[Take, ...] = ()

    def __repr__(self) -> str:
        digest = hashlib.sha256(b"".join(b"%d" % t.digit + t.sound.pcm for t in self.takes)).hexdigest()[:16]
        return f"Recordings({digest if self.takes else ''})"

    @property
    def speakers(self) -> tuple[str, ...]:
        return tuple(sorted({t.speaker for t in self.takes}))

    def by(self, *speakers: str) -> Recordings:
        """Only what these say."""
        return Recordings(tuple(t for t in self.takes if t.speaker in speakers))


NOBODY = Recordings()


def folder(path: Path) -> Recordings:
    """All takes of a folder, in the order of their names; files with other names are passed over. Raises Unreadable."""
    return _read(((p.name, p.read_bytes()) for p in sorted(path.iterdir()) if NAME.fullmatch(p.name)), path.name)


def unzipped(content: bytes, name: str) -> Recordings:
    """All takes in a ZIP, wherever in it they lie. Raises Unreadable for what is not one, is too large, or is up to tricks."""
    if len(content) > LARGEST:
        raise Unreadable(name, f"{len(content):,} bytes; expected at most {LARGEST:,}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and "__MACOSX" not in m.filename]
            _checked(members, name)
            wanted = sorted((Path(m.filename).name, m) for m in members if NAME.fullmatch(Path(m.filename).name))
            return _read(((short, _unpacked(archive, m, name)) for short, m in wanted), name)
    except Unreadable:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise Unreadable(name, f"not a ZIP that can be read ({type(error).__name__}); {WANTED}") from None


def _checked(members: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse by the table of contents alone, before a byte is unpacked."""
    if len(members) > MOST:
        raise Unreadable(name, f"{len(members):,} files; expected at most {MOST:,}")
    if (size := sum(m.file_size for m in members)) > UNPACKED:
        raise Unreadable(name, f"{size:,} bytes when unpacked; expected at most {UNPACKED:,}")
    for member in members:
        inner = member.filename
        if inner.startswith("/") or "\\" in inner or ":" in inner or ".." in inner.split("/"):
            raise Unreadable(name, f"{inner[:80]!r} points out of the folder")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise Unreadable(name, f"{inner[:80]!r} is a link; expected plain files")
        if member.flag_bits & 1:
            raise Unreadable(name, "it is encrypted; expected a ZIP without a password")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(name, f"{inner[:80]!r} is packed in an unusual way; expected an ordinary ZIP")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """The bytes of a member: no more than its limit, whatever it says of itself."""
    with archive.open(member) as stream:
        content = stream.read(ONE + 1)
    if len(content) > ONE:
        raise Unreadable(name, f"{member.filename[:80]!r} has more than {ONE:,} bytes; expected one spoken digit")
    return content


def _read(files: Iterable[tuple[str, bytes]], name: str) -> Recordings:
    takes, size = [], 0
    for short, content in files:
        size += len(content)
        if size > UNPACKED:
            raise Unreadable(name, f"more than {UNPACKED:,} bytes when unpacked")
        digit, speaker, _ = short.split("_")  # as NAME has seen to
        sound = read(content, short)
        if sound.seconds > LONGEST:
            raise Unreadable(short, f"{sound.seconds:.1f} s long; expected one digit of at most {LONGEST:.0f} s")
        takes.append(Take(int(digit), speaker, sound))
    if not takes:
        raise Unreadable(name, f"no recording found; {WANTED}")
    return Recordings(tuple(takes))

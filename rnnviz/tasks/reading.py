"""Files of visitors: bounded, parsed, never unpickled. A refused file says name, line and what was expected."""

from __future__ import annotations

LARGEST = 5_000_000  # bytes


class Unreadable(ValueError):
    """A visitor's file that cannot be read, in words for the visitor."""

    def __init__(self, name: str, expected: str, line: int | None = None) -> None:
        where = f"{name}, line {line}" if line else name
        super().__init__(f"{where}: {expected}")
        self.name, self.expected, self.line = name, expected, line


def text_of(content: bytes, name: str, largest: int = LARGEST) -> str:
    """The file as text with plain line ends. Raises Unreadable if it is empty, too large, binary or not UTF-8."""
    if not content.strip():
        raise Unreadable(name, "the file is empty; expected text")
    if len(content) > largest:
        raise Unreadable(name, f"{len(content):,} bytes; expected at most {largest:,}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(name, "not UTF-8; save the file as UTF-8 text and try again", line) from None
    if "\0" in text:
        raise Unreadable(
            name, "a zero byte; expected text, this looks binary", text[: text.index("\0")].count("\n") + 1
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")

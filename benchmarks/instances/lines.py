"""Lines and words of a text file, and faults that name where they stand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.errors import Fault, InputError


@dataclass(frozen=True)
class Line:
    """One line that is not blank: its number counted from 1, its text, its words."""

    number: int
    text: str
    words: tuple[str, ...]


def read_lines(path: Path, *, comments: tuple[str, ...] = ()) -> list[Line]:
    """Return the lines of a file without blank ones and without those that start like a comment."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = (Line(number, line, tuple(line.split())) for number, line in enumerate(text.splitlines(), start=1))
    return [line for line in lines if line.words and not line.text.lstrip().startswith(comments or ("\0",))]


def wrong(path: Path, line: int | None, found: str, expected: str) -> InputError:
    """Return the error for one thing that cannot be understood."""
    return InputError([Fault(path.name, "", found, expected, row=line)])


def number(path: Path, line: int, word: str, expected: str) -> float:
    """Return a word as a finite number."""
    try:
        value = float(word)
    except ValueError:
        raise wrong(path, line, repr(word), expected) from None
    if not math.isfinite(value):
        raise wrong(path, line, repr(word), expected)
    return value


def numbers(path: Path, line: Line, count: int, expected: str) -> list[float]:
    """Return the first ``count`` words of a line as numbers; what follows them is not looked at."""
    if len(line.words) < count:
        raise wrong(path, line.number, repr(line.text.strip()), expected)
    return [number(path, line.number, word, expected) for word in line.words[:count]]


def whole(path: Path, line: int, value: float, expected: str, *, least: int = 0, most: int | None = None) -> int:
    """Return a number as a whole one within bounds."""
    if value != int(value) or value < least or (most is not None and value > most):
        raise wrong(path, line, f"{value:g}", expected)
    return int(value)


class Words:
    """The words of a file one after the other, whatever lines they stand on."""

    def __init__(self, path: Path, lines: list[Line]) -> None:
        self._path = path
        self._words: Iterator[tuple[int, str]] = ((line.number, word) for line in lines for word in line.words)
        self.line = lines[-1].number if lines else 1

    def take(self, expected: str) -> str:
        """Return the next word."""
        found = next(self._words, None)
        if found is None:
            raise wrong(self._path, self.line, "the end of the file", expected)
        self.line = found[0]
        return found[1]

    def number(self, expected: str) -> float:
        """Return the next word as a number."""
        return number(self._path, self.line, self.take(expected), expected)

    def finish(self) -> None:
        """Raise unless all words are taken."""
        left = next(self._words, None)
        if left is not None:
            raise wrong(self._path, left[0], repr(left[1]), "the end of the file")

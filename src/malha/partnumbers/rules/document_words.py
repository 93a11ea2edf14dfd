"""Words on a page, and the lines that they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

CELL_GAP = 0.7
"""Of a line's height: words with a wider gap between them stand in different cells."""

_SAME_LINE = 0.5


class Word(NamedTuple):
    """A word and its box, in points from the upper left corner of the page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


class Line(NamedTuple):
    """Words side by side, from left to right. Numbered from 1 on each page."""

    page: int
    number: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """As it is read."""
        return " ".join(word.text for word in self.words)

    @property
    def top(self) -> float:
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        return max(word.bottom for word in self.words)

    def cells(self) -> list[Word]:
        """Words that stand close together as one."""
        found: list[list[Word]] = []
        for word in self.words:
            if found and word.left - found[-1][-1].right <= CELL_GAP * max(word.height, 1.0):
                found[-1].append(word)
            else:
                found.append([word])
        return [join(words) for words in found]


def join(words: Sequence[Word]) -> Word:
    """One word of several, with a blank between each."""
    return Word(
        " ".join(word.text for word in words),
        min(word.left for word in words),
        min(word.top for word in words),
        max(word.right for word in words),
        max(word.bottom for word in words),
    )


def lines_of(page: int, words: Iterable[Sequence[str | float]]) -> list[Line]:
    """The lines of a page from its words, in whatever order the file has them."""
    rows: list[list[Word]] = []
    for word in sorted((Word(*found) for found in words), key=lambda word: ((word.top + word.bottom) / 2, word.left)):  # type: ignore[arg-type] - text, then numbers
        row = next((row for row in reversed(rows[-3:]) if _is_beside(row[0], word)), None)
        if row is None:
            rows.append([word])
        else:
            row.append(word)
    return [
        Line(page, number, tuple(sorted(row, key=lambda word: word.left))) for number, row in enumerate(rows, start=1)
    ]


def _is_beside(first: Word, other: Word) -> bool:
    overlap = min(first.bottom, other.bottom) - max(first.top, other.top)
    return overlap >= _SAME_LINE * min(first.height, other.height)

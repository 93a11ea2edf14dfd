"""The last hint, when nothing was recognised: headings whose official names share rare words with the description."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from functools import cache

from malha.fiscal.tables import ncm
from malha.partnumbers.classifier._words import fold

HINT_CONFIDENCE = 0.1
"""No measurement stands behind a hint: it is shown, never trusted."""
_WORD = re.compile(r"[a-z]{4,}")
_STEM = 6
_LEAST_WORDS = 2
_MOST_HINTS = 3


def hints(description: str) -> list[tuple[str, tuple[tuple[int, int], ...]]]:
    """Headings of four digits, most telling words first, each with the spans of the words that it shares.

    A heading must share two words at least, by their first six letters; a word counts by how few headings have it.
    """
    text = fold(description)
    spans = {match[0][:_STEM]: (match.start(), match.end()) for match in _WORD.finditer(text)}
    shared: dict[str, list[str]] = defaultdict(list)
    for stem in spans:
        for heading in _headings().get(stem, ()):
            shared[heading].append(stem)
    weights = {
        heading: sum(_weight(stem) for stem in stems) for heading, stems in shared.items() if len(stems) >= _LEAST_WORDS
    }
    best = sorted(weights, key=lambda heading: (-weights[heading], heading))[:_MOST_HINTS]
    return [(heading, tuple(spans[stem] for stem in shared[heading])) for heading in best]


def _weight(stem: str) -> float:
    return math.log(1300 / len(_headings()[stem]))


@cache
def _headings() -> dict[str, frozenset[str]]:
    """Stem -> headings that have it in their own name or in one below."""
    index: dict[str, set[str]] = defaultdict(set)
    for code in ncm.current():
        for match in _WORD.finditer(fold(ncm.describe(code) or "")):
            index[match[0][:_STEM]].add(code[:4])
    return {stem: frozenset(headings) for stem, headings in index.items()}

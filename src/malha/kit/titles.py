"""Titles of columns, as people write them, brought to the words that tell what stands below."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from malha.kit.text import visible

_NOT_WORDS = re.compile(r"[^a-z0-9]+")


def bare_words(text: Any) -> str:
    """Lower case words without accents, one blank between them; an empty string for what is no text."""
    if not isinstance(text, str):
        return ""
    bare = unicodedata.normalize("NFKD", visible(text)).encode("ascii", "ignore").decode().lower()
    return _NOT_WORDS.sub(" ", bare).strip()


def column_letters(place: int) -> str:
    """A for 0, AA for 26."""
    letters = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters = chr(65 + letter) + letters
    return letters

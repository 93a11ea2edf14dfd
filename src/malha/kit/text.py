"""Text as people see it: without what is invisible, and with one character for what looks the same."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_AS_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_LOOK_ALIKES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'") | {"\u2044": "/", "\u2215": "/"})


def visible(text: str) -> str:
    """Without invisible characters (zero-width spaces, marks of direction, soft hyphens) and space around it.

    Every kind of space and line break inside becomes one blank.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join("".join(map(_shown, text)).split())


def plain(text: str) -> str:
    """A code or a number as it is meant: `visible`, with ASCII dashes, slashes and apostrophes.

    What spreadsheets put around a text to keep it one goes too: `="0123"`, and an apostrophe before it.
    """
    if not text.isascii():
        text = text.translate(_LOOK_ALIKES)
    bare = visible(text)
    if wrapped := _AS_FORMULA.fullmatch(bare):
        bare = wrapped[1].strip()
    return bare.removeprefix("'").strip()


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z" or character.isspace():
        return " "
    if category in {"Cf", "Cc"}:
        return ""
    return "-" if category == "Pd" or character == "\u2212" else character

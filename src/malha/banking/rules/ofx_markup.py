"""The markup of OFX, 1.x (SGML without closing tags on values) and 2.x (XML) alike, as elements with their text.

One tolerant reader for both: banks write `&` alone, HTML inside values, and closing tags or not, under either header.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from malha.banking.rules.remarks import StatementInvalidError

LONGEST_PIECE = 1 << 20
"""Characters that may stand without a tag between them."""

_PIECE = re.compile(r"<(/?)([A-Za-z][\w.:\-]*)(\s[^<>]*|/)?>([^<]*)|(?:<(?![/A-Za-z!])[^<]*)+|<[^<]*|[^<]+")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_CLOSINGS = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_BEGINNING = re.compile("|".join(map(re.escape, _CLOSINGS)))


class Piece(NamedTuple):
    """A tag and the text behind it; text alone has no name. `line` is the tag's, from 1."""

    line: int
    name: str
    is_closing: bool
    text: str
    raw: str


def read_pieces(blocks: Iterable[str]) -> Iterator[Piece]:
    """Tags in upper case, without prefixes and attributes; comments and instructions are gone.

    Raises StatementInvalidError for document types and entities of its own, and for text without end.
    """
    line = 1
    for text in _without_declarations(blocks):
        for match in _PIECE.finditer(text):
            raw = match[0]
            if match[2]:
                name = match[2].upper().rpartition(":")[2]
                yield Piece(line, name, match[1] == "/", match[4], raw[: len(raw) - len(match[4])])
            elif raw.startswith("<!"):
                raise StatementInvalidError(
                    "document types and entities are not accepted", "tipos de documento e entidades não são aceitos"
                )
            else:
                yield Piece(line, "", is_closing=False, text=raw, raw="")
            line += raw.count("\n")


def unescape(text: str) -> str:
    """Entities that end in a semicolon as their characters: `LIMA&LTDA` is no `<` and `DA`."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def _without_declarations(blocks: Iterable[str]) -> Iterator[str]:
    """The text in portions that end before a tag; what comments hide keeps its line breaks."""
    rest = ""
    for block in blocks:
        rest += block
        ready, rest = _resolve(rest)
        yield ready
        if len(rest) > LONGEST_PIECE:
            raise StatementInvalidError("text without end between two tags", "texto sem fim entre duas marcas")
    if _BEGINNING.match(rest):
        raise StatementInvalidError(
            "the file stops inside a comment or instruction", "o arquivo termina dentro de um comentário"
        )
    yield rest


def _resolve(text: str) -> tuple[str, str]:
    """What is complete, with comments blanked and CDATA escaped, and the rest from its last tag on."""
    ready: list[str] = []
    done = 0
    while (found := _BEGINNING.search(text, done)) is not None:
        closing = _CLOSINGS[found[0]]
        end = text.find(closing, found.end())
        if end < 0:
            return "".join([*ready, text[done : found.start()]]), text[found.start() :]
        inside = text[found.end() : end]
        is_text = found[0] == "<![CDATA["
        ready += [
            text[done : found.start()],
            html.escape(inside, quote=False) if is_text else "\n" * inside.count("\n"),
        ]
        done = end + len(closing)
    whole = "".join([*ready, text[done:]])
    cut = max(whole.rfind("<"), 0)
    return whole[:cut], whole[cut:]

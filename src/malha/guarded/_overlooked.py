"""Cells that the reader of values shows as empty although something stands there.

Errors, formulas whose result was not saved, and texts kept in another way than they say. An empty cell would say that
nothing was meant to be there.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from malha.guarded import UNSAVED_FORMULA, RefusedError

BLOCK_BYTES = 1024 * 1024

# Writers may give the elements a prefix; `<c .../>` without content is an empty cell.
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*)(?<!/)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_IS_ERROR = re.compile(rb"""\bt=["']e["']""")
_IS_TEXT = re.compile(rb"""\bt=["'](?:str|inlineStr)["']""")
_IS_INLINE = re.compile(rb"""\bt=["']inlineStr["']""")
_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)</")
_READING = re.compile(rb"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)
_INLINE_VALUE = re.compile(rb"""inlineStr["'][^>]*>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v\b""", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)</")
_ANY_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)[\s>]")
_SUSPECTS = (b'="e"', b"='e'", b"<f", b":f")
"""A stretch without any of them needs no closer look."""


class Overlooked(NamedTuple):
    """Where, with the column from 0 on, and what: a text, or `{"error": ...}` with the error or UNSAVED_FORMULA."""

    line: int
    column: int
    value: Any


def find_overlooked(archive: zipfile.ZipFile, sheet_name: str) -> Iterator[Overlooked]:
    """Every such cell of a sheet, in the order of the file."""
    with archive.open(_find_part(archive, sheet_name)) as stream:
        held = b""
        while block := stream.read(BLOCK_BYTES):
            held += block
            end = held.rfind(b"row>") + 4  # begins or ends a row, under whatever prefix: between cells
            if end > 4:
                rows, held = held[:end], held[end:]
                yield from _judge_cells(rows)
        yield from _judge_cells(held)


def has_values(archive: zipfile.ZipFile, sheet_name: str) -> bool:
    """Whether anything stands in a sheet."""
    with archive.open(_find_part(archive, sheet_name)) as stream:
        held = b""
        while block := stream.read(BLOCK_BYTES):
            if _ANY_VALUE.search(held + block):
                return True
            held = block[-8:]
    return False


def _judge_cells(xml: bytes) -> Iterator[Overlooked]:
    if not (any(suspect in xml for suspect in _SUSPECTS) or _INLINE_VALUE.search(xml)):
        return
    for attributes, content in _CELL.findall(xml):
        told = _told(attributes, content)
        if told is None:
            continue
        place = _PLACE.search(attributes)
        if place is None:
            raise RefusedError(
                "unplaced",
                "a planilha tem erros ou fórmulas sem resultado: abra, confira e salve de novo",
                "the spreadsheet holds errors or formulas without a result: open it, look at it and save it again",
            )
        yield Overlooked(int(place[2]), _column_number(place[1]), told)


def _told(attributes: bytes, content: bytes) -> Any:
    """What a cell says that the reader does not see; None where it sees all."""
    value = _VALUE.search(content)
    if _IS_ERROR.search(attributes):
        return {"error": value[1].decode(errors="replace") if value else "#"}
    if _FORMULA.search(content) and not (value and value[1]) and not _IS_TEXT.search(attributes):
        return {"error": UNSAVED_FORMULA}
    if value and _IS_INLINE.search(attributes):
        shown = b"".join(_TEXT.findall(_READING.sub(b"", content))) or value[1]
        return unescape(shown.decode(errors="replace"))
    return None


def _column_number(letters: bytes) -> int:
    """0 for A, 26 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _find_part(archive: zipfile.ZipFile, sheet_name: str) -> str:
    """The archive's entry that holds the sheet; KeyError when the workbook does not lead to one."""
    ids = {
        sheet.get("name"): value
        for sheet in ET.fromstring(archive.read("xl/workbook.xml")).iter()  # noqa: S314 - in the child, within limits
        if sheet.tag.endswith("}sheet")
        for name, value in sheet.items()
        if name.endswith("}id")
    }
    relations = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - the same
    targets = {one.get("Id"): one.get("Target", "") for one in relations}
    target = targets[ids[sheet_name]].replace("\\", "/")
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")

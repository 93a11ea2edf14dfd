"""Cells whose value nobody can tell: errors, and formulas whose result was not saved.

The reader of values shows these as empty, and an empty cell says something else: that nothing was meant to be there.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree as ET

from malha.guarded import UNSAVED_FORMULA, RefusedError

BLOCK_BYTES = 1024 * 1024

# Writers may give the elements a prefix; `<c .../>` without content is an empty cell.
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*)(?<!/)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_IS_ERROR = re.compile(rb"""\bt=["']e["']""")
_IS_TEXT = re.compile(rb"""\bt=["'](?:str|inlineStr)["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)</")
_SUSPECTS = (b'="e"', b"='e'", b"<f", b":f")
"""A stretch without any of them needs no closer look."""


class Unreadable(NamedTuple):
    """Where, with the column from 0 on, and why: the error as it is shown, or UNSAVED_FORMULA."""

    line: int
    column: int
    reason: str


def find_unreadable(archive: zipfile.ZipFile, sheet_name: str) -> Iterator[Unreadable]:
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


def _judge_cells(xml: bytes) -> Iterator[Unreadable]:
    if not any(suspect in xml for suspect in _SUSPECTS):
        return
    for attributes, content in _CELL.findall(xml):
        value = _VALUE.search(content)
        if _IS_ERROR.search(attributes):
            reason = value[1].decode(errors="replace") if value else "#"
        elif _FORMULA.search(content) and not (value and value[1]) and not _IS_TEXT.search(attributes):
            reason = UNSAVED_FORMULA
        else:
            continue
        place = _PLACE.search(attributes)
        if place is None:
            raise RefusedError(
                "unplaced",
                "a planilha tem erros ou fórmulas sem resultado: abra, confira e salve de novo",
                "the spreadsheet holds errors or formulas without a result: open it, look at it and save it again",
            )
        yield Unreadable(int(place[2]), _column_number(place[1]), reason)


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

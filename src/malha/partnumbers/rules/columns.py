"""Which column of a list or of a document's table holds what, by its title and by what stands below."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from malha.fiscal.tables import ncm as nomenclature
from malha.kit.text import plain
from malha.kit.titles import bare_words

MOST = 0.8
"""The share of a column's cells that must fit for it to be recognised without a title."""


class Field(StrEnum):
    """What a line says of a part number."""

    PARTNUMBER = "partnumber"
    NCM = "ncm"
    MANUFACTURER = "manufacturer"
    SUPPLIER = "supplier"
    COUNTRY = "country"
    DESCRIPTION = "description"
    LINE = "line"


TITLES: Mapping[Field, Sequence[str]] = {
    Field.PARTNUMBER: (
        "part number", "partnumber", "part numbers", "mpn", "manufacturer part number", "mfr part number",
        "mfg part number", "manufacturer part no", "mfr part no", "mfg part no", "mfr part", "mfg part", "pn", "p n",
        "part no", "part", "numero da peca", "numero de peca", "codigo do fabricante", "cod fabricante",
        "codigo fabricante", "referencia do fabricante", "referencia fabricante", "modelo", "codigo do item",
        "part number description", "part number descricao", "codigo do produto", "cod produto", "codigo", "referencia",
        "item code", "sku", "product code", "product",
    ),
    Field.NCM: ("ncm", "codigo ncm", "ncm sh", "cod ncm", "hts", "hts code", "hs code", "hs", "sh", "us hts",
                "tariff code", "classificacao fiscal"),
    Field.MANUFACTURER: ("manufacturer", "mfr", "mfg", "maker", "brand", "fabricante", "marca", "manufacturer name",
                         "nome do fabricante"),
    Field.SUPPLIER: ("supplier", "vendor", "fornecedor", "distributor", "distribuidor", "nome do fornecedor"),
    Field.COUNTRY: ("country of origin", "coo", "country", "origin", "origem", "pais de origem", "pais", "made in"),
    Field.DESCRIPTION: (
        "description", "descricao", "descricao erp", "erp description", "descricao do produto", "descricao do item",
        "product description", "item description", "goods description", "description of goods", "denominacao",
        "descricao da mercadoria", "especificacao", "detalhe", "item",
    ),
    Field.LINE: ("line no", "line", "linha", "n da linha", "no da linha", "item no", "item n", "seq", "no", "n", "pos",
                 "n da linha line no", "no da linha line no", "linha line no", "it", "item"),
}  # fmt: skip
"""Titles as `bare_words` has them, the best first."""

OWN_CODES = frozenset({
    "codigo do item", "codigo do produto", "cod produto", "codigo", "referencia", "item code", "sku", "product code",
    "product", "modelo",
})  # fmt: skip
"""Titles that may also stand above the buyer's own codes: only what looks like a part number counts there."""

_RANKS = {field: {title: rank for rank, title in enumerate(titles)} for field, titles in TITLES.items()}
_PARTNUMBER = re.compile(r"(?=[^\s]*[0-9])(?=[^\s]*[A-Za-z])[A-Za-z0-9][^\s]{2,60}")
_LINE_NUMBER = re.compile(r"[0-9]{1,4}")


def rank(field: Field, title: Any) -> int | None:
    """How well a title says the field, 0 the best; None when it does not."""
    return _RANKS[field].get(bare_words(title))


def count_titles(cells: Sequence[Any]) -> int:
    """How many fields a line's cells may be the titles of."""
    return sum(any(rank(field, cell) is not None for cell in cells) for field in Field)


def assign_titles(titles: Sequence[Any]) -> dict[Field, int]:
    """The columns of fields by their titles alone: the best title of all first, each column and field once."""
    ranked = sorted(
        (place_rank, list(Field).index(field), place)
        for place, title in enumerate(titles)
        for field in Field
        if (place_rank := rank(field, title)) is not None
    )
    found: dict[Field, int] = {}
    for _, number, place in ranked:
        field = list(Field)[number]
        if field not in found and place not in found.values():
            found[field] = place
    return found


def find_columns(titles: Sequence[Any], rows: Sequence[Sequence[Any]]) -> dict[Field, int]:
    """The columns of a table by field, from their titles, else from what its first rows hold."""
    width = max([len(titles), *map(len, rows)], default=0)
    named = assign_titles(titles)
    found = {field: place for field, place in named.items() if _may_hold(field, _column(rows, place))}
    free = [place for place in range(width) if place not in found.values()]
    for field, check in _TELLING.items():
        if field not in found:
            telling = [place for place in free if _fits(check, _column(rows, place))]
            if len(telling) == 1:
                found[field] = telling[0]
                free.remove(telling[0])
    return found


def read_ncm(cell: Any) -> str | None:
    """The digits of an NCM or HS code: eight where they are one in the nomenclature, else the six that all countries
    share; None for what is none. An American HTS has ten, of which the last four are not ours."""
    digits = re.sub(r"[\s.\-/]", "", plain(str(cell)))
    if not digits.isascii() or not digits.isdecimal():
        return None
    if len(digits) == 8 and nomenclature.is_known(digits):
        return digits
    if 6 <= len(digits) <= 10 and nomenclature.is_level(digits[:6]):
        return digits[:6]
    return digits if len(digits) == 4 and nomenclature.is_level(digits) else None


def _column(rows: Sequence[Sequence[Any]], place: int) -> list[Any]:
    cells = [row[place] for row in rows if place < len(row)]
    return [cell for cell in cells if cell is not None and str(cell).strip()]


def _fits(check: Callable[[Any], bool], cells: Sequence[Any]) -> bool:
    return bool(cells) and sum(map(check, cells)) >= MOST * len(cells)


def _may_hold(field: Field, cells: Sequence[Any]) -> bool:
    """A column that is titled as codes and holds none is something else of that name."""
    check = _TELLING.get(field)
    return field is not Field.NCM or check is None or not cells or any(map(check, cells))


def is_partnumber(cell: Any) -> bool:
    """Whether a text looks like one: no space, a letter and a digit at least."""
    return isinstance(cell, str) and _PARTNUMBER.fullmatch(cell.strip()) is not None


def _is_ncm(cell: Any) -> bool:
    return read_ncm(cell) is not None


def is_line_number(text: str) -> bool:
    """Whether a cell numbers its row."""
    return _LINE_NUMBER.fullmatch(text) is not None


_TELLING: Mapping[Field, Callable[[Any], bool]] = {Field.NCM: _is_ncm, Field.PARTNUMBER: is_partnumber}
"""What says by itself what it is."""

"""Where a CSV file has its columns: by titles, by a mapping, or, without any title, by what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from malha.banking.rules.amounts import read_written
from malha.banking.rules.csv_dates import DATE_TIME
from malha.banking.rules.csv_mapping import MONEY, SYNONYMS, CsvMapping
from malha.banking.rules.csv_table import Row, read_table
from malha.banking.rules.entries import text_key
from malha.banking.rules.remarks import StatementInvalidError

DELIMITERS = (";", "\t", ",", "|")
HEADER_WITHIN_ROWS = 40
MOST_COLUMNS = 60

Places = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Columns:
    """The places of the fields; `header_line` is 0 where the file has no titles."""

    delimiter: str
    places: Places
    titles: Sequence[str] = ()
    header_line: int = 0
    unplaced: Sequence[int] = ()

    def title(self, name: str) -> str:
        """The title of a field's column as the file has it, or the column's number."""
        return self.title_at(self.places[name][0])

    def title_at(self, place: int) -> str:
        """The title at a place, or the column's number from 1."""
        return (self.titles[place] if place < len(self.titles) else "") or str(place + 1)

    def get(self, row: Row, name: str) -> str:
        """A field's text in a row; nothing where the file has no such column."""
        places = self.places.get(name)
        return row.get(*places) if places else ""


def find_columns(open_lines: Callable[[], Iterable[str]], mapping: CsvMapping) -> Columns:
    """The columns of the file; StatementInvalidError where no delimiter shows a date and an amount."""
    unknown = mapping.columns.keys() - SYNONYMS.keys()
    if unknown:
        names = ", ".join(sorted(unknown))
        raise StatementInvalidError(
            f"unknown columns in the mapping: {names}", f"colunas desconhecidas no mapping: {names}"
        )
    delimiters = [mapping.delimiter] if mapping.delimiter else DELIMITERS
    tables = {
        delimiter: list(islice(read_table(open_lines(), delimiter), HEADER_WITHIN_ROWS)) for delimiter in delimiters
    }
    for search in (_by_titles, _by_content):
        for delimiter, rows in tables.items():
            found = search(rows, delimiter, mapping)
            if found is not None:
                return found
    raise _not_found(tables, mapping)


def _not_found(tables: Mapping[str, list[Row]], mapping: CsvMapping) -> StatementInvalidError:
    told = {text_key(cell) for rows in tables.values() for row in rows for cell in row.cells}
    titles = [title for title in mapping.columns.values() if isinstance(title, str)]
    missing = ", ".join(repr(title) for title in titles if text_key(title) not in told)
    if missing and mapping.has_header:
        return StatementInvalidError(
            f"no line has the columns {missing} of the mapping", f"nenhuma linha tem as colunas {missing} do mapping"
        )
    return StatementInvalidError(
        "no line names a column of dates and one of amounts: give a mapping",
        "nenhuma linha tem os títulos de uma coluna de datas e de uma de valores: informe um mapping",
    )


def _by_titles(rows: Sequence[Row], delimiter: str, mapping: CsvMapping) -> Columns | None:
    if not mapping.has_header:
        places = {name: (place - 1,) for name, place in mapping.columns.items() if isinstance(place, int) and place > 0}
        width = max((len(row.cells) for row in rows), default=0)
        fits = _is_enough(places) and all(place < width for (place,) in places.values())
        return Columns(delimiter, places, unplaced=_others(width, places)) if fits else None
    for row in rows:
        titles = [text_key(cell) for cell in row.cells]
        places = _place(titles, mapping.columns)
        if places is not None and _is_enough(places):
            return Columns(delimiter, places, row.cells, row.line, _others(len(titles), places))
    return None


def _place(titles: Sequence[str], given: Mapping[str, str | int]) -> Places | None:
    """None where a title that is given is not among these."""
    places: dict[str, tuple[int, ...]] = {}
    for name, wanted in given.items():
        place = wanted - 1 if isinstance(wanted, int) else _index(titles, text_key(wanted))
        if place is None or not 0 <= place < len(titles):
            return None
        places[name] = (place,)
    for name, synonyms in SYNONYMS.items():
        if name in given:
            continue
        taken = {place for found in places.values() for place in found}
        found = [place for title in synonyms if (place := _index(titles, title)) is not None and place not in taken]
        if name == "description" and found:
            places[name] = tuple(sorted(found))  # Histórico and Descrição: what was done, and with whom
        elif found:
            places[name] = (found[0],)
    return places


def _index(titles: Sequence[str], title: str) -> int | None:
    return titles.index(title) if title in titles else None


def _is_enough(places: Places) -> bool:
    return "date" in places and any(name in places for name in MONEY)


def _others(width: int, places: Places) -> tuple[int, ...]:
    taken = {place for found in places.values() for place in found}
    return tuple(place for place in range(min(width, MOST_COLUMNS)) if place not in taken)


def _by_content(rows: Sequence[Row], delimiter: str, mapping: CsvMapping) -> Columns | None:
    """One date, one amount and text in every row, as Itau's TXT has them: else nothing can be told without titles."""
    table = [row for row in rows if not row.is_blank]
    if mapping.columns or not table or len({len(row.cells) for row in table}) != 1:
        return None
    places = range(len(table[0].cells))
    dates = [place for place in places if all(DATE_TIME.fullmatch(row.cells[place]) for row in table)]
    amounts = [place for place in places if place not in dates and all(_shows_cents(row.cells[place]) for row in table)]
    texts = tuple(place for place in places if place not in dates and place not in amounts)
    if len(dates) != 1 or len(amounts) != 1 or not texts:
        return None
    return Columns(delimiter, {"date": (dates[0],), "amount": (amounts[0],), "description": texts})


def _shows_cents(text: str) -> bool:
    written = read_written(text)
    return written is not None and written.decimal_mark not in {"", "?"}

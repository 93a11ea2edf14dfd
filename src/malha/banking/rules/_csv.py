"""CSV statements: delimiter, header, decimal mark and date order are found out, or given by a mapping."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field

from malha.banking.rules._entries import (
    AccountRef,
    Direction,
    Entry,
    Source,
    StatementData,
    StatementInvalidError,
    checked_day,
    clean,
    clean_or_none,
    find_document,
    normalize_document,
    start_of_day,
    text_key,
    to_cents,
)
from malha.kit.clock import SAO_PAULO

DELIMITERS = (";", "\t", ",", "|")
HEADER_WITHIN_LINES = 40
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "date": ("DATA", "DATA LANCAMENTO", "DATA DO LANCAMENTO", "DATA MOVIMENTO", "DATA DO MOVIMENTO", "DATA MOV",
             "DATA TRANSACAO", "DATA DA TRANSACAO", "DT LANCAMENTO", "DATA HORA", "DATA CONTABIL", "DATE"),
    "amount": ("VALOR", "VALOR R", "VALOR RS", "VALOR LANCAMENTO", "VALOR DO LANCAMENTO", "VALOR EM REAIS", "AMOUNT",
               "VALOR DA TRANSACAO", "VALOR TRANSACAO", "MONTANTE"),
    "credit": ("CREDITO", "CREDITO R", "VALOR CREDITO", "ENTRADA", "ENTRADAS", "ENTRADA R", "CREDIT"),
    "debit": ("DEBITO", "DEBITO R", "VALOR DEBITO", "SAIDA", "SAIDAS", "SAIDA R", "DEBIT"),
    "description": ("DESCRICAO", "HISTORICO", "DESCRICAO DO LANCAMENTO", "LANCAMENTO", "MEMO", "DETALHES", "TITULO",
                    "DESCRIPTION", "TITLE", "ESTABELECIMENTO", "TRANSACAO"),
    "direction": ("D C", "C D", "DC", "CD", "TIPO", "NATUREZA", "SINAL", "DEBITO CREDITO", "CREDITO DEBITO",
                  "TIPO LANCAMENTO", "TIPO DE LANCAMENTO", "TYPE"),
    "fitid": ("IDENTIFICADOR", "ID", "ID DA TRANSACAO", "ID TRANSACAO", "CODIGO DA TRANSACAO"),
    "nsu": ("DOCUMENTO", "NUMERO DO DOCUMENTO", "NUMERO DOCUMENTO", "N DOCUMENTO", "NR DOCUMENTO", "DOC", "DCTO",
            "DCTO N", "NSU", "NUMERO"),
    "counterpart_document": ("CPF CNPJ", "CNPJ CPF", "CNPJ", "CPF", "CPF CNPJ FAVORECIDO", "CPF CNPJ DO FAVORECIDO"),
    "counterpart_name": ("FAVORECIDO", "NOME", "CONTRAPARTE", "BENEFICIARIO", "PAGADOR", "NOME FAVORECIDO",
                         "RAZAO SOCIAL"),
}  # fmt: skip
_IN = frozenset({"C", "CREDITO", "CREDIT", "ENTRADA", "E", "RECEITA", "RECEBIMENTO"})
_OUT = frozenset({"D", "DEBITO", "DEBIT", "SAIDA", "S", "DESPESA", "PAGAMENTO"})
_NOT_MONEY = re.compile(r"^(SALDO|TOTAL|S A L D O|LIMITE)\b")
_DATE = r"(?P<date>[0-9]{1,4}[/.\-][0-9]{1,2}[/.\-][0-9]{1,4}|[0-9]{8})"
_DATE_TIME = re.compile(_DATE + r"(?:[ T]+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?\S*)?")
_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<digits>[0-9][0-9.,]*|[.,][0-9]+)(?P<tail>[+-]|[CD])?")


class CsvMapping(BaseModel):
    """Where things are in a CSV file; what is not given is found out. Columns by their titles, or by number from 1."""

    model_config = ConfigDict(extra="forbid")

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: str | None = Field(default=None, pattern=r"^[.,]$")
    date_format: str | None = Field(default=None, pattern=r"^(dmy|mdy|ymd)$", description="dmy, mdy or ymd.")
    has_header: bool = True
    columns: dict[str, str | int] = Field(default_factory=dict, description="date, amount, credit, debit, ...")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: dict[str, str]

    def get(self, name: str) -> str:
        return self.cells.get(name, "")


def parse_csv(text: str, mapping: CsvMapping | None = None) -> list[StatementData]:
    """The entries of a CSV statement; StatementInvalidError lists the lines that cannot be read."""
    mapping = mapping or CsvMapping()
    rows, width = _read_rows(text, mapping)
    dated = [row for row in rows if not _is_remark(row)]
    problems: list[str] = []
    decimal = mapping.decimal or _find_decimal(dated)
    order = mapping.date_format or _find_date_order(dated)
    direction_of = _find_direction(dated)
    entries: list[Entry] = []
    skipped = width - len(dated)
    for row in dated:
        try:
            entry = _read_entry(row, decimal=decimal, order=order, direction_of=direction_of)
        except ValueError as error:
            problems.append(f"line {row.line}: {error}")
            continue
        if entry is None:
            skipped += 1
        else:
            entries.append(entry)
    if problems:
        raise StatementInvalidError(*problems)
    days = [entry.day for entry in entries]
    return [
        StatementData(
            source=Source.CSV,
            account=AccountRef(),
            entries=entries,
            period_start=min(days, default=None),
            period_end=max(days, default=None),
            skipped=skipped,
        )
    ]


def _read_rows(text: str, mapping: CsvMapping) -> tuple[list[_Row], int]:
    """The rows below the header by the names of their columns, and how many there are."""
    delimiters = [mapping.delimiter] if mapping.delimiter else DELIMITERS
    for delimiter in delimiters:
        table = _split(text, delimiter)
        found = _find_columns(table, mapping)
        if found is None:
            continue
        start, columns = found
        rows = [
            _Row(line, {name: clean(cells[place]) for name, place in columns.items() if place < len(cells)})
            for line, cells in table[start:]
            if any(cell.strip() for cell in cells)
        ]
        return rows, len(rows)
    raise StatementInvalidError("no line names a column of dates and one of amounts: give a mapping")


def _split(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(text.lstrip("\ufeff").replace("\0", "").splitlines(keepends=True), delimiter=delimiter)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise StatementInvalidError(f"line {reader.line_num}: {error}") from error


def _find_columns(table: Sequence[tuple[int, list[str]]], mapping: CsvMapping) -> tuple[int, dict[str, int]] | None:
    unknown = mapping.columns.keys() - _SYNONYMS.keys()
    if unknown:
        raise StatementInvalidError(f"unknown columns in the mapping: {', '.join(sorted(unknown))}")
    if not mapping.has_header:
        columns = {name: place - 1 for name, place in mapping.columns.items() if isinstance(place, int) and place > 0}
        return (0, columns) if _is_enough(columns) else None
    for index, (_, cells) in enumerate(table[:HEADER_WITHIN_LINES]):
        titles = [text_key(cell) for cell in cells]
        columns = _place_columns(titles, mapping.columns)
        if _is_enough(columns):
            return index + 1, columns
    return None


def _place_columns(titles: Sequence[str], given: dict[str, str | int]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for name, wanted in given.items():
        if isinstance(wanted, int):
            columns[name] = wanted - 1
        elif text_key(wanted) in titles:
            columns[name] = titles.index(text_key(wanted))
    for name, synonyms in _SYNONYMS.items():
        if name in given:
            continue
        place = next((titles.index(title) for title in synonyms if title in titles), None)
        if place is not None and place not in columns.values():
            columns[name] = place
    return columns


def _is_enough(columns: dict[str, int]) -> bool:
    return "date" in columns and bool({"amount", "credit", "debit"} & columns.keys())


def _is_remark(row: _Row) -> bool:
    """Balances, totals and lines of prose: without a day or without money."""
    if any(_NOT_MONEY.match(text_key(row.get(name))) for name in ("description", "date")):
        return True
    has_money = any(_AMOUNT.fullmatch(_bare(row.get(name))) for name in ("amount", "credit", "debit"))
    return not has_money and not _DATE_TIME.fullmatch(row.get("date"))


def _bare(text: str) -> str:
    """An amount without currency, blanks and quotation; brackets, as bookkeepers write them, mean a minus."""
    plain = re.sub(r"R\$|BRL|[\s\u00a0']", "", text.upper()).replace("\u2212", "-")
    return f"-{plain[1:-1]}" if plain.startswith("(") and plain.endswith(")") else plain


def _find_decimal(rows: Iterable[_Row]) -> str:
    """Point or comma, whichever all amounts agree with; ambiguous ones (1.234) leave the choice to the mapping."""
    votes: dict[str, int] = {}
    is_ambiguous = False
    for row in rows:
        for name in ("amount", "credit", "debit"):
            match = _AMOUNT.fullmatch(_bare(row.get(name)))
            mark = _decimal_of(match["digits"]) if match else ""
            if mark == "?":
                is_ambiguous = True
            elif mark:
                votes.setdefault(mark, row.line)
    if len(votes) > 1:
        raise StatementInvalidError(
            f"line {votes[',']} has a decimal comma and line {votes['.']} a decimal point: give a mapping"
        )
    if not votes and is_ambiguous:
        raise StatementInvalidError("amounts such as 1.234 can be read in two ways: give `decimal` in a mapping")
    return next(iter(votes), ",")


def _decimal_of(digits: str) -> str:
    """The decimal mark that an amount shows; `?` when it shows either, nothing when it shows none."""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return "," if digits.rfind(",") > digits.rfind(".") else "."
    if not points and not commas:
        return ""
    mark, other = (".", ",") if points else (",", ".")
    if max(points, commas) > 1:
        return other
    return "?" if len(digits) - digits.index(mark) - 1 == 3 else mark


def _find_date_order(rows: Iterable[_Row]) -> str:
    """The order that fits every row; Brazil's wins where several do."""
    texts = [match["date"] for row in rows if (match := _DATE_TIME.fullmatch(row.get("date")))]
    fitting = [order for order in ("dmy", "ymd", "mdy") if all(_can_read(text, order) for text in texts)]
    return fitting[0] if fitting else "dmy"


def _can_read(text: str, order: str) -> bool:
    try:
        _read_day(text, order)
    except ValueError:
        return False
    return True


def _read_day(text: str, order: str) -> date:
    if len(text) == 8 and text.isdecimal():
        spans = {"ymd": (0, 4, 6, 8), "dmy": (0, 2, 4, 8), "mdy": (0, 2, 4, 8)}[order]
        parts = [text[start:end] for start, end in pairwise(spans)]
    else:
        parts = re.split(r"[/.\-]", text)
    by_letter = dict(zip(order, parts, strict=True))
    year = by_letter["y"]
    if len(year) not in {2, 4}:
        raise ValueError(f"{text!r} is no date")
    return checked_day(int(year) + (2000 if len(year) == 2 else 0), int(by_letter["m"]), int(by_letter["d"]))


def _find_direction(rows: Sequence[_Row]) -> Callable[[_Row], Direction | None]:
    """Reads the column of directions, if it is one: `Tipo` also stands above words such as PIX."""
    words = {text_key(row.get("direction")) or row.get("direction").strip() for row in rows} - {""}
    if not words or not words <= _IN | _OUT | {"+", "-"}:
        return lambda _row: None

    def read(row: _Row) -> Direction | None:
        word = text_key(row.get("direction")) or row.get("direction").strip()
        if not word:
            return None
        return Direction.CREDIT if word in _IN or word == "+" else Direction.DEBIT

    return read


def _read_entry(
    row: _Row, *, decimal: str, order: str, direction_of: Callable[[_Row], Direction | None]
) -> Entry | None:
    match = _DATE_TIME.fullmatch(row.get("date"))
    if match is None:
        raise ValueError(f"{row.get('date')[:40]!r} is no date")
    try:
        day = _read_day(match["date"], order)
    except ValueError as error:
        raise ValueError(f"{match['date']!r} is no date ({error})") from error
    signed = _signed_amount(row, decimal)
    if signed == 0:
        return None
    told = direction_of(row)
    direction = told or (Direction.DEBIT if signed < 0 else Direction.CREDIT)
    description = row.get("description")
    name = row.get("counterpart_name")
    document = normalize_document(row.get("counterpart_document"))
    return Entry(
        day=day,
        amount=abs(signed),
        direction=direction,
        occurred_at=_instant(day, match),
        description=description or name,
        kind=None if told else clean_or_none(row.get("direction")),
        counterpart_document=document or find_document(f"{description} {name}"),
        counterpart_name=name or None,
        fitid=clean_or_none(row.get("fitid")),
        nsu=clean_or_none(row.get("nsu")),
    )


def _instant(day: date, match: re.Match[str]) -> datetime:
    if match["hour"] is None:
        return start_of_day(day)
    moment = time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0))
    return datetime.combine(day, moment, SAO_PAULO)


def _signed_amount(row: _Row, decimal: str) -> Decimal:
    if row.get("amount"):
        return _money(row.get("amount"), decimal)
    credit, debit = row.get("credit"), row.get("debit")
    if not credit and not debit:
        raise ValueError("no amount")
    inward = abs(_money(credit, decimal)) if credit else Decimal(0)
    outward = abs(_money(debit, decimal)) if debit else Decimal(0)
    if inward and outward:
        raise ValueError("both a credit and a debit")
    return inward - outward


def _money(text: str, decimal: str) -> Decimal:
    match = _AMOUNT.fullmatch(_bare(text))
    if match is None or len(match["digits"]) > 30:
        raise ValueError(f"{text[:40]!r} is no amount")
    thousands = "." if decimal == "," else ","
    digits = match["digits"].replace(thousands, "")
    if digits.count(decimal) > 1:
        raise ValueError(f"{text[:40]!r} is no amount")
    amount = to_cents(Decimal(digits.replace(decimal, ".")))
    is_negative = match["sign"] == "-" or match["tail"] in {"-", "D"}
    return -amount if is_negative else amount

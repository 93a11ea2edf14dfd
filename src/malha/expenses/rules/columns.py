"""Which column holds what, by what people write above it and by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from malha.expenses.rules.cells import read_amount, read_cnpj, read_day
from malha.expenses.rules.services import SERVICE_ACTIVITIES, find_activities
from malha.fiscal.identifiers import is_cnpj, is_tax_id
from malha.kit.refusals import ValueRefusedError
from malha.kit.text import visible
from malha.kit.titles import bare_words

MOST = 0.8
"""The share of a column's cells that must fit for the column to be recognised without its title."""


class Field(StrEnum):
    """What an expense is made of, as `ExpenseItem` names it."""

    CNPJ = "cnpj"
    SERVICE = "service_type"
    AMOUNT = "amount"
    DAY = "spent_on"
    TRANSACTION = "transaction_id"
    DESCRIPTION = "description"


REQUIRED = (Field.CNPJ, Field.SERVICE)
NAMES: Mapping[Field, tuple[str, str]] = {
    Field.CNPJ: ("CNPJ", "CNPJ"),
    Field.SERVICE: ("serviço", "service"),
    Field.AMOUNT: ("valor", "amount"),
    Field.DAY: ("data", "date"),
    Field.TRANSACTION: ("transação", "transaction"),
    Field.DESCRIPTION: ("descrição", "description"),
}
"""What people call the fields, in Portuguese and English."""

# Titles as `_words` has them, the best first.
_TITLES: Mapping[Field, str] = {
    Field.CNPJ: "cnpj, cnpj fornecedor, cnpj cpf",  # and every other one that says `cnpj`: see `_rank`
    Field.SERVICE: "service type, servico, tipo servico, service, servico prestado",
    Field.AMOUNT: "valor, amount, valor pago, valor pagamento, valor total, valor liquido, valor bruto, valor despesa, "
    "valor servico, valor nota, valor documento, quantia, montante, amount paid, total amount",
    Field.DAY: "spent, data pagamento, pago, data, date, payment date, paid, data despesa, data operacao, "
    "data lancamento, data movimento, data emissao, vencimento, data vencimento, due date, invoice date",
    Field.TRANSACTION: "transaction id, transacao, id transacao, id, identificador",
    Field.DESCRIPTION: "descricao, description, historico, memo, observacao, detalhe, complemento, notes",
}
# Titles that say it less clearly: they count only where what stands below them fits.
_VAGUE: Mapping[Field, str] = {
    Field.CNPJ: "fornecedor, prestador, favorecido, beneficiario, credor, documento, documento fornecedor, tax id, "
    "supplier, vendor, supplier tax id, vendor tax id, supplier id, payee",
    Field.SERVICE: "categoria, tipo despesa, tipo, natureza, natureza despesa, classificacao, conta, category, "
    "expense type, type, atividade, especialidade",
    Field.AMOUNT: "total, total pago, preco, value, paid, price, saida, debito",
    Field.DAY: "pagamento, emissao, competencia, dia, payment",
    Field.TRANSACTION: "",
    Field.DESCRIPTION: "",
}
_PAYERS = frozenset({
    "tomador", "pagador", "cliente", "condominio", "sacado", "destinatario", "contratante", "comprador",
    "payer", "buyer", "customer", "client",
})  # fmt: skip
"""Whose CNPJ is not the supplier's."""

_SYNONYMS = {
    "dt": "data", "pgto": "pagamento", "pgt": "pagamento", "pagto": "pagamento", "vcto": "vencimento",
    "vencto": "vencimento", "venc": "vencimento", "vlr": "valor", "vl": "valor", "fornec": "fornecedor",
    "forn": "fornecedor", "serv": "servico", "servicos": "servico", "desc": "descricao", "hist": "historico",
    "obs": "observacao", "observacoes": "observacao", "detalhes": "detalhe", "details": "detalhe", "cat": "categoria",
    "valores": "valor", "datas": "data", "lancto": "lancamento", "cnpjs": "cnpj",
}  # fmt: skip
_DROPPED = frozenset({
    "de", "do", "da", "dos", "das", "em", "no", "na", "o", "a", "r", "rs", "brl", "reais", "n", "nr", "nro",
    "num", "numero", "of", "the", "on", "in", "ao",
})  # fmt: skip
_INITIALS = re.compile(r"(?<![a-z])c ?n ?p ?j(?![a-z])")


class Layout(NamedTuple):
    """The columns of a table by field, and those that nothing takes, by their places from 0."""

    columns: dict[Field, int]
    unused: list[int]
    rivals: list[int]
    """Columns of which each may be the suppliers' CNPJ, where nothing tells which one is."""


class _Column(NamedTuple):
    place: int
    title: tuple[str, ...]
    cells: list[Any]

    def fits(self, check: Callable[[Any], bool], share: float) -> bool:
        """Whether so many of its cells pass the check; an empty column fits nothing."""
        return bool(self.cells) and sum(map(check, self.cells)) >= share * len(self.cells)


def count_titles(cells: Sequence[Any]) -> int:
    """How many fields a line's cells may be the titles of."""
    titles = [_words(cell) for cell in cells]
    return sum(any(_rank(field, title) is not None for title in titles) for field in Field)


def find_columns(titles: Sequence[Any], rows: Sequence[Sequence[Any]]) -> Layout:
    """The layout of a table, from its titles and its first rows."""
    free = [
        _Column(place, _words(_at(titles, place)), [row[place] for row in rows if is_filled(_at(row, place))])
        for place in range(max([len(titles), *map(len, rows)], default=0))
    ]
    columns: dict[Field, int] = {}
    rivals: list[int] = []
    for field in Field:
        found = _by_title(field, free) or _by_content(field, free) or _by_title(field, free, is_checked=False)
        if len(found) > 1:
            rivals += [column.place for column in found if field is Field.CNPJ]
        elif found:
            columns[field] = found[0].place
            free.remove(found[0])
    unused = [column.place for column in free if column.cells or is_filled(_at(titles, column.place))]
    return Layout(columns, unused, rivals)


def is_filled(cell: Any) -> bool:
    """Whether something stands in a cell."""
    if not isinstance(cell, str):
        return cell is not None
    return cell[:1].isalnum() or visible(cell) != ""  # most begin with what is seen


def _by_title(field: Field, free: Sequence[_Column], *, is_checked: bool = True) -> list[_Column]:
    """The column with the best title, if its content fits; unchecked, one whose title leaves no doubt."""
    check = _CHECKS.get(field)
    ranked = [(rank, column) for column in free if (rank := _rank(field, column.title)) is not None]
    ranked.sort(key=lambda found: found[0])
    if is_checked and check is not None:
        ranked = [(rank, column) for rank, column in ranked if column.fits(check, 0.5)]
    elif check is not None:
        ranked = [(rank, column) for rank, column in ranked if rank < _FIRST_VAGUE]
    return [column for _, column in ranked[:1]]


def _by_content(field: Field, free: Sequence[_Column]) -> list[_Column]:
    """Columns without a title of any field whose content says what they are; for all but CNPJs a single one."""
    check = _TELLING.get(field)
    if check is None:
        return []
    found = [column for column in free if _may_be(field, column.title) and column.fits(check, MOST)]
    return found if field is Field.CNPJ or len(found) == 1 else []


def _may_be(field: Field, title: tuple[str, ...]) -> bool:
    """Whether a title leaves it open that the field stands below it: it is nobody's name for something else."""
    if field is Field.CNPJ:
        return _PAYERS.isdisjoint(title)
    return all(_rank(other, title) is None for other in Field if other is not field)


def _is_tax_id(cell: Any) -> bool:
    return _is_read(read_cnpj, cell) and is_tax_id(read_cnpj(cell))


def _is_company(cell: Any) -> bool:
    return _is_read(read_cnpj, cell) and is_cnpj(read_cnpj(cell))


def _is_service(cell: Any) -> bool:
    return isinstance(cell, str) and find_activities(cell, SERVICE_ACTIVITIES) is not None


def _is_money(cell: Any) -> bool:
    """What can hardly be anything else: reais are named, or there are cents."""
    if not _is_read(read_amount, cell):
        return False
    return (isinstance(cell, str) and "R$" in cell.upper()) or read_amount(cell).as_tuple().exponent == -2


def _is_written_day(cell: Any) -> bool:
    return isinstance(cell, str) and not cell.strip().isdecimal() and _is_read(read_day, cell)


def _is_read(reader: Callable[[Any], Any], cell: Any) -> bool:
    if isinstance(cell, dict):  # an error or a formula without a result
        return False
    try:
        reader(cell)
    except ValueRefusedError:
        return False
    return True


_CHECKS: Mapping[Field, Callable[[Any], bool]] = {
    Field.CNPJ: _is_tax_id,
    Field.AMOUNT: partial(_is_read, read_amount),
    Field.DAY: partial(_is_read, read_day),
}
"""What most of a column must pass for its title to be believed."""

_TELLING: Mapping[Field, Callable[[Any], bool]] = {
    Field.CNPJ: _is_company,
    Field.SERVICE: _is_service,
    Field.AMOUNT: _is_money,
    Field.DAY: _is_written_day,
}
"""What says by itself what it is."""


def _rank(field: Field, title: tuple[str, ...]) -> int | None:
    """How well a title says the field, 0 the best; None when it does not."""
    if not title or (field is Field.CNPJ and not _PAYERS.isdisjoint(title)):
        return None
    found = _RANKS[field].get(title)
    if found is None and field is Field.CNPJ and "cnpj" in title:
        return _LONGER_CNPJ + len(title)
    return found


def _words(title: Any) -> tuple[str, ...]:
    """A title's telling words: lower case, without accents, abbreviations written out; none for what is no text."""
    if not isinstance(title, str):
        return ()
    spaced = _INITIALS.sub("cnpj", bare_words(title)).split()
    words = [_SYNONYMS.get(word, word) for word in spaced]
    return tuple(word for word in words if word not in _DROPPED) or tuple(words)


def _at(cells: Sequence[Any], place: int) -> Any:
    return cells[place] if place < len(cells) else None


def _ranks(field: Field) -> dict[tuple[str, ...], int]:
    clear, vague = ([_words(title) for title in titles[field].split(",")] for titles in (_TITLES, _VAGUE))
    ranks = {title: _FIRST_VAGUE + place for place, title in enumerate(vague) if title}
    return ranks | {title: place for place, title in enumerate(clear)}


_FIRST_VAGUE, _LONGER_CNPJ = 100, 10
_RANKS = {field: _ranks(field) for field in Field}

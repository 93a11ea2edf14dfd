"""Releases as flat sheets, one for each kind of thing: people with spreadsheets cannot use a tree of twenty tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from malha.exports.rules import Column, Kind

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A kind of thing: its columns, by the paths of the standard, and its rows of a release."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Callable[[Json], Iterator[Json]]

    def lines(self, release: Json) -> list[list[Any]]:
        """The rows of a release, each with the process's id first."""
        return [[release["ocid"], *(_cell(row, column) for column in self.columns[1:])] for row in self.rows(release)]


def _cell(row: Json, column: Column) -> Any:
    value: Any = row
    for name in column.name.split("/"):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return datetime.fromisoformat(value) if column.kind is Kind.INSTANT and value else value


def _columns(*columns: Column) -> tuple[Column, ...]:
    return (Column("ocid", "Processo (ocid)"), *columns)


def _tender(release: Json) -> Iterator[Json]:
    yield {**release["tender"], "buyer": release["buyer"], "date": release["date"], "tag": release["tag"]}


def _items(release: Json) -> Iterator[Json]:
    yield from release["tender"].get("items", ())


def _awards(release: Json) -> Iterator[Json]:
    yield from release.get("awards", ())


def _contracts(release: Json) -> Iterator[Json]:
    yield from release.get("contracts", ())


def _parties(release: Json) -> Iterator[Json]:
    yield from release["parties"]


_UNIT = (
    Column("description", "Descrição"),
    Column("quantity", "Quantidade", Kind.MONEY),
    Column("unit/name", "Unidade"),
    Column("unit/value/amount", "Valor unitário", Kind.MONEY),
    Column("classification/scheme", "Classificação"),
    Column("classification/id", "Código"),
)
TENDERS = Sheet(
    "ocds-tenders",
    "OCDS contratacoes",
    _columns(
        Column("id", "Número de controle"),
        Column("date", "Data", Kind.INSTANT),
        Column("title", "Objeto"),
        Column("status", "Situação"),
        Column("buyer/name", "Órgão"),
        Column("buyer/id", "Id do órgão"),
        Column("procuringEntity/name", "Unidade compradora"),
        Column("value/amount", "Valor estimado", Kind.MONEY),
        Column("procurementMethod", "Método"),
        Column("procurementMethodDetails", "Modalidade"),
        Column("mainProcurementCategory", "Categoria"),
        Column("tenderPeriod/startDate", "Início das propostas", Kind.INSTANT),
        Column("tenderPeriod/endDate", "Fim das propostas", Kind.INSTANT),
        Column("documents/url", "Página"),
    ),
    _tender,
)
ITEMS = Sheet("ocds-items", "OCDS itens", _columns(Column("id", "Item"), *_UNIT), _items)
AWARDS = Sheet(
    "ocds-awards",
    "OCDS resultados",
    _columns(
        Column("id", "Resultado"),
        Column("title", "Item"),
        Column("status", "Situação"),
        Column("date", "Data", Kind.INSTANT),
        Column("value/amount", "Valor", Kind.MONEY),
        Column("suppliers/id", "Id do fornecedor"),
        Column("suppliers/name", "Fornecedor"),
        Column("items/quantity", "Quantidade", Kind.MONEY),
        Column("items/unit/value/amount", "Valor unitário", Kind.MONEY),
    ),
    _awards,
)
CONTRACTS = Sheet(
    "ocds-contracts",
    "OCDS contratos",
    _columns(
        Column("id", "Contrato"),
        Column("awardID", "Resultado"),
        Column("title", "Objeto"),
        Column("status", "Situação"),
        Column("value/amount", "Valor", Kind.MONEY),
        Column("dateSigned", "Assinatura", Kind.INSTANT),
        Column("period/startDate", "Início", Kind.INSTANT),
        Column("period/endDate", "Fim", Kind.INSTANT),
    ),
    _contracts,
)
PARTIES = Sheet(
    "ocds-parties",
    "OCDS partes",
    _columns(
        Column("id", "Id"),
        Column("name", "Nome"),
        Column("roles", "Papéis"),
        Column("identifier/scheme", "Cadastro"),
        Column("identifier/id", "Número"),
        Column("address/locality", "Município"),
        Column("address/region", "UF"),
    ),
    _parties,
)
SHEETS = (TENDERS, ITEMS, AWARDS, CONTRACTS, PARTIES)

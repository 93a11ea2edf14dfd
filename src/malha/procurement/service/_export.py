"""Procurements, items and contracts as lists that can be exported: everything a filter lets through, newest first.

Whoever may see the exports of a workspace may fetch the file, so persons' numbers are hidden in it whoever asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter
from typing import Any

from malha.db import Database, ReadSession
from malha.db.paging import Page, Window, walk_pages
from malha.exports.service import Column, ExportList, Kind, Pages, register
from malha.identity.policy import Principal
from malha.procurement.repository import reading, searching
from malha.procurement.repository.searching import Listing
from malha.procurement.rules.filters import Sorting
from malha.procurement.rules.masks import Eyes
from malha.procurement.schemas.search import RecordQuery
from malha.procurement.service._hits import show_contract, show_item, show_procurement
from malha.procurement.service._rights import ANYBODY, check_numbers

PAGE = 1_000
SCOPE = "procurement:read"
Read = Callable[[ReadSession, Sequence[tuple[Any, ...]], str | None], Awaitable[dict[tuple[Any, ...], Any]]]
Show = Callable[[Any, Eyes], Any]

PROCUREMENT_COLUMNS = (
    Column("control_number", "Número de controle PNCP"),
    Column("number", "Número da compra"),
    Column("process", "Processo"),
    Column("object", "Objeto"),
    Column("modality_id", "Código da modalidade", Kind.NUMBER),
    Column("modality_name", "Modalidade"),
    Column("situation_name", "Situação"),
    Column("organ_cnpj", "CNPJ do órgão"),
    Column("organ_name", "Órgão"),
    Column("unit_code", "Código da unidade"),
    Column("unit_name", "Unidade"),
    Column("uf", "UF"),
    Column("city", "Município"),
    Column("city_code", "Código IBGE"),
    Column("estimated_total", "Valor total estimado", Kind.MONEY),
    Column("awarded_total", "Valor total homologado", Kind.MONEY),
    Column("has_marked_value", "Valor duvidoso", Kind.FLAG),
    Column("published_at", "Publicada em", Kind.INSTANT),
    Column("version_at", "Atualizada em", Kind.INSTANT),
    Column("proposals_open_at", "Abertura das propostas", Kind.INSTANT),
    Column("proposals_close_at", "Encerramento das propostas", Kind.INSTANT),
    Column("is_price_registration", "Registro de preços", Kind.FLAG),
    Column("source_link", "Link no sistema de origem"),
    Column("items_state", "Itens"),
)
ITEM_COLUMNS = (
    Column("control_number", "Número de controle PNCP"),
    Column("number", "Item", Kind.NUMBER),
    Column("description", "Descrição"),
    Column("quantity", "Quantidade", Kind.NUMBER),
    Column("unit", "Unidade de medida"),
    Column("estimated_unit_value", "Valor unitário estimado", Kind.MONEY),
    Column("estimated_total", "Valor total estimado", Kind.MONEY),
    Column("situation_name", "Situação"),
    Column("ncm_code", "NCM/NBS"),
    Column("catalog_code", "CATMAT/CATSER"),
    Column("has_marked_value", "Valor duvidoso", Kind.FLAG),
    Column("suppliers", "Vencedores"),
    Column("awarded_unit_value", "Valor unitário homologado", Kind.MONEY),
    Column("awarded_total", "Valor total homologado", Kind.MONEY),
    Column("object", "Objeto"),
    Column("organ_cnpj", "CNPJ do órgão"),
    Column("organ_name", "Órgão"),
    Column("uf", "UF"),
    Column("city_code", "Código IBGE"),
    Column("modality_id", "Código da modalidade", Kind.NUMBER),
    Column("published_at", "Publicada em", Kind.INSTANT),
)
CONTRACT_COLUMNS = (
    Column("control_number", "Número de controle PNCP"),
    Column("procurement_control_number", "Contratação"),
    Column("number", "Número"),
    Column("process", "Processo"),
    Column("object", "Objeto"),
    Column("organ_cnpj", "CNPJ do órgão"),
    Column("organ_name", "Órgão"),
    Column("unit_code", "Código da unidade"),
    Column("unit_name", "Unidade"),
    Column("uf", "UF"),
    Column("city_code", "Código IBGE"),
    Column("supplier_id", "CNPJ ou CPF do fornecedor"),
    Column("supplier_name", "Fornecedor"),
    Column("initial_value", "Valor inicial", Kind.MONEY),
    Column("total", "Valor global", Kind.MONEY),
    Column("signed_on", "Assinatura", Kind.DAY),
    Column("starts_on", "Início da vigência", Kind.DAY),
    Column("ends_on", "Fim da vigência", Kind.DAY),
    Column("published_at", "Publicado em", Kind.INSTANT),
    Column("version_at", "Atualizado em", Kind.INSTANT),
)


async def check_filter(_session: ReadSession, principal: Principal, query: RecordQuery) -> None:
    """PersonalNumberRefusedError for a filter by a CPF."""
    check_numbers(principal, query)


async def _walk(
    database: Database, listing: Listing, query: RecordQuery, rows_of: Callable[..., Awaitable[list[Any]]]
) -> Pages:
    async def fetch(session: ReadSession, window: Window) -> Page[Any]:
        found = await searching.find_page(session, listing, query.wanted(), Sorting.NEWEST, window)
        return Page(items=await rows_of(session, found.keys), next_cursor=found.next_cursor)

    async for page in walk_pages(database, fetch, size=PAGE):
        yield page


def _pages(listing: Listing, read: Read, show: Show, columns: Sequence[Column]) -> Callable[..., Pages]:
    """How the pages of a list are read whose rows are shown as its API shows them."""
    row_of = attrgetter(*(column.name for column in columns))

    async def rows_of(session: ReadSession, keys: Sequence[tuple[Any, ...]]) -> list[Any]:
        rows = await read(session, keys, None)
        return [row_of(show(rows[key], ANYBODY)) for key in keys if key in rows]

    def pages(database: Database, principal: Principal, query: RecordQuery, _language: str) -> Pages:
        check_numbers(principal, query)
        return _walk(database, listing, query, rows_of)

    return pages


async def _item_rows(session: ReadSession, keys: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    rows = await reading.read_items(session, keys, None)
    winners = await reading.read_winners(session, keys)
    return [_item_row(show_item(rows[key], winners.get(key, ()), ANYBODY)) for key in keys if key in rows]


def _item_row(item: Any) -> list[Any]:
    """An item with its winners in one cell; where several shared it, the first one's unit value, and all totals."""
    totals = [result.total for result in item.results if result.total is not None]
    names = [f"{result.supplier_id or ''} {result.supplier_name or ''}".strip() for result in item.results]
    won = {
        "suppliers": "; ".join(names) or None,
        "awarded_unit_value": item.results[0].unit_value if item.results else None,
        "awarded_total": sum(totals) if totals else None,
    }
    return [won[column.name] if column.name in won else getattr(item, column.name) for column in ITEM_COLUMNS]


def read_items(database: Database, principal: Principal, query: RecordQuery, _language: str) -> Pages:
    """Items with their winners."""
    check_numbers(principal, query)
    return _walk(database, searching.ITEMS, query, _item_rows)


def _register(name: str, titles: tuple[str, str], columns: Sequence[Column], pages: Callable[..., Pages]) -> ExportList:
    title, english = titles
    return register(
        ExportList(
            name=name,
            title=title,
            english=english,
            scope=SCOPE,
            columns=columns,
            filter=RecordQuery,
            pages=pages,
            check=check_filter,
        )
    )


PROCUREMENTS = _register(
    "procurements",
    ("Contratações", "Procurements"),
    PROCUREMENT_COLUMNS,
    _pages(searching.PROCUREMENTS, reading.read_procurements, show_procurement, PROCUREMENT_COLUMNS),
)
ITEMS = _register("procurement_items", ("Itens de contratações", "Procurement items"), ITEM_COLUMNS, read_items)
CONTRACTS = _register(
    "procurement_contracts",
    ("Contratos", "Contracts"),
    CONTRACT_COLUMNS,
    _pages(searching.CONTRACTS, reading.read_contracts, show_contract, CONTRACT_COLUMNS),
)

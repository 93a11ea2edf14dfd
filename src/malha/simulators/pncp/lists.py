"""The lists of the consultation host: what each takes, refuses and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from starlette.responses import Response

from malha.simulators.pncp import faults, pages
from malha.simulators.pncp.bodies.procurements import proposals
from malha.simulators.pncp.entries import (
    CONTRACTS,
    DAY_SECONDS,
    INVOICES,
    PLANS,
    PROCUREMENTS,
    RECORDS,
    Entry,
    first_second,
)
from malha.simulators.pncp.faults import Luck
from malha.simulators.pncp.state import State
from malha.simulators.pncp.world import RECORD_VALIDITY_DAYS, days

LONGEST_DAYS = 365
SMALLEST_PAGE = 10
PROPOSAL_DAYS = 30
SELECTIONS_KEPT = 64
Query = Mapping[str, str]


class RefusedError(Exception):
    """What the query deserves instead of rows."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True, slots=True)
class Listing:
    """A list's path below `/v1`, what it holds, and its rules."""

    path: str
    kind: str
    select: Callable[[State, Query, int, str], list[Entry]]
    largest_page: int
    filters: Mapping[str, tuple[str, ...]]
    """Parameters that narrow, each with the way to the field that it is compared with."""


def answer(state: State, listing: Listing, query: Query, luck: Luck, path: str) -> Response:
    """One page; 204 when nothing matches."""
    try:
        page, size = _page(state, listing, query, path)
        if size > SMALLEST_PAGE and luck.meets(faults.SIZE_400):
            return faults.bad_request("Tamanho de página inválido", path)
        now = state.calendar.now()
        entries = _select(state, listing, query, now, path)
    except RefusedError as refused:
        return refused.response
    total = len(entries)
    if not total:
        return Response(status_code=204)
    if page > ceil(total / size):
        return (
            faults.bad_request("Página inválida", path) if listing.kind == PROCUREMENTS else Response(status_code=204)
        )
    rows = [state.row(entry, now) for entry in pages.cut(entries, page, size, luck)]
    return pages.envelope(rows, total, page, size, luck)


def _select(state: State, listing: Listing, query: Query, now: int, path: str) -> list[Entry]:
    """What all pages of a query are cut from; kept for as long as nothing can have changed."""
    asked = tuple(sorted((name, value) for name, value in query.items() if name not in {"pagina", "tamanhoPagina"}))
    key = (listing.path, asked, now)
    kept = state.selections.get(key)
    if kept is None:
        kept = _narrow(state, listing, query, listing.select(state, query, now, path), now)
        state.selections[key] = kept
        if len(state.selections) > SELECTIONS_KEPT:
            state.selections.popitem(last=False)
    return kept


def _page(state: State, listing: Listing, query: Query, path: str) -> tuple[int, int]:
    page = _integer(query, "pagina", path)
    largest = state.page_limits.get(listing.path, listing.largest_page)
    size = _integer(query, "tamanhoPagina", path) if "tamanhoPagina" in query else largest
    if page < 1:
        raise RefusedError(faults.bad_request("pagina: must be greater than or equal to 1", path))
    if size < SMALLEST_PAGE:
        raise RefusedError(faults.bad_request("tamanhoPagina: must be greater than or equal to 10", path))
    if size > largest:
        raise RefusedError(faults.bad_request("Tamanho de página inválido", path))
    return page, size


def _integer(query: Query, name: str, path: str) -> int:
    text = _required(query, name, path)
    if not (text.isascii() and text.isdecimal()):
        raise RefusedError(faults.bad_request(f"{name}: not a number", path))
    return int(text)


def _required(query: Query, name: str, path: str) -> str:
    if name not in query:
        raise RefusedError(faults.bad_request(f"Required parameter '{name}' is not present.", path))
    return query[name]


def _day(query: Query, name: str, label: str, path: str) -> date:
    text = _required(query, name, path)
    if len(text) != 8:  # yyyyMMdd; strptime takes single digits as well
        raise RefusedError(faults.unprocessable(f"{label} inválida"))
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise RefusedError(faults.unprocessable(f"{label} inválida")) from None


def _window(query: Query, path: str, first: str = "dataInicial", last: str = "dataFinal") -> tuple[date, date]:
    since, until = _day(query, first, "Data Inicial", path), _day(query, last, "Data Final", path)
    if since > until:
        raise RefusedError(faults.unprocessable("Data Inicial deve ser anterior ou igual à Data Final"))
    if (until - since).days > LONGEST_DAYS:
        raise RefusedError(faults.unprocessable(faults.TRUE_PERIOD))
    return since, until


def _published(kind: str) -> Callable[[State, Query, int, str], list[Entry]]:
    def select(state: State, query: Query, now: int, path: str) -> list[Entry]:
        modality = _integer(query, "codigoModalidadeContratacao", path) if kind == PROCUREMENTS else 0
        first, last = _window(query, path)
        entries = (entry for day in days(first, last) for entry in state.world.published(kind, day, modality))
        return [entry for entry in entries if entry.published <= now]

    return select


def _changed(
    kind: str, first: str = "dataInicial", last: str = "dataFinal"
) -> Callable[[State, Query, int, str], list[Entry]]:
    def select(state: State, query: Query, now: int, path: str) -> list[Entry]:
        modality = _integer(query, "codigoModalidadeContratacao", path) if kind == PROCUREMENTS else 0
        return state.world.changed(kind, *_window(query, path, first, last), now, modality)

    return select


def _open(state: State, query: Query, now: int, path: str) -> list[Entry]:
    """Procurements that still take proposals, and stop by a day."""
    modality = _integer(query, "codigoModalidadeContratacao", path) if "codigoModalidadeContratacao" in query else 0
    until = first_second(_day(query, "dataFinal", "Data Final", path)) + DAY_SECONDS
    today = date.fromordinal(date(1970, 1, 1).toordinal() + now // DAY_SECONDS)
    found: list[Entry] = []
    for day in days(today - timedelta(PROPOSAL_DAYS), today):
        for entry in state.world.published(PROCUREMENTS, day, modality):
            _, closes = proposals(state.world, entry)
            if closes is not None and entry.published <= now <= closes < until:
                found.append(entry)
    return found


def _valid(state: State, query: Query, now: int, path: str) -> list[Entry]:
    """Atas whose validity touches the window."""
    first, last = _window(query, path)
    since = max(first - timedelta(RECORD_VALIDITY_DAYS), state.world.begins)
    entries = (entry for day in days(since, last) for entry in state.world.published(RECORDS, day))
    return [entry for entry in entries if entry.published <= now]


def _plans(state: State, query: Query, now: int, path: str) -> list[Entry]:
    year = _integer(query, "anoPca", path)
    if not date.min.year <= year < date.max.year:
        return []
    entries = (
        entry
        for day in days(date(year, 1, 1), date(year, 12, 31))
        for entry in state.world.published(PLANS, day)
    )  # fmt: skip
    return [entry for entry in entries if entry.published <= now]


def _plans_of_class(state: State, query: Query, now: int, path: str) -> list[Entry]:
    """Plans that hold an item of a class; their other items come with them."""
    wanted = _required(query, "codigoClassificacaoSuperior", path)
    entries = _plans(state, query, now, path)
    return [entry for entry in entries if any(_is_of_class(item, wanted) for item in state.tell(entry, now)["itens"])]


def _is_of_class(item: Mapping[str, Any], wanted: str) -> bool:
    return item["classificacaoSuperiorCodigo"] == wanted


def _plans_of_user(state: State, query: Query, now: int, path: str) -> list[Entry]:
    """Users are not told apart."""
    _integer(query, "idUsuario", path)
    return _plans(state, query, now, path)


def _narrow(state: State, listing: Listing, query: Query, entries: list[Entry], now: int) -> list[Entry]:
    for name, way in listing.filters.items():
        if name in query:
            entries = [entry for entry in entries if _follow(state.tell(entry, now), way) == query[name]]
    return entries


def _follow(body: dict[str, Any], way: tuple[str, ...]) -> str:
    value: Any = body
    for name in way:
        value = value[name]
    return str(value)


_PLACES = {
    "uf": ("unidadeOrgao", "ufSigla"),
    "codigoMunicipioIbge": ("unidadeOrgao", "codigoIbge"),
    "cnpj": ("orgaoEntidade", "cnpj"),
    "codigoUnidadeAdministrativa": ("unidadeOrgao", "codigoUnidade"),
}
_OF_PROCUREMENTS = {**_PLACES, "codigoModoDisputa": ("modoDisputaId",)}
_OF_CONTRACTS = {
    "cnpjOrgao": ("orgaoEntidade", "cnpj"),
    "codigoUnidadeAdministrativa": ("unidadeOrgao", "codigoUnidade"),
}
_OF_RECORDS = {"cnpj": ("cnpjOrgao",), "codigoUnidadeAdministrativa": ("codigoUnidadeOrgao",)}
_OF_PLANS = {"cnpj": ("orgaoEntidadeCnpj",), "codigoUnidade": ("codigoUnidade",)}
_OF_INVOICES = {"cnpjOrgao": ("cnpj",), "tipoInstrumentoCobranca": ("tipoInstrumentoCobranca", "id")}

LISTINGS = (
    Listing("/contratacoes/publicacao", PROCUREMENTS, _published(PROCUREMENTS), 50, _OF_PROCUREMENTS),
    Listing("/contratacoes/atualizacao", PROCUREMENTS, _changed(PROCUREMENTS), 50, _OF_PROCUREMENTS),
    Listing("/contratacoes/proposta", PROCUREMENTS, _open, 50, _PLACES),
    Listing("/contratos", CONTRACTS, _published(CONTRACTS), 500, _OF_CONTRACTS),
    Listing("/contratos/atualizacao", CONTRACTS, _changed(CONTRACTS), 500, _OF_CONTRACTS),
    Listing("/atas", RECORDS, _valid, 500, _OF_RECORDS),
    Listing("/atas/atualizacao", RECORDS, _changed(RECORDS), 500, _OF_RECORDS),
    Listing("/pca/", PLANS, _plans_of_class, 500, {}),
    Listing("/pca/usuario", PLANS, _plans_of_user, 500, _OF_PLANS),
    Listing("/pca/atualizacao", PLANS, _changed(PLANS, "dataInicio", "dataFim"), 500, _OF_PLANS),
    Listing("/instrumentoscobranca/inclusao", INVOICES, _published(INVOICES), 100, _OF_INVOICES),
)

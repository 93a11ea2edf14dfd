"""What the portal's host gives of one record: children without an envelope, counts, files, logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from malha.simulators.pncp import faults, pages
from malha.simulators.pncp.bodies import contracts, items, traces
from malha.simulators.pncp.bodies.procurements import procurement_alone
from malha.simulators.pncp.entries import CONTRACTS, INVOICES, PROCUREMENTS, RECORDS, Entry
from malha.simulators.pncp.faults import Luck
from malha.simulators.pncp.history import Moment, stand
from malha.simulators.pncp.state import State

DEFAULT_PAGE = 10
_UNKNOWN = {PROCUREMENTS: "Contratação não cadastrada.", CONTRACTS: "Contrato não cadastrado."}
Path = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A record that exists, and how it is asked about."""

    state: State
    entry: Entry
    now: int
    path: Path
    query: Mapping[str, str]
    luck: Luck


Answer = Callable[[Asked], Response]


def answer(kind: str, give: Answer, state: State, path: Path, query: Mapping[str, str], luck: Luck) -> Response:
    """404 for a record that does not exist yet, or never does."""
    now = state.calendar.now()
    entry = state.world.at(kind, path["cnpj"], path["ano"], path["sequencial"])
    if entry is None or entry.published > now:
        return faults.not_found(_UNKNOWN[kind])
    return give(Asked(state, entry, now, path, query, luck))


def alone(asked: Asked) -> Response:
    """A procurement."""
    body = procurement_alone(asked.state.world, asked.entry, asked.now)
    return pages.plain(asked.state.with_oddities(body, asked.entry))


def list_items(asked: Asked) -> Response:
    """Ten unless more are asked for; `[]` past the end."""
    moment = stand(asked.state.world.seed, asked.entry, asked.now)
    page, size = (int(asked.query.get(name, given)) for name, given in (("pagina", 1), ("tamanhoPagina", DEFAULT_PAGE)))
    if page < 1 or size < 1:
        return faults.bad_request("Tamanho de página inválido", "itens")
    kept = pages.cut(list(moment.items), page, size, asked.luck)
    kept = pages.lose(kept, asked.luck, faults.LOST_CHILDREN)
    return pages.plain([_tell_item(asked, moment, number) for number in kept])


def _tell_item(asked: Asked, moment: Moment, number: int) -> dict[str, Any]:
    """An item, with its record's oddities."""
    body = items.item(asked.state.world.seed, asked.entry, moment, number)
    return asked.state.with_oddities(body, asked.entry)


def count_items(asked: Asked) -> Response:
    """A bare number."""
    return pages.plain(len(stand(asked.state.world.seed, asked.entry, asked.now).items))


def _number(asked: Asked) -> int:
    return asked.path["numero"]


def one_item(asked: Asked) -> Response:
    """An item alone."""
    moment, number = stand(asked.state.world.seed, asked.entry, asked.now), _number(asked)
    if number not in moment.items:
        return faults.not_found("Item não cadastrado.")
    return pages.plain(_tell_item(asked, moment, number))


def list_results(asked: Asked) -> Response:
    """204 when nobody won the item, or not yet."""
    seed, number = asked.state.world.seed, _number(asked)
    moment = stand(seed, asked.entry, asked.now)
    if number not in moment.items:
        return faults.not_found("Item não cadastrado.")
    if items.situation_of(seed, asked.entry, moment, number) != 2:
        return Response(status_code=204)
    return pages.plain([items.result(seed, asked.entry, moment, number)])


def list_records(asked: Asked) -> Response:
    """Atas of a procurement."""
    world = asked.state.world
    found = [entry for entry in world.children(RECORDS, asked.entry) if entry.published <= asked.now]
    return pages.plain([contracts.record_alone(world, entry, asked.now) for entry in found])


def _record(asked: Asked) -> Entry | None:
    found = asked.state.world.children(RECORDS, asked.entry)
    return next((entry for entry in found if entry.number == _number(asked) and entry.published <= asked.now), None)


def one_record(asked: Asked) -> Response:
    """An ata alone."""
    entry = _record(asked)
    if entry is None:
        return faults.not_found("Ata não cadastrada.")
    return pages.plain(contracts.record_alone(asked.state.world, entry, asked.now))


def list_record_files(asked: Asked) -> Response:
    """Files of an ata."""
    entry = _record(asked)
    return faults.not_found("Ata não cadastrada.") if entry is None else pages.plain(traces.files_of_record(entry))


def list_procurement_files(asked: Asked) -> Response:
    """Files of a procurement."""
    return pages.plain(traces.files_of_procurement(asked.entry))


def list_contract_files(asked: Asked) -> Response:
    """Files of a contract."""
    return pages.plain(traces.files_of_contract(asked.entry))


def list_history(asked: Asked) -> Response:
    """The log of a procurement or a contract."""
    return pages.plain(traces.history(asked.state.world, asked.entry, asked.now))


def one_contract(asked: Asked) -> Response:
    """A contract alone, with what only this call tells."""
    body = contracts.contract(asked.state.world, asked.entry, asked.now)
    kind = {**body["tipoContrato"], "descricao": "Instrumento simulado.", "statusAtivo": True}
    parties = dict.fromkeys(("orgaoParteEnvolvida", "tipoParteEnvolvida", "unidadeOrgaoParteEnvolvida"))
    return pages.plain(asked.state.with_oddities({**body, "tipoContrato": kind, **parties}, asked.entry))


def list_amendments(asked: Asked) -> Response:
    """204 when there is none."""
    numbers = range(1, 1 + asked.entry.version(asked.now))
    if not numbers:
        return Response(status_code=204)
    return pages.plain([contracts.amendment(asked.state.world, asked.entry, number) for number in numbers])


def count_amendments(asked: Asked) -> Response:
    """A bare number."""
    return pages.plain(asked.entry.version(asked.now))


def one_amendment(asked: Asked) -> Response:
    """An amendment alone."""
    if not 1 <= _number(asked) <= asked.entry.version(asked.now):
        return faults.not_found("Termo não cadastrado.")
    return pages.plain(contracts.amendment(asked.state.world, asked.entry, _number(asked)))


def list_invoices(asked: Asked) -> Response:
    """Invoices of a contract; 204 when there is none."""
    world = asked.state.world
    found = [entry for entry in world.children(INVOICES, asked.entry) if entry.published <= asked.now]
    bodies = [contracts.invoice(world, entry, asked.now) for entry in found]
    return pages.plain(bodies) if bodies else Response(status_code=204)


DETAILS: tuple[tuple[str, str, Answer], ...] = (
    (PROCUREMENTS, "/itens", list_items),
    (PROCUREMENTS, "/itens/quantidade", count_items),
    (PROCUREMENTS, "/itens/{numero:int}", one_item),
    (PROCUREMENTS, "/itens/{numero:int}/resultados", list_results),
    (PROCUREMENTS, "/arquivos", list_procurement_files),
    (PROCUREMENTS, "/historico", list_history),
    (PROCUREMENTS, "/atas", list_records),
    (PROCUREMENTS, "/atas/{numero:int}", one_record),
    (PROCUREMENTS, "/atas/{numero:int}/arquivos", list_record_files),
    (CONTRACTS, "", one_contract),
    (CONTRACTS, "/arquivos", list_contract_files),
    (CONTRACTS, "/historico", list_history),
    (CONTRACTS, "/termos", list_amendments),
    (CONTRACTS, "/termos/quantidade", count_amendments),
    (CONTRACTS, "/termos/{numero:int}", one_amendment),
    (CONTRACTS, "/instrumentocobranca", list_invoices),
)
"""Kind, what follows the record's own path, and who answers."""

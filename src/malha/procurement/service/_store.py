"""Records of lists written with all that they refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from malha.db import Session
from malha.procurement.models import FundingSource, LegalBasis, Organ, Unit
from malha.procurement.repository import details
from malha.procurement.repository import records as repository
from malha.procurement.rules.contracts import collection_instrument_row, contract_row, price_record_row
from malha.procurement.rules.plans import plan_item_rows, plan_row
from malha.procurement.rules.records import control_number_of, organ_row, procurement_row, unit_row
from malha.procurement.rules.wire import digest, instant, part, stored, text, whole

Record = Mapping[str, Any]
Pairs = Sequence[tuple[Record, dict[str, Any]]]

_ROWS: Mapping[str, Callable[[Record], dict[str, Any]]] = {
    "procurement": procurement_row,
    "contract": contract_row,
    "price_record": price_record_row,
    "collection_instrument": collection_instrument_row,
    "plan": plan_row,
}


async def store_records(session: Session, record_kind: str, records: Sequence[Record], *, is_live: bool) -> list[str]:
    """Write what is not here yet; returns the control numbers of those that are new or changed."""
    named = {control_number_of(record): record for record in records}
    known = await repository.known_digests(session, record_kind, list(named))
    fresh = [record for number, record in named.items() if known.get(number) != digest(record)]
    if not fresh:
        return []
    pairs = [(record, _ROWS[record_kind](record)) for record in fresh]
    if record_kind == "procurement":
        await _store_references(session, pairs)
    changed = await repository.upsert_versioned(session, record_kind, [row for _, row in pairs])
    await repository.keep_versions(session, [_version(record_kind, *pair, is_live=is_live) for pair in pairs])
    await _store_dependents(session, record_kind, [pair for pair in pairs if pair[1]["control_number"] in set(changed)])
    return changed


def _version(record_kind: str, record: Record, row: Mapping[str, Any], *, is_live: bool) -> dict[str, Any]:
    named = {name: row[name] for name in ("control_number", "digest", "version_at")}
    return {"kind": record_kind, **named, "is_live": is_live, "raw": stored(record)}


async def _store_dependents(session: Session, record_kind: str, changed: Pairs) -> None:
    """What comes with the records that have changed, and what is still to be asked for."""
    digests = {row["control_number"]: row["digest"] for _, row in changed}
    if record_kind == "procurement":
        await repository.replace_fundings(session, {row["control_number"]: _codes(record) for record, row in changed})
    if record_kind == "plan":
        items = [item for record, _ in changed for item in plan_item_rows(record)]
        await repository.replace_plan_items(session, sorted(digests), items)
    if record_kind in details.DETAILED:
        await details.want_details(session, record_kind, digests)
    if record_kind in {"contract", "price_record"}:
        await details.want_procurements(session, {row["procurement_control_number"] for _, row in changed} - {None})


async def _store_references(session: Session, pairs: Pairs) -> None:
    bare = {"name": None, "power": None, "sphere": None}
    organs = [{**bare, **organ_row(part(record, "orgaoEntidade")), "cnpj": row["organ_cnpj"]} for record, row in pairs]
    await repository.upsert_references(session, Organ, organs)
    units = [unit_row(row["organ_cnpj"], part(record, "unidadeOrgao")) for record, row in pairs]
    await repository.upsert_references(session, Unit, units)
    await repository.upsert_references(
        session, LegalBasis, [_coded(part(record, "amparoLegal")) for record, _ in pairs]
    )
    sources = [
        _coded(source) | {"included_at": instant(source, "dataInclusao")}
        for record, _ in pairs
        for source in _sources(record)
    ]
    await repository.upsert_references(session, FundingSource, sources)
    modalities = [{"code": row["modality_id"], "name": row["modality_name"]} for _, row in pairs]
    await repository.note_modalities(session, modalities)


def _coded(entry: Record) -> dict[str, Any]:
    return {"code": whole(entry, "codigo"), "name": text(entry, "nome"), "description": text(entry, "descricao")}


def _sources(record: Record) -> Iterable[Record]:
    sources = record.get("fontesOrcamentarias")
    return [source for source in sources if isinstance(source, dict)] if isinstance(sources, list) else []


def _codes(record: Record) -> list[int]:
    return [code for source in _sources(record) if (code := whole(source, "codigo")) is not None]

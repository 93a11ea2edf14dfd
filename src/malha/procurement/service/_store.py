"""Records of a page written with all that they refer to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from malha.db import Session
from malha.procurement.models import FundingSource, LegalBasis, Organ, Unit
from malha.procurement.repository import records as repository
from malha.procurement.rules.records import (
    contract_row,
    organ_row,
    price_record_row,
    procurement_row,
    unit_row,
)
from malha.procurement.rules.wire import part, stored, text, whole

Record = Mapping[str, Any]

_ROWS: Mapping[str, Callable[[Record], dict[str, Any]]] = {
    "procurement": procurement_row,
    "contract": contract_row,
    "price_record": price_record_row,
}


async def store_records(session: Session, record_kind: str, records: Sequence[Record], *, is_live: bool) -> list[str]:
    """Write a page's records; returns the control numbers of those that are new or changed."""
    rows = [_ROWS[record_kind](record) for record in records]
    if record_kind == "procurement":
        await _store_references(session, records, rows)
    changed = await repository.upsert_versioned(session, record_kind, rows)
    versions = [
        {
            "kind": record_kind,
            "control_number": row["control_number"],
            "digest": row["digest"],
            "version_at": row["version_at"],
            "is_live": is_live,
            "raw": stored(record),
        }
        for row, record in zip(rows, records, strict=True)
    ]
    await repository.keep_versions(session, versions)
    if record_kind == "procurement":
        await repository.replace_fundings(session, _fundings(records, rows, set(changed)))
    return changed


async def _store_references(session: Session, records: Sequence[Record], rows: Sequence[dict[str, Any]]) -> None:
    pairs = list(zip(records, rows, strict=True))
    bare = {"name": None, "power": None, "sphere": None}
    organs = [{**bare, **organ_row(part(record, "orgaoEntidade")), "cnpj": row["organ_cnpj"]} for record, row in pairs]
    await repository.upsert_references(session, Organ, organs)
    units = [unit_row(row["organ_cnpj"], part(record, "unidadeOrgao")) for record, row in pairs]
    await repository.upsert_references(session, Unit, units)
    bases = [_coded(part(record, "amparoLegal")) for record in records]
    await repository.upsert_references(session, LegalBasis, bases)
    sources = [_coded(source) for record in records for source in _sources(record)]
    await repository.upsert_references(session, FundingSource, sources)


def _coded(entry: Record) -> dict[str, Any]:
    return {"code": whole(entry, "codigo"), "name": text(entry, "nome"), "description": text(entry, "descricao")}


def _sources(record: Record) -> list[Record]:
    sources = record.get("fontesOrcamentarias")
    return [source for source in sources if isinstance(source, dict)] if isinstance(sources, list) else []


def _fundings(records: Sequence[Record], rows: Sequence[dict[str, Any]], changed: set[str]) -> dict[str, list[int]]:
    return {
        row["control_number"]: [code for source in _sources(record) if (code := whole(source, "codigo")) is not None]
        for record, row in zip(records, rows, strict=True)
        if row["control_number"] in changed
    }

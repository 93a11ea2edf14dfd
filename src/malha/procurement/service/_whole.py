"""One procurement or contract with all that hangs on it, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from malha.db import ReadSession
from malha.db.paging import Page, Window
from malha.identity.policy import Principal
from malha.procurement.errors import ContractNotFoundError, ProcurementNotFoundError
from malha.procurement.models import Amendment, CollectionInstrument, HistoryEntry, Item, RecordFile
from malha.procurement.repository import reading, whole
from malha.procurement.rules.differences import differences
from malha.procurement.rules.masks import Eyes
from malha.procurement.rules.wire import parse
from malha.procurement.schemas.records import (
    AmendmentRead,
    BillRead,
    ContractRead,
    ContractWithAmendments,
    DifferenceRead,
    FileRead,
    FundingRead,
    LegalBasisRead,
    LogRead,
    ProcurementRead,
    VersionRead,
)
from malha.procurement.schemas.search import ItemHit
from malha.procurement.service._hits import fill, show_contract, show_item, show_price_record
from malha.procurement.service._marks import read_marks
from malha.procurement.service._rights import eyes_of

FIRST_ITEMS = 100
_TEXTS = ("object", "additional_information", "in_person_reason", "published_by")
_PNCP = "https://pncp.gov.br/app/editais"


async def read_procurement(
    session: ReadSession, principal: Principal, number: str, language: str, *, with_raw: bool = False
) -> ProcurementRead:
    """Everything that is known of a procurement; ProcurementNotFoundError."""
    row = await whole.find_procurement(session, number)
    if row is None:
        raise ProcurementNotFoundError
    eyes = eyes_of(principal)
    procurement, organ, unit, basis = row
    items = await whole.list_item_keys(session, number, Window(FIRST_ITEMS))
    contracts = await _show_contracts(session, await whole.list_contract_keys(session, number), eyes)
    records = await reading.read_price_records(session, await whole.list_price_record_keys(session, number), None)
    marks = await read_marks(session, number, language)
    return fill(
        ProcurementRead,
        procurement,
        **{name: eyes.text(getattr(procurement, name)) for name in _TEXTS},
        organ_name=organ and organ.name,
        organ_power=organ and organ.power,
        organ_sphere=organ and organ.sphere,
        unit_name=unit and unit.name,
        city=unit and unit.city,
        has_marked_value=any(mark.item == 0 for mark in marks),
        legal_basis=basis and LegalBasisRead.model_validate(basis),
        fundings=[FundingRead.model_validate(source) for source in await whole.list_fundings(session, number)],
        items_count=await whole.count_items(session, number),
        items=await _show_items(session, items.items, eyes),
        contracts=contracts,
        price_records=[show_price_record(record, eyes) for record in records.values()],
        files=show_files(await whole.list_files(session, "procurement", number), eyes),
        log=show_log(await whole.list_log(session, "procurement", number), eyes),
        marks=marks,
        link=f"{_PNCP}/{procurement.organ_cnpj}/{procurement.year}/{procurement.sequence}",
        raw=await _newest_text(session, "procurement", number, eyes) if with_raw else None,
    )


async def read_items(session: ReadSession, principal: Principal, number: str, window: Window) -> Page[ItemHit]:
    """The items of a procurement by their numbers; ProcurementNotFoundError."""
    if await whole.find_procurement(session, number) is None:
        raise ProcurementNotFoundError
    page = await whole.list_item_keys(session, number, window)
    return Page(items=await _show_items(session, page.items, eyes_of(principal)), next_cursor=page.next_cursor)


async def read_contract(
    session: ReadSession, principal: Principal, number: str, *, with_raw: bool = False
) -> ContractRead:
    """Everything that is known of a contract; ContractNotFoundError."""
    row = await whole.find_contract(session, number)
    if row is None:
        raise ContractNotFoundError
    eyes = eyes_of(principal)
    contract = row[0]
    amendments = await whole.list_amendments(session, [number])
    return fill(
        ContractRead,
        contract,
        **show_contract(row, eyes).model_dump(),
        additional_information=eyes.text(contract.additional_information),
        amendments=[show_amendment(amendment, eyes) for amendment in amendments.get(number, [])],
        files=show_files(await whole.list_files(session, "contract", number), eyes),
        log=show_log(await whole.list_log(session, "contract", number), eyes),
        bills=[show_bill(bill, eyes) for bill in await whole.list_bills(session, number)],
        raw=await _newest_text(session, "contract", number, eyes) if with_raw else None,
    )


async def read_versions(
    session: ReadSession, principal: Principal, kind: str, number: str, *, with_raw: bool = False
) -> list[VersionRead]:
    """Each text of a record with its differences from the one before, newest first.

    Raises ProcurementNotFoundError or ContractNotFoundError for a record that was never seen.
    """
    texts = await whole.list_versions(session, kind, number)
    if not texts:
        raise ProcurementNotFoundError if kind == "procurement" else ContractNotFoundError
    eyes = eyes_of(principal)
    shown: list[VersionRead] = []
    before: Any = None
    for text in texts:
        record = parse(text.raw.encode())
        changes = differences(before, record) if before is not None else ()
        shown.append(
            VersionRead(
                version_at=text.version_at,
                seen_at=text.seen_at,
                digest=text.digest,
                is_live=text.is_live,
                differences=[show_difference(change, eyes) for change in changes],
                raw=eyes.record(record) if with_raw else None,
            )
        )
        before = record
    return shown[::-1]


def show_difference(change: Any, eyes: Eyes) -> DifferenceRead:
    """A difference, its values hidden where the field's name or the value itself is a person's number."""
    name = change.path.rpartition(".")[2]
    values = {side: eyes.record({name: getattr(change, side)})[name] for side in ("before", "after")}
    return DifferenceRead(path=change.path, is_new=change.is_new, is_gone=change.is_gone, **values)


def show_files(files: Sequence[RecordFile], eyes: Eyes) -> list[FileRead]:
    """Files."""
    return [fill(FileRead, file, title=eyes.text(file.title)) for file in files]


def show_log(entries: Sequence[HistoryEntry], eyes: Eyes) -> list[LogRead]:
    """PNCP's log."""
    return [fill(LogRead, entry, reason=eyes.text(entry.reason)) for entry in entries]


def show_amendment(amendment: Amendment, eyes: Eyes) -> AmendmentRead:
    """An amendment."""
    supplier = eyes.supplier(amendment.supplier_id, amendment.supplier_kind)
    return fill(AmendmentRead, amendment, object=eyes.text(amendment.object), supplier_id=supplier)


def show_bill(bill: CollectionInstrument, eyes: Eyes) -> BillRead:
    """A bill; its access key has the issuer's number in it, a person's as well."""
    issuer = eyes.supplier(bill.issuer_id)
    key = bill.access_key if issuer == bill.issuer_id else None
    return fill(BillRead, bill, issuer_id=issuer, access_key=key)


async def _show_items(session: ReadSession, items: Sequence[Item], eyes: Eyes) -> list[ItemHit]:
    keys = [(item.control_number, item.number) for item in items]
    rows = await reading.read_items(session, keys, None)
    winners = await reading.read_winners(session, keys)
    return [show_item(rows[key], winners.get(key, ()), eyes) for key in keys if key in rows]


async def _show_contracts(
    session: ReadSession, keys: Sequence[tuple[Any, ...]], eyes: Eyes
) -> list[ContractWithAmendments]:
    rows = await reading.read_contracts(session, keys, None)
    amendments = await whole.list_amendments(session, [key[0] for key in keys])
    return [
        ContractWithAmendments(
            **show_contract(rows[key], eyes).model_dump(),
            amendments=[show_amendment(amendment, eyes) for amendment in amendments.get(key[0], [])],
        )
        for key in keys
        if key in rows
    ]


async def _newest_text(session: ReadSession, kind: str, number: str, eyes: Eyes) -> Any:
    texts = await whole.list_versions(session, kind, number)
    return eyes.record(parse(texts[-1].raw.encode())) if texts else None

"""Price references: shown before they are fixed, fixed once with a number, and read as they were fixed."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.kit.clock import brazilian_day, utc_now
from malha.kit.ids import new_id
from malha.procurement.errors import PricesTooFewError
from malha.procurement.models import PriceReference
from malha.procurement.repository import prices
from malha.procurement.rules.indexes import months_after
from malha.procurement.schemas.prices import (
    PriceBasket,
    PricePreview,
    PriceReferenceRead,
    PriceReferenceSummary,
    PriceReferenceWrite,
)
from malha.procurement.service._basket import IndexTable, find_index, judge_item

LAW = "IN SEGES/ME nº 65/2021, arts. 3º, 5º e 6º"
FILE_FORMATS = ("pdf", "xlsx", "json")


async def preview_prices(session: ReadSession, basket: PriceBasket) -> PricePreview:
    """What a basket comes to now; nothing is kept."""
    return (await _judge(session, basket))[0]


async def _judge(session: ReadSession, basket: PriceBasket) -> tuple[PricePreview, IndexTable | None]:
    index = await find_index(session, basket)
    items = [await judge_item(session, basket, place, index) for place in range(1, len(basket.items) + 1)]
    shown = PricePreview(
        items=items,
        total=_total(items),
        warnings=_warnings(basket, items, index),
        data_as_of=await prices.last_synchronized(session),
    )
    return shown, index


async def fix_prices(
    session: Session, principal: Principal, trail: AuditTrail, basket: PriceReferenceWrite
) -> PriceReferenceRead:
    """Fix a basket under the workspace's next number; PricesTooFewError where an item has no reference."""
    shown, index = await _judge(session, basket)
    for place, item in enumerate(shown.items, 1):
        if item["value"] is None:
            raise PricesTooFewError(item=place, count=item["figures"]["count"] if item["figures"] else 0)
    number = await prices.take_number(session, principal.workspace_id)
    created_at = utc_now()
    document = {
        "kind": "price-reference",
        "version": 1,
        "law": LAW,
        "number": number,
        "title": basket.title,
        "justification": basket.justification,
        "workspace_id": str(principal.workspace_id),
        "created_at": created_at.isoformat(),
        "created_by": {"id": str(principal.user_id), "email": principal.email},
        "data_as_of": shown.data_as_of.isoformat() if shown.data_as_of else None,
        "first": basket.first.isoformat(),
        "last": basket.last.isoformat(),
        "method": basket.method.value,
        "outliers": [rule.value for rule in basket.outliers],
        "index": _index(index, basket),
        "items": shown.items,
        "total": str(shown.total),
        "warnings": shown.warnings,
    }
    reference = PriceReference(
        id=new_id(),
        workspace_id=principal.workspace_id,
        number=number,
        title=basket.title,
        created_by=principal.user_id,
        created_at=created_at,
        document=document,
        digest=digest_of(document),
    )
    session.add(reference)
    await session.flush()
    state = {"number": number, "title": basket.title, "digest": reference.digest}
    act = Act(entity_type="price-reference", entity_id=reference.id, action="PRICE_REFERENCE_FIXED", new_state=state)
    await trail.record(session, act)
    return _read(reference)


async def read_reference(session: ReadSession, principal: Principal, reference_id: UUID) -> PriceReferenceRead:
    """One price reference; PriceReferenceNotFoundError."""
    return _read(await prices.get_reference(session, principal, reference_id))


async def read_references(session: ReadSession, principal: Principal, window: Window) -> Page[PriceReferenceSummary]:
    """Price references of the workspace, newest first."""
    return (await prices.list_references(session, principal, window)).map(_summary)


def digest_of(document: dict[str, Any]) -> str:
    """SHA-256 of the document's canonical JSON: keys in order, no spaces, UTF-8."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _index(index: IndexTable | None, basket: PriceBasket) -> dict[str, Any] | None:
    """The index with the rates that corrections were made of, so that anybody can make them again."""
    if index is None:
        return None
    used = months_after(basket.first.replace(day=1), index.until)
    return {
        "name": index.name,
        "until": index.until.isoformat(),
        "sources": list(index.sources),
        "rates": {f"{month:%Y-%m}": str(index.rates[month]) for month in used if month in index.rates},
    }


def _total(items: list[dict[str, Any]]) -> Decimal | None:
    totals = [item["total"] for item in items]
    return None if None in totals else sum((Decimal(total) for total in totals), Decimal(0)).quantize(Decimal("0.01"))


def _warnings(basket: PriceBasket, items: list[dict[str, Any]], index: IndexTable | None) -> list[str]:
    found: list[str] = []
    today = brazilian_day(utc_now())
    if basket.first < today - timedelta(days=366):
        found.append("period-older-than-a-year")
    if basket.last > today:
        found.append("period-not-over")
    if index is not None and index.until < basket.last.replace(day=1):
        found.append(f"index-only-until-{index.until:%Y-%m}")
    for place, item in enumerate(items, 1):
        told = {
            "prices-without-uf": item["without_uf"] and (item["filter"]["ufs"] or item["filter"]["regions"]),
            "package-without-content": item["unit"]["is_vague"],
            "unit-unknown": not item["unit"]["is_known"],
            "prices-in-other-units": item["other_units"],
            "prices-too-few": item["value"] is None,
            "prices-dated-by-publication": any(price["dated_by"] == "publication" for price in item["prices"]),
        }
        found += [f"item-{place}:{name}" for name, is_so in told.items() if is_so]
    return found


def _summary(reference: PriceReference) -> PriceReferenceSummary:
    return PriceReferenceSummary(
        id=reference.id,
        number=reference.number,
        title=reference.title,
        total=reference.document["total"],
        created_at=reference.created_at,
        created_by=reference.created_by,
        digest=reference.digest,
    )


def _read(reference: PriceReference) -> PriceReferenceRead:
    files = {form: f"/api/v1/procurement/price-references/{reference.id}/file?format={form}" for form in FILE_FORMATS}
    return PriceReferenceRead(**_summary(reference).model_dump(), document=reference.document, files=files)

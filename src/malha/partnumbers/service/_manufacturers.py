"""Makers, and their data as foreign operators."""

from __future__ import annotations

import re
from uuid import UUID

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.partnumbers.errors import ManufacturerRepeatedError, ProductChangedError
from malha.partnumbers.models import Manufacturer
from malha.partnumbers.repository import products
from malha.partnumbers.rules.description import Gap
from malha.partnumbers.schemas.products import ManufacturerRead, ManufacturerWrite

_COUNTRY = re.compile(r"[A-Z]{2}")
_FIELDS = ("address", "country", "operator_code", "tin", "city", "region", "postal_code", "email")


async def read_manufacturers(session: ReadSession, principal: Principal, window: Window) -> Page[ManufacturerRead]:
    """The makers of the workspace by name."""
    return (await products.list_manufacturers(session, principal, window)).map(show_manufacturer)


async def write_manufacturer(
    session: Session, principal: Principal, trail: AuditTrail, manufacturer_id: UUID, wanted: ManufacturerWrite
) -> ManufacturerRead:
    """Write a maker's data; raises ManufacturerNotFoundError, ProductChangedError, ManufacturerRepeatedError."""
    maker = await products.hold_manufacturer(session, principal, manufacturer_id)
    if maker.version != wanted.version:
        raise ProductChangedError(version=maker.version)
    before = {name: getattr(maker, name) for name in _FIELDS}
    after = before | {name: getattr(wanted, name) for name in wanted.model_fields_set & set(_FIELDS)}
    if await products.has_twin(session, maker, after["address"], after["country"]):
        raise ManufacturerRepeatedError
    for name, value in after.items():
        setattr(maker, name, value)
    maker.version += 1
    await session.flush()
    act = Act(entity_type="manufacturer", entity_id=maker.id, action="UPDATE", previous_state=before, new_state=after)
    await trail.record(session, act)
    return show_manufacturer(maker)


def show_manufacturer(maker: Manufacturer) -> ManufacturerRead:
    """A maker as the API shows it."""
    return ManufacturerRead(
        id=maker.id, name=maker.name, version=maker.version, **{name: getattr(maker, name) for name in _FIELDS}
    )


def maker_gaps(maker: Manufacturer | None) -> list[Gap]:
    """What DUIMP asks of the maker and is not known."""
    if maker is None:
        return [Gap("manufacturer", "fabricante", "manufacturer")]
    gaps: list[Gap] = []
    if not maker.country or not _COUNTRY.fullmatch(maker.country):
        gaps.append(Gap("manufacturer.country", "país do fabricante (duas letras)", "maker's country (two letters)"))
    if not maker.address:
        gaps.append(Gap("manufacturer.address", "endereço do fabricante", "maker's address"))
    return gaps

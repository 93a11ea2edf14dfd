"""What declarations say of part numbers, and their makers."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.kit.clock import utc_now
from malha.partnumbers.errors import ManufacturerNotFoundError
from malha.partnumbers.models import Classification, ClassificationItem, Manufacturer, PartNumber, Product

_BY_CODE = Order(PartNumber.code)
_BY_NAME = Order(Manufacturer.name, Manufacturer.id)


async def list_parts(
    session: ReadSession, principal: Principal, window: Window, *, task_id: UUID | None, is_confirmed: bool | None
) -> Page[PartNumber]:
    """Part numbers by code: of a task, confirmed or not, or all."""
    query = visible_to(principal, PartNumber)
    if is_confirmed is not None:
        query = query.where(PartNumber.confirmed_at.is_not(None) if is_confirmed else PartNumber.confirmed_at.is_(None))
    if task_id is not None:
        asked = select(ClassificationItem.partnumber).where(ClassificationItem.task_id == task_id)
        query = query.where(PartNumber.code.in_(asked))
    return await fetch_page(session, query, _BY_CODE, window)


async def list_products(session: ReadSession, partnumber_ids: Collection[UUID]) -> dict[UUID, Product]:
    """What persons wrote of part numbers that the caller may see."""
    query = select(Product).where(Product.partnumber_id.in_(partnumber_ids))
    return {product.partnumber_id: product for product in await session.scalars(query)}


async def hold_product(session: Session, part: PartNumber) -> Product:
    """What persons wrote of a part number, held until the transaction ends; made empty where there is nothing.

    Its version is 0 until somebody writes.
    """
    new = {"partnumber_id": part.id, "workspace_id": part.workspace_id, "version": 0, "updated_at": utc_now()}
    await session.execute(insert(Product).values(new).on_conflict_do_nothing())
    query = select(Product).where(Product.partnumber_id == part.id).with_for_update()
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one()


async def list_descriptions(session: ReadSession, principal: Principal, codes: Collection[str]) -> dict[str, str]:
    """What part numbers were called in the last request that called them anything."""
    query = (
        visible_to(principal, ClassificationItem)
        .where(ClassificationItem.partnumber.in_(codes), ClassificationItem.description.is_not(None))
        .with_only_columns(ClassificationItem.partnumber, ClassificationItem.description)
        .ext(distinct_on(ClassificationItem.partnumber))
        .order_by(ClassificationItem.partnumber, ClassificationItem.task_id.desc())
    )
    return {code: text for code, text in await session.execute(query) if text is not None}


async def list_makers(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, Manufacturer]:
    """Makers of answers that the caller may see."""
    query = select(Manufacturer).where(Manufacturer.id.in_(ids))
    return {maker.id: maker for maker in await session.scalars(query)}


async def list_manufacturers(session: ReadSession, principal: Principal, window: Window) -> Page[Manufacturer]:
    """The makers of the workspace by name."""
    return await fetch_page(session, visible_to(principal, Manufacturer), _BY_NAME, window)


async def hold_manufacturer(session: Session, principal: Principal, manufacturer_id: UUID) -> Manufacturer:
    """One of them, held until the transaction ends, or ManufacturerNotFoundError."""
    query = visible_to(principal, Manufacturer).where(Manufacturer.id == manufacturer_id).with_for_update()
    maker = (await session.execute(query)).scalar_one_or_none()
    if maker is None:
        raise ManufacturerNotFoundError
    return maker


async def has_twin(session: ReadSession, maker: Manufacturer, address: str | None, country: str | None) -> bool:
    """Whether another maker of the workspace is called and stands the same."""
    query = select(func.count()).where(
        Manufacturer.workspace_id == maker.workspace_id,
        Manufacturer.id != maker.id,
        Manufacturer.name == maker.name,
        Manufacturer.address.is_not_distinct_from(address),
        Manufacturer.country.is_not_distinct_from(country),
    )
    return (await session.execute(query)).scalar_one() > 0


async def count_codes(session: ReadSession, principal: Principal) -> dict[str, int]:
    """How many part numbers of the workspace have which code confirmed."""
    query = (
        visible_to(principal, Classification)
        .where(
            Classification.status == "active",
            Classification.confirmed_at.is_not(None),
            Classification.ncm.is_not(None),
        )
        .with_only_columns(Classification.ncm, func.count())
        .group_by(Classification.ncm)
    )
    return {ncm: count for ncm, count in await session.execute(query) if ncm is not None}

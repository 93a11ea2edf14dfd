"""Messages, deliveries and their tries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.notifications.errors import DeliveryNotFoundError
from malha.notifications.models import (
    NotificationAttempt,
    NotificationDelivery,
    NotificationEndpoint,
    NotificationMessage,
)

_NEWEST = Order(NotificationDelivery.created_at, NotificationDelivery.id, is_descending=True)
_NEWEST_MESSAGE = Order(NotificationMessage.created_at, NotificationMessage.id, is_descending=True)
ENDED = ("sent", "failed", "skipped")


class DeliveryRow(NamedTuple):
    """A delivery and its message."""

    delivery: NotificationDelivery
    message: NotificationMessage


class Errand(NamedTuple):
    """All that a delivery needs."""

    delivery: NotificationDelivery
    message: NotificationMessage
    endpoint: NotificationEndpoint


async def add_message(session: Session, **values: Any) -> UUID | None:
    """Write a message; its id, or None when its key was told before."""
    statement = insert(NotificationMessage).values(values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(NotificationMessage.id))


async def find_errand(session: ReadSession, delivery_id: UUID) -> Errand | None:
    """The delivery with its message and its endpoint; None once any of them is deleted."""
    query = (
        select(NotificationDelivery, NotificationMessage, NotificationEndpoint)
        .join(NotificationMessage, NotificationMessage.id == NotificationDelivery.message_id)
        .join(NotificationEndpoint, NotificationEndpoint.id == NotificationDelivery.endpoint_id)
        .where(NotificationDelivery.id == delivery_id)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Errand(*row)


async def change_delivery(session: Session, delivery_id: UUID, **values: Any) -> None:
    """Change a delivery that has not ended."""
    statement = update(NotificationDelivery).where(
        NotificationDelivery.id == delivery_id, NotificationDelivery.state.not_in(ENDED)
    )
    await session.execute(statement.values(**values))


async def get_delivery(session: ReadSession, principal: Principal, delivery_id: UUID) -> DeliveryRow:
    """The delivery and its message; DeliveryNotFoundError when absent or another tenant's."""
    query = _with_messages(principal).where(NotificationDelivery.id == delivery_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise DeliveryNotFoundError
    return DeliveryRow(*row)


async def list_deliveries(
    session: ReadSession, principal: Principal, window: Window, *, endpoint_id: UUID | None, states: Sequence[str]
) -> Page[DeliveryRow]:
    """Deliveries, newest first."""
    query = _with_messages(principal)
    if endpoint_id is not None:
        query = query.where(NotificationDelivery.endpoint_id == endpoint_id)
    if states:
        query = query.where(NotificationDelivery.state.in_(states))
    return (await fetch_page(session, query, _NEWEST, window)).map(lambda row: DeliveryRow(*row))


async def list_attempts(session: ReadSession, delivery_id: UUID) -> Sequence[NotificationAttempt]:
    """The tries of a delivery, in their order."""
    query = select(NotificationAttempt).where(NotificationAttempt.delivery_id == delivery_id)
    return (await session.scalars(query.order_by(NotificationAttempt.at, NotificationAttempt.id))).all()


async def list_messages(session: ReadSession, principal: Principal, window: Window) -> Page[NotificationMessage]:
    """Messages, newest first."""
    return await fetch_page(session, visible_to(principal, NotificationMessage), _NEWEST_MESSAGE, window)


async def delete_old(session: Session, *, kept_days: float, limit: int) -> int:
    """Delete messages that are old, with their deliveries and tries; returns how many messages."""
    old = (
        select(NotificationMessage.id)
        .where(NotificationMessage.created_at < func.now() - timedelta(days=kept_days))
        .order_by(NotificationMessage.created_at)
        .limit(limit)
    )
    statement = delete(NotificationMessage).where(NotificationMessage.id.in_(old))
    return len((await session.execute(statement.returning(NotificationMessage.id))).all())


def _with_messages(principal: Principal) -> Select[NotificationDelivery, NotificationMessage]:
    return (
        visible_to(principal, NotificationDelivery)
        .join(NotificationMessage, NotificationMessage.id == NotificationDelivery.message_id)
        .add_columns(NotificationMessage)
    )

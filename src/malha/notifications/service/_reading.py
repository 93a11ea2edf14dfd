"""Messages and deliveries as they are shown, and as they go when they are old."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.identity.policy import Principal
from malha.notifications.models import NotificationMessage
from malha.notifications.repository import deliveries as repository
from malha.notifications.repository.deliveries import DeliveryRow
from malha.notifications.rules.signing import message_name
from malha.notifications.schemas import AttemptRead, DeliveryDetail, DeliveryRead, DeliveryState, MessageRead

MESSAGES_PER_SWEEP = 1_000


async def read_messages(session: ReadSession, principal: Principal, window: Window) -> Page[MessageRead]:
    """Messages of the workspace, newest first: what a listener of the live room reads on its return."""
    return (await repository.list_messages(session, principal, window)).map(_show_message)


async def read_deliveries(
    session: ReadSession,
    principal: Principal,
    window: Window,
    *,
    endpoint_id: UUID | None,
    states: Sequence[DeliveryState],
) -> Page[DeliveryRead]:
    """Deliveries, newest first."""
    names = [state.value for state in states]
    found = await repository.list_deliveries(session, principal, window, endpoint_id=endpoint_id, states=names)
    return found.map(_show_delivery)


async def read_delivery(session: ReadSession, principal: Principal, delivery_id: UUID) -> DeliveryDetail:
    """One delivery with every try; DeliveryNotFoundError."""
    row = await repository.get_delivery(session, principal, delivery_id)
    tries = [AttemptRead.model_validate(each) for each in await repository.list_attempts(session, delivery_id)]
    return DeliveryDetail(**_show_delivery(row).model_dump(), data=row.message.data, tries=tries)


async def sweep(session: Session, *, kept_days: float) -> bool:
    """Delete what is old; True while there is more."""
    return await repository.delete_old(session, kept_days=kept_days, limit=MESSAGES_PER_SWEEP) == MESSAGES_PER_SWEEP


def _show_message(message: NotificationMessage) -> MessageRead:
    return MessageRead(
        id=message.id,
        webhook_id=message_name(message.id),
        topic=message.topic,
        data=message.data,
        title=message.letters["pt"]["subject"],
        created_at=message.created_at,
    )


def _show_delivery(row: DeliveryRow) -> DeliveryRead:
    shown = {name: getattr(row.delivery, name) for name in DeliveryRead.model_fields if name != "topic"}
    return DeliveryRead(**shown, topic=row.message.topic)

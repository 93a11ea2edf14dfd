"""A notice becomes a message and a delivery to each endpoint, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from malha.db import Session
from malha.jobs import Owner, submit
from malha.kit.ids import new_id
from malha.notifications.models import NotificationDelivery, NotificationEndpoint
from malha.notifications.repository import deliveries, endpoints
from malha.notifications.rules.notices import Notice
from malha.notifications.schemas import DeliveryState

DELIVER_KIND = "notifications.deliver"


async def notify(
    session: Session, workspace_id: UUID, notice: Notice, *, endpoint_ids: Collection[UUID] | None = None
) -> UUID | None:
    """Tell the workspace's endpoints, or these of them; the message's id, or None when its key was told before.

    All stands or falls with the caller's transaction: told exactly once for what it is told of.
    """
    listeners = await endpoints.find_listeners(session, workspace_id, notice.topic, endpoint_ids)
    return await send_to(session, workspace_id, notice, listeners)


async def send_to(
    session: Session, workspace_id: UUID, notice: Notice, listeners: Sequence[NotificationEndpoint]
) -> UUID | None:
    """As `notify`, to endpoints that the caller has chosen."""
    message_id = await deliveries.add_message(
        session,
        id=new_id(),
        workspace_id=workspace_id,
        topic=notice.topic,
        key=notice.key,
        data=dict(notice.data),
        letters=notice.letters,
    )
    if message_id is not None:
        for endpoint in listeners:
            await add_delivery(session, endpoint, message_id)
    return message_id


async def add_delivery(session: Session, endpoint: NotificationEndpoint, message_id: UUID) -> UUID:
    """A delivery, whose job has its id."""
    delivery_id = new_id()
    await submit(
        session,
        DELIVER_KIND,
        input={"kind": endpoint.kind},
        parts=[{}],
        owner=Owner(endpoint.workspace_id, endpoint.owner_id),
        job_id=delivery_id,
    )
    record_delivery(session, endpoint, message_id, delivery_id)
    await session.flush()
    return delivery_id


def record_delivery(session: Session, endpoint: NotificationEndpoint, message_id: UUID, delivery_id: UUID) -> None:
    """The row of a delivery whose job is there."""
    session.add(
        NotificationDelivery(
            id=delivery_id,
            workspace_id=endpoint.workspace_id,
            endpoint_id=endpoint.id,
            message_id=message_id,
            state=DeliveryState.WAITING.value,
        )
    )

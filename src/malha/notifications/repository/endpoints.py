"""Endpoints."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.notifications.errors import EndpointNotFoundError
from malha.notifications.models import NotificationEndpoint

_NEWEST = Order(NotificationEndpoint.created_at, NotificationEndpoint.id, is_descending=True)


async def list_endpoints(session: ReadSession, principal: Principal, window: Window) -> Page[NotificationEndpoint]:
    """Endpoints, newest first."""
    return await fetch_page(session, visible_to(principal, NotificationEndpoint), _NEWEST, window)


async def get_endpoint(
    session: ReadSession, principal: Principal, endpoint_id: UUID, *, lock: bool = False
) -> NotificationEndpoint:
    """The endpoint, perhaps locked; EndpointNotFoundError when absent or another tenant's."""
    query = visible_to(principal, NotificationEndpoint).where(NotificationEndpoint.id == endpoint_id)
    endpoint = await session.scalar(query.with_for_update() if lock else query)
    if endpoint is None:
        raise EndpointNotFoundError
    return endpoint


async def find_endpoint(session: ReadSession, endpoint_id: UUID) -> NotificationEndpoint | None:
    """The endpoint, for a delivery or a signed link."""
    return await session.get(NotificationEndpoint, endpoint_id, populate_existing=True)


async def count_endpoints(session: ReadSession, workspace_id: UUID) -> int:
    """How many a workspace has."""
    query = select(func.count()).where(NotificationEndpoint.workspace_id == workspace_id)
    return await session.scalar(query) or 0


async def find_known(session: ReadSession, workspace_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Of these ids those that are endpoints of the workspace."""
    query = select(NotificationEndpoint.id).where(
        NotificationEndpoint.workspace_id == workspace_id, NotificationEndpoint.id.in_(ids)
    )
    return set((await session.scalars(query)).all())


async def find_listeners(
    session: ReadSession, workspace_id: UUID, topic: str, ids: Collection[UUID] | None
) -> Sequence[NotificationEndpoint]:
    """The endpoints, of these or of all, that are active and take the topic."""
    takes = or_(NotificationEndpoint.topics == [], NotificationEndpoint.topics.contains([topic]))
    query = select(NotificationEndpoint).where(
        NotificationEndpoint.workspace_id == workspace_id, NotificationEndpoint.state == "active", takes
    )
    if ids is not None:
        query = query.where(NotificationEndpoint.id.in_(ids))
    return (await session.scalars(query.order_by(NotificationEndpoint.id))).all()


async def change_endpoint(session: Session, endpoint_id: UUID, **values: Any) -> None:
    """Change an endpoint; whoever calls has found it."""
    statement = update(NotificationEndpoint).where(NotificationEndpoint.id == endpoint_id)
    await session.execute(statement.values(**values).execution_options(synchronize_session="fetch"))

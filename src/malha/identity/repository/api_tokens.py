"""API tokens as their owners see them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Text, cast, func, or_, select, update

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.models import ApiToken

_NEWEST = Order(ApiToken.created_at, ApiToken.id, is_descending=True)


async def list_api_tokens(session: ReadSession, user_id: UUID, window: Window) -> Page[ApiToken]:
    """The user's tokens that are not revoked, newest first."""
    query = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return await fetch_page(session, query, _NEWEST, window)


async def find_api_token(session: ReadSession, user_id: UUID, token_id: UUID) -> ApiToken | None:
    """One of the user's tokens that are not revoked."""
    query = select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return (await session.execute(query)).scalar_one_or_none()


async def find_api_tokens_like(session: ReadSession, beginning: str) -> list[ApiToken]:
    """Anybody's tokens that are not revoked and whose shown prefix or id begins so."""
    pattern = beginning.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    matches = or_(ApiToken.prefix.like(pattern), cast(ApiToken.id, Text).like(pattern))
    return list(await session.scalars(select(ApiToken).where(matches, ApiToken.revoked_at.is_(None))))


async def revoke_api_tokens_named(session: Session, user_id: UUID, name: str) -> None:
    """Revoke every token of the user that bears the name."""
    statement = update(ApiToken).where(
        ApiToken.user_id == user_id, ApiToken.name == name, ApiToken.revoked_at.is_(None)
    )
    await session.execute(statement.values(revoked_at=func.now()))

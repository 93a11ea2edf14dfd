"""Accounts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.models import User

_NEWEST = Order(User.created_at, User.id, is_descending=True)


async def find_user(session: ReadSession, user_id: UUID) -> User | None:
    """The user as stored now."""
    return await session.get(User, user_id, populate_existing=True)


async def find_user_by_email(session: ReadSession, email: str) -> User | None:
    """The user of a normalised address."""
    return (await session.execute(select(User).where(_has_email(email)))).scalar_one_or_none()


async def list_users(session: ReadSession, window: Window, *, search: str | None) -> Page[User]:
    """Accounts, newest first; `search` is part of the address or the name."""
    query = select(User)
    if search:
        pattern = "%" + search.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(or_(func.lower(User.email).like(pattern), func.lower(User.full_name).like(pattern)))
    return await fetch_page(session, query, _NEWEST, window)


async def count_users(session: ReadSession) -> int:
    """How many accounts there are."""
    return await session.scalar(select(func.count()).select_from(User)) or 0


async def lock_active_superusers(session: Session) -> list[UUID]:
    """The superusers who can log in, none of whom can cease to be one before this transaction ends."""
    query = select(User.id).where(User.is_superuser, User.is_active).order_by(User.id).with_for_update()
    return list((await session.execute(query)).scalars())


async def has_superuser(session: ReadSession) -> bool:
    """Whether anybody is a superuser, able to log in or not."""
    return (await session.execute(select(User.id).where(User.is_superuser).limit(1))).first() is not None


async def set_password_hash(session: Session, user_id: UUID, hashed_password: str) -> None:
    """Replace the stored hash; other columns and the version stay."""
    await session.execute(update(User).where(User.id == user_id).values(hashed_password=hashed_password))


async def note_login(session: Session, user_id: UUID) -> None:
    """The user has logged in just now."""
    await session.execute(update(User).where(User.id == user_id).values(last_login_at=func.now()))


def _has_email(email: str) -> ColumnElement[bool]:
    return func.lower(User.email) == email

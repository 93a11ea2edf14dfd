"""Login sessions, their refresh tokens, one-time tokens, and the throttle in front of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from malha.db import ReadSession, Session
from malha.identity.models import LoginSession, LoginThrottle, OneTimeToken, RefreshToken, User


class SessionOwner(NamedTuple):
    """A login session and its user."""

    session_id: UUID
    user_id: UUID


async def use_refresh_token(session: Session, secret_hash: bytes) -> SessionOwner | None:
    """Spend a refresh token; of any number of concurrent attempts one gets the session, the others None."""
    statement = (
        update(RefreshToken)
        .where(
            RefreshToken.secret_hash == secret_hash,
            RefreshToken.used_at.is_(None),
            RefreshToken.expires_at > func.now(),
            LoginSession.id == RefreshToken.session_id,
            LoginSession.revoked_at.is_(None),
            User.id == LoginSession.user_id,
            User.is_active,
        )
        .values(used_at=func.now())
        .returning(LoginSession.id, LoginSession.user_id)
    )
    row = (await session.execute(statement)).one_or_none()
    return SessionOwner(*row) if row is not None else None


async def find_spent_session(session: ReadSession, secret_hash: bytes) -> SessionOwner | None:
    """The open session of a refresh token that was used before."""
    query = (
        select(LoginSession.id, LoginSession.user_id)
        .join(RefreshToken, RefreshToken.session_id == LoginSession.id)
        .where(
            RefreshToken.secret_hash == secret_hash,
            RefreshToken.used_at.is_not(None),
            LoginSession.revoked_at.is_(None),
        )
    )
    row = (await session.execute(query)).one_or_none()
    return SessionOwner(*row) if row is not None else None


async def find_session_of(session: ReadSession, secret_hash: bytes) -> SessionOwner | None:
    """The open session that a refresh token belongs to, spent or not."""
    query = (
        select(LoginSession.id, LoginSession.user_id)
        .join(RefreshToken, RefreshToken.session_id == LoginSession.id)
        .where(RefreshToken.secret_hash == secret_hash, LoginSession.revoked_at.is_(None))
    )
    row = (await session.execute(query)).one_or_none()
    return SessionOwner(*row) if row is not None else None


async def extend_session(session: Session, session_id: UUID, expires_at: datetime) -> None:
    """A login session lives on with its newest refresh token."""
    await session.execute(update(LoginSession).where(LoginSession.id == session_id).values(expires_at=expires_at))


async def revoke_session(session: Session, session_id: UUID, *, reason: str) -> bool:
    """End a login session; False when it had ended before."""
    statement = (
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=func.now(), revoke_reason=reason)
        .returning(LoginSession.id)
    )
    return (await session.execute(statement)).first() is not None


async def revoke_sessions_of(session: Session, user_id: UUID, *, reason: str, but: UUID | None = None) -> None:
    """End every login session of a user, save one."""
    statement = update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(LoginSession.id != but)
    await session.execute(statement.values(revoked_at=func.now(), revoke_reason=reason))


async def use_one_time_token(session: Session, secret_hash: bytes) -> UUID | None:
    """Spend a one-time token; the first of any number of concurrent attempts gets the user's id."""
    statement = (
        update(OneTimeToken)
        .where(
            OneTimeToken.secret_hash == secret_hash,
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > func.now(),
            User.id == OneTimeToken.user_id,
            User.is_active,
        )
        .values(used_at=func.now())
        .returning(User.id)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def charge_bucket(session: Session, bucket: str, *, cost: timedelta, capacity: timedelta) -> float | None:
    """Pour one attempt into a leaky bucket. None when it fits, else the seconds until it would."""
    now = func.clock_timestamp()
    level = func.greatest(LoginThrottle.drained_at, now) + cost
    statement = (
        insert(LoginThrottle)
        .values(bucket=bucket, drained_at=now + cost)
        .on_conflict_do_update(
            index_elements=[LoginThrottle.bucket], set_={"drained_at": level}, where=level <= now + capacity
        )
        .returning(LoginThrottle.bucket)
    )
    if (await session.execute(statement)).first() is not None:
        return None
    wait = func.extract("epoch", LoginThrottle.drained_at + cost - capacity - now)
    seconds = await session.scalar(select(wait).where(LoginThrottle.bucket == bucket))
    return max(float(seconds or 0), 0.0)


async def drain_bucket(session: Session, bucket: str, *, by: timedelta | None = None) -> None:
    """Take some attempts back, or all of them."""
    if by is None:
        await session.execute(delete(LoginThrottle).where(LoginThrottle.bucket == bucket))
        return
    statement = update(LoginThrottle).where(LoginThrottle.bucket == bucket)
    await session.execute(statement.values(drained_at=LoginThrottle.drained_at - by))


async def purge_expired(session: Session, *, kept_for: timedelta) -> None:
    """Delete sessions, one-time tokens and buckets that have been of no use for that long."""
    horizon = func.now() - kept_for
    ended = or_(LoginSession.revoked_at < horizon, LoginSession.expires_at < horizon)
    await session.execute(delete(LoginSession).where(ended))
    spent = and_(RefreshToken.used_at.is_not(None), RefreshToken.expires_at < horizon)
    await session.execute(delete(RefreshToken).where(spent))
    await session.execute(delete(OneTimeToken).where(OneTimeToken.expires_at < horizon))
    await session.execute(delete(LoginThrottle).where(LoginThrottle.drained_at < horizon))

"""Logging in, keeping a session alive and ending it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from malha.db import Database, Session
from malha.identity.errors import (
    CredentialsInvalidError,
    OneTimeTokenInvalidError,
    RefreshTokenInvalidError,
    RefreshTokenReusedError,
)
from malha.identity.models import LoginSession, OneTimeToken, RefreshToken, User
from malha.identity.repository import sessions, users
from malha.identity.rules.addresses import EmailInvalidError, normalise_email
from malha.identity.rules.secrets import hash_secret, new_secret
from malha.identity.service._access_tokens import signer_of
from malha.identity.service._audit_trail import Act, Origin, user_trail
from malha.identity.service._hashing import Verified, passwords
from malha.identity.service._throttle import charge_attempt, excuse_attempt
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.settings import SecuritySettings

ONE_TIME_LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """The credentials of a login session, in clear."""

    access_token: str
    expires_in: int
    refresh_token: str


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """A login that was counted; `user` is None when the address has no account that can log in."""

    account: str
    origin: Origin
    user: User | None


async def begin_login(database: Database, email: str, origin: Origin) -> LoginAttempt:
    """Charge the attempt, for good, and find the account."""
    try:
        account = normalise_email(email)
    except EmailInvalidError:
        account = email.strip().lower()
        await charge_attempt(database, account, origin)
        return LoginAttempt(account, origin, None)
    await charge_attempt(database, account, origin)
    async with database.read_session() as session:
        user = await users.find_user_by_email(session, account)
    return LoginAttempt(account, origin, user)


async def check_login(attempt: LoginAttempt, password: str) -> Verified:
    """Check the password outside any transaction; raises the one CredentialsInvalidError whatever was wrong."""
    verified = await passwords.verify(password, attempt.user.hashed_password if attempt.user else None)
    if not verified.is_match or attempt.user is None or not attempt.user.is_active:
        raise CredentialsInvalidError
    return verified


async def complete_login(
    session: Session, security: SecuritySettings, attempt: LoginAttempt, verified: Verified
) -> OpenedSession:
    """Open a session for the user whose password matched."""
    if attempt.user is None:
        raise CredentialsInvalidError
    await excuse_attempt(session, attempt.account, attempt.origin)
    if verified.upgraded_hash is not None:
        await users.set_password_hash(session, attempt.user.id, verified.upgraded_hash)
    return await open_session(session, security, attempt.user.id, attempt.origin, how="password")


async def open_session(
    session: Session, security: SecuritySettings, user_id: UUID, origin: Origin, *, how: str
) -> OpenedSession:
    """A new login session with its first pair of tokens."""
    session_id = new_id()
    session.add(
        LoginSession(
            id=session_id,
            user_id=user_id,
            client_ip=origin.client_ip,
            user_agent=origin.user_agent,
            expires_at=utc_now() + _refresh_life(security),
        )
    )
    await session.flush()
    await users.note_login(session, user_id)
    login = Act(entity_type="user", entity_id=user_id, action="LOGIN", metadata={"how": how, "session_id": session_id})
    await user_trail(security, user_id, origin=origin).record(session, login)
    return await _issue(session, security, user_id=user_id, session_id=session_id)


async def create_one_time_login(session: Session, user_id: UUID) -> str:
    """A secret that logs the user in once within 15 minutes."""
    secret = new_secret()
    session.add(OneTimeToken(user_id=user_id, secret_hash=hash_secret(secret), expires_at=utc_now() + ONE_TIME_LIFE))
    await session.flush()
    return secret


async def use_one_time_login(
    session: Session, security: SecuritySettings, secret: str, origin: Origin
) -> OpenedSession:
    """Exchange a one-time secret; raises OneTimeTokenInvalidError from the second time on."""
    user_id = await sessions.use_one_time_token(session, hash_secret(secret))
    if user_id is None:
        raise OneTimeTokenInvalidError
    return await open_session(session, security, user_id, origin, how="one-time link")


async def refresh_session(database: Database, security: SecuritySettings, secret: str, origin: Origin) -> OpenedSession:
    """Exchange a refresh token for the next pair.

    Raises RefreshTokenReusedError when it was used before: the whole session is revoked then.
    Clients with several tabs must let one of them refresh at a time.
    """
    async with database.session() as session:
        opened = await _exchange(session, security, secret, origin)
    if opened is None:
        raise RefreshTokenReusedError
    return opened


async def _exchange(session: Session, security: SecuritySettings, secret: str, origin: Origin) -> OpenedSession | None:
    """The next pair; None when the token was used before, and then its session is over."""
    secret_hash = hash_secret(secret)
    owner = await sessions.use_refresh_token(session, secret_hash)
    if owner is not None:
        await sessions.extend_session(session, owner.session_id, utc_now() + _refresh_life(security))
        return await _issue(session, security, user_id=owner.user_id, session_id=owner.session_id)
    reused = await sessions.find_spent_session(session, secret_hash)
    if reused is None:
        raise RefreshTokenInvalidError
    if await sessions.revoke_session(session, reused.session_id, reason="refresh token reused"):
        reuse = Act(entity_type="login_session", entity_id=reused.session_id, action="REFRESH_TOKEN_REUSED")
        await user_trail(security, reused.user_id, origin=origin).record(session, reuse)
    return None


async def end_session(
    session: Session, security: SecuritySettings, owner: sessions.SessionOwner, origin: Origin, *, everywhere: bool
) -> None:
    """Log a session out, or all sessions of its user."""
    if everywhere:
        await sessions.revoke_sessions_of(session, owner.user_id, reason="logout everywhere")
    else:
        await sessions.revoke_session(session, owner.session_id, reason="logout")
    metadata = {"session_id": owner.session_id, "everywhere": everywhere}
    logout = Act(entity_type="user", entity_id=owner.user_id, action="LOGOUT", metadata=metadata)
    await user_trail(security, owner.user_id, origin=origin).record(session, logout)


async def find_session_of(session: Session, refresh_token: str) -> sessions.SessionOwner | None:
    """The open session that a refresh token belongs to."""
    return await sessions.find_session_of(session, hash_secret(refresh_token))


async def _issue(session: Session, security: SecuritySettings, *, user_id: UUID, session_id: UUID) -> OpenedSession:
    secret = new_secret()
    expires_at = utc_now() + _refresh_life(security)
    session.add(RefreshToken(session_id=session_id, secret_hash=hash_secret(secret), expires_at=expires_at))
    await session.flush()
    signer = signer_of(security)
    access_token = signer.sign(user_id=user_id, session_id=session_id)
    return OpenedSession(access_token, signer.lifetime_seconds, secret)


def _refresh_life(security: SecuritySettings) -> timedelta:
    return timedelta(days=security.refresh_token_days)

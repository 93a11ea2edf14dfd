"""What an installation needs before anybody can log in: a superuser, and a token for this machine."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import func, select

from malha.db import Session
from malha.identity.repository import api_tokens, principals, users
from malha.identity.rules.addresses import EmailInvalidError, normalise_email
from malha.identity.rules.secrets import hash_secret, new_password
from malha.identity.service._api_tokens import NewToken, create_api_token
from malha.identity.service._audit_trail import system_trail
from malha.identity.service._hashing import passwords
from malha.identity.service._users import NewUser, create_user, update_user
from malha.settings import SecuritySettings, Settings

DEVELOPMENT_SUPERUSER = "admin@malha.local"
LOCAL_TOKEN_NAME = "malha command line"  # noqa: S105 - a name
LOCAL_TOKEN_FILE = "token"  # noqa: S105 - a file name

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FirstSuperuser:
    """The superuser that was just made; `generated_password` is None when the settings gave one."""

    user_id: UUID
    email: str
    generated_password: str | None


async def ensure_first_superuser(session: Session, settings: Settings) -> FirstSuperuser | None:
    """Create the first superuser where there is none; None when there was one, or when none is configured.

    FIRST_SUPERUSER names it. In development one is made even without, with a random password. Any number of processes
    may call this at once; the caller commits.
    """
    await _lock(session)
    if await users.has_superuser(session):
        return None
    email = settings.security.first_superuser
    if not email and settings.environment.is_guarded:
        _log.warning("identity.no_superuser", hint="set FIRST_SUPERUSER or run: malha user create --superuser EMAIL")
        return None
    try:
        address = normalise_email(email or DEVELOPMENT_SUPERUSER)
    except EmailInvalidError as error:
        raise ValueError(f"FIRST_SUPERUSER is not an e-mail address: {email!r}") from error
    return await _create_superuser(session, settings.security, address)


async def ensure_local_token(session: Session, security: SecuritySettings, folder: Path) -> Path:
    """Keep a superuser's API token in the folder, in a file that only its owner may read; the caller commits.

    A token that works is kept. One that was revoked, or is of another database, is replaced.
    """
    await _lock(session)
    path = folder / LOCAL_TOKEN_FILE
    if await _works(session, path):
        return path
    superusers = await users.lock_active_superusers(session)
    if not superusers:
        raise LookupError("there is no active superuser")
    await api_tokens.revoke_api_tokens_named(session, superusers[0], LOCAL_TOKEN_NAME)
    new = NewToken(name=LOCAL_TOKEN_NAME, scopes=["*"])
    _token, secret = await create_api_token(session, superusers[0], new, system_trail(security))
    _write_private(path, secret)
    return path


def read_local_token(folder: Path) -> str | None:
    """The token that `ensure_local_token` left in the folder."""
    try:
        return (folder / LOCAL_TOKEN_FILE).read_text("ascii").strip() or None
    except FileNotFoundError:
        return None


async def _create_superuser(session: Session, security: SecuritySettings, email: str) -> FirstSuperuser:
    given = security.first_superuser_password.get_secret_value()
    password = given or new_password()
    trail = system_trail(security)
    user = await users.find_user_by_email(session, email)
    if user is not None:
        await update_user(session, user, {"is_superuser": True}, trail)
        _log.warning("identity.superuser_promoted", user_id=str(user.id))
        return FirstSuperuser(user.id, email, None)
    new = NewUser(email=email, hashed_password=await passwords.hash(password), is_superuser=True)
    user = await create_user(session, new, trail)
    _log.info("identity.superuser_created", user_id=str(user.id))
    return FirstSuperuser(user.id, email, None if given else password)


async def _lock(session: Session) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("identity_bootstrap", 0))))


async def _works(session: Session, path: Path) -> bool:
    secret = _read_private(path)
    if secret is None:
        return False
    return await principals.find_by_api_token(session, secret_hash=hash_secret(secret), workspace_id=None) is not None


def _read_private(path: Path) -> str | None:
    if path.is_file():
        path.chmod(0o600)  # whatever a copy or a backup made of it
    return read_local_token(path.parent)


def _write_private(path: Path, secret: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".token-")  # made 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)

"""From a bearer credential to a principal: one indexed query, remembered for a few seconds."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from uuid import UUID

from malha.db import Database
from malha.identity.errors import NotAuthenticatedError, WorkspaceNotFoundError
from malha.identity.repository import principals
from malha.identity.repository.principals import PrincipalRow
from malha.identity.rules.access import Role, covers
from malha.identity.rules.access_tokens import AccessTokenInvalidError
from malha.identity.rules.principal import Principal
from malha.identity.rules.secrets import API_TOKEN_PREFIX, hash_secret
from malha.identity.service._access_tokens import signer_of
from malha.settings import SecuritySettings

CACHE_SECONDS = 5.0
MOST_CACHED = 10_000
_LONGEST_CREDENTIAL = 4_096
_FRESH_SHARE = 0.8

_Key = tuple[bytes, UUID | None]


@dataclass(frozen=True, slots=True)
class _Remembered:
    """An answer. From `fresh_until` on one caller looks it up again while it still serves the others."""

    principal: Principal
    fresh_until: float
    valid_until: float


class Authenticator:
    """Checks credentials for one process.

    A credential that was revoked, an account that was closed or a role that changed is honoured at once by the process
    that did it (`forget`) and within CACHE_SECONDS by the others.
    """

    def __init__(self, database: Database, security: SecuritySettings, *, cache_seconds: float = CACHE_SECONDS) -> None:
        self._database = database
        self._autocommit = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._signer = signer_of(security)
        self._cache_seconds = cache_seconds
        self._cache: dict[_Key, _Remembered] = {}
        self._generation = 0

    async def authenticate(self, credential: str, workspace_id: UUID | None = None) -> Principal:
        """The principal of a JWT or an API token, in the named workspace or else in the user's own.

        Raises NotAuthenticatedError, or WorkspaceNotFoundError when the user is not a member of the workspace.
        """
        if len(credential) > _LONGEST_CREDENTIAL:
            raise NotAuthenticatedError
        key = (hash_secret(credential), workspace_id)
        remembered = self._recall(key)
        if remembered is not None:
            return remembered
        asked_at, generation = time.monotonic(), self._generation
        try:
            principal, life = await self._look_up(credential, key)
        except (NotAuthenticatedError, WorkspaceNotFoundError):
            self._cache.pop(key, None)
            raise
        if generation == self._generation:  # else the answer may be older than what was to be forgotten
            self._remember(key, principal, asked_at, min(life, self._cache_seconds))
        return principal

    def forget(self) -> None:
        """Look every credential up again: something about accounts, roles or tokens has changed."""
        self._cache.clear()
        self._generation += 1

    def _recall(self, key: _Key) -> Principal | None:
        found, now = self._cache.get(key), time.monotonic()
        if found is None or found.valid_until <= now:
            return None
        if found.fresh_until <= now:
            self._cache[key] = replace(found, fresh_until=found.valid_until)
            return None
        return found.principal

    def _remember(self, key: _Key, principal: Principal, asked_at: float, life: float) -> None:
        if len(self._cache) >= MOST_CACHED:
            self._cache.clear()
        self._cache[key] = _Remembered(principal, asked_at + life * _FRESH_SHARE, asked_at + life)

    async def _look_up(self, credential: str, key: _Key) -> tuple[Principal, float]:
        """The principal, and how many seconds the credential is still good for."""
        if credential.startswith(API_TOKEN_PREFIX):
            row = await self._find_api_token(*key)
            expires_at = row.expires_at.timestamp() if row and row.expires_at else math.inf
        else:
            row, expires_at = await self._find_session(credential, key[1])
        if row is None:
            raise NotAuthenticatedError
        return _principal(row), expires_at - time.time()

    async def _find_session(self, token: str, workspace_id: UUID | None) -> tuple[PrincipalRow | None, float]:
        try:
            claims = self._signer.check(token)
        except AccessTokenInvalidError as error:
            raise NotAuthenticatedError from error
        async with self._autocommit.connect() as connection:
            row = await principals.find_by_session(
                connection, user_id=claims.user_id, session_id=claims.session_id, workspace_id=workspace_id
            )
        return row, claims.expires_at

    async def _find_api_token(self, secret_hash: bytes, workspace_id: UUID | None) -> PrincipalRow | None:
        async with self._autocommit.connect() as connection:
            row = await principals.find_by_api_token(connection, secret_hash=secret_hash, workspace_id=workspace_id)
        if row is not None and row.is_touch_due:
            async with self._database.session() as session:
                await principals.touch_api_token(session, row.credential_id)
        return row


def _principal(row: PrincipalRow) -> Principal:
    scopes = frozenset(row.scopes) if row.scopes is not None else None
    is_superuser = row.is_superuser and row.bound_to is None and (scopes is None or covers(scopes, "admin"))
    role = Role(row.role) if row.role is not None else None
    if role is None and is_superuser:
        role = Role.OWNER  # of any workspace that they name
    if row.workspace_id is None or role is None or row.bound_to not in {None, row.workspace_id}:
        raise WorkspaceNotFoundError
    return Principal(
        user_id=row.user_id,
        email=row.email,
        is_superuser=is_superuser,
        workspace_id=row.workspace_id,
        role=role,
        scopes=scopes,
        via="jwt" if scopes is None else "api-token",
        credential_id=row.credential_id,
        bound_to=row.bound_to,
    )

"""From a bearer credential to a principal: one indexed query, remembered for a few seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from malha.db import Database
from malha.identity import repository
from malha.identity.errors import NotAuthenticatedError, WorkspaceNotFoundError
from malha.identity.repository import PrincipalRow
from malha.identity.rules import (
    API_TOKEN_PREFIX,
    AccessTokenInvalidError,
    AccessTokenSigner,
    Principal,
    Role,
    covers,
    hash_secret,
)
from malha.settings import SecuritySettings

CACHE_SECONDS = 5.0
MOST_CACHED = 10_000
_LONGEST_CREDENTIAL = 4_096


@dataclass(frozen=True, slots=True)
class _Remembered:
    principal: Principal
    until: float


class Authenticator:
    """Checks credentials for one process.

    A credential that was revoked, an account that was closed or a role that changed is honoured at once by the process
    that did it (`forget`) and within CACHE_SECONDS by the others.
    """

    def __init__(self, database: Database, security: SecuritySettings, *, cache_seconds: float = CACHE_SECONDS) -> None:
        self._database = database
        self._signer = AccessTokenSigner(security)
        self._cache_seconds = cache_seconds
        self._cache: dict[tuple[bytes, UUID | None], _Remembered] = {}

    async def authenticate(self, credential: str, workspace_id: UUID | None = None) -> Principal:
        """The principal of a JWT or an API token, in the named workspace or else in the user's own.

        Raises NotAuthenticatedError, or WorkspaceNotFoundError when the user is not a member of the workspace.
        """
        if len(credential) > _LONGEST_CREDENTIAL:
            raise NotAuthenticatedError
        key = (hash_secret(credential), workspace_id)
        remembered = self._cache.get(key)
        if remembered is not None and remembered.until > time.monotonic():
            return remembered.principal
        looked_up_at = time.monotonic()
        if credential.startswith(API_TOKEN_PREFIX):
            principal, life = await self._check_api_token(key[0], workspace_id)
        else:
            principal, life = await self._check_access_token(credential, workspace_id)
        self._remember(key, _Remembered(principal, looked_up_at + min(life, self._cache_seconds)))
        return principal

    def forget(self) -> None:
        """Look every credential up again: something about accounts, roles or tokens has changed."""
        self._cache.clear()

    def _remember(self, key: tuple[bytes, UUID | None], remembered: _Remembered) -> None:
        if len(self._cache) >= MOST_CACHED:
            self._cache.clear()
        self._cache[key] = remembered

    async def _check_access_token(self, token: str, workspace_id: UUID | None) -> tuple[Principal, float]:
        try:
            claims = self._signer.check(token)
        except AccessTokenInvalidError as error:
            raise NotAuthenticatedError from error
        async with self._database.read_session() as session:
            row = await repository.find_by_session(
                session, user_id=claims.user_id, session_id=claims.session_id, workspace_id=workspace_id
            )
        if row is None:
            raise NotAuthenticatedError
        return _principal(row), claims.expires_at - time.time()

    async def _check_api_token(self, secret_hash: bytes, workspace_id: UUID | None) -> tuple[Principal, float]:
        async with self._database.read_session() as session:
            row = await repository.find_by_api_token(session, secret_hash=secret_hash, workspace_id=workspace_id)
        if row is None:
            raise NotAuthenticatedError
        principal = _principal(row)
        if row.is_touch_due:
            async with self._database.session() as session:
                await repository.touch_api_token(session, row.credential_id)
                await session.commit()
        life = row.expires_at.timestamp() - time.time() if row.expires_at else self._cache_seconds
        return principal, life


def _principal(row: PrincipalRow) -> Principal:
    scopes = frozenset(row.scopes) if row.scopes is not None else None
    is_superuser = row.is_superuser and (scopes is None or covers(scopes, "admin"))
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

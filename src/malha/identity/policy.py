"""Who is asking, what they may do, and what they see: the dependencies of every route.

All are coroutines: FastAPI sends a plain function through a thread, which costs more than any of them does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Security
from fastapi.security import OAuth2PasswordBearer
from starlette.requests import HTTPConnection

from malha.errors import problem_responses
from malha.identity.errors import (
    NotAuthenticatedError,
    RoleInsufficientError,
    ScopeMissingError,
    ScopeUnknownError,
    WorkspaceNotFoundError,
)
from malha.identity.repository.visibility import visible_to
from malha.identity.rules.access import ADMIN, EVERYTHING, Role
from malha.identity.rules.principal import Principal
from malha.identity.service import AuditTrail, Authenticator, Origin, user_trail

__all__ = [
    "GUARDED",
    "AuditTrailDep",
    "AuthenticatorDep",
    "OriginDep",
    "Principal",
    "PrincipalDep",
    "Role",
    "admit",
    "current_principal",
    "forget_principals",
    "refuse_unknown_scopes",
    "require",
    "visible_to",
]

GUARDED = problem_responses(NotAuthenticatedError, ScopeMissingError, WorkspaceNotFoundError)
"""The `responses=` of a router whose routes ask who is calling."""

_MOST_USER_AGENT_CHARACTERS = 500
_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = OAuth2PasswordBearer(
    tokenUrl="/api/v1/login/access-token",
    refreshUrl="/api/v1/login/refresh",
    auto_error=False,
    description="An access token from a login, or an API token (`mlh_...`).",
)


async def get_authenticator(connection: HTTPConnection) -> Authenticator:
    """The application's authenticator."""
    return connection.app.state.authenticator


async def get_origin(connection: HTTPConnection) -> Origin:
    """Address and user agent of the request; behind a proxy, `--forwarded-allow-ips` decides whose word counts."""
    agent = connection.headers.get("user-agent")
    return Origin(
        client_ip=connection.client.host if connection.client else None,
        user_agent=agent.replace("\x00", "")[:_MOST_USER_AGENT_CHARACTERS] if agent else None,
    )


async def current_principal(
    connection: HTTPConnection,
    credential: Annotated[str | None, Security(_bearer)],
    x_workspace_id: Annotated[
        UUID | None, Header(description="The workspace to act in; by default the user's own.")
    ] = None,
) -> Principal:
    """The caller. Raises NotAuthenticatedError, or WorkspaceNotFoundError outside the caller's workspaces."""
    if credential is None:
        raise NotAuthenticatedError
    authenticator: Authenticator = connection.app.state.authenticator
    return await authenticator.authenticate(credential, x_workspace_id)


async def admit(connection: HTTPConnection) -> None:
    """Raise what `current_principal` would, from the headers alone: before anything else of the request is read."""
    credential = await _bearer(connection)  # type: ignore[arg-type] - it reads headers only
    named = connection.headers.get("x-workspace-id")
    try:
        workspace_id = UUID(named) if named else None
    except ValueError:
        workspace_id = None  # the route says what is wrong with it
    await current_principal(connection, credential, workspace_id)


AuthenticatorDep = Annotated[Authenticator, Depends(get_authenticator)]
OriginDep = Annotated[Origin, Depends(get_origin)]
PrincipalDep = Annotated[Principal, Depends(current_principal)]


_asked_for: set[str] = set()


def refuse_unknown_scopes(scopes: Iterable[str]) -> None:
    """Raise ScopeUnknownError for scopes of resources of which no route that is loaded asks for any."""
    resources = {scope.partition(":")[0] for scope in _asked_for} | {EVERYTHING, ADMIN}
    unknown = [scope for scope in scopes if scope.partition(":")[0] not in resources]
    if unknown:
        raise ScopeUnknownError(scopes=", ".join(unknown), resources=", ".join(sorted(resources)))


def require(*scopes: str, role: Role = Role.VIEWER) -> Callable[..., Awaitable[Principal]]:
    """A dependency that gives the principal only when credential and role allow every scope.

    `Annotated[Principal, Depends(require("audits:write"))]`. `role` asks for more than the scopes imply.
    """
    _asked_for.update(scopes)

    async def allowed_principal(principal: PrincipalDep) -> Principal:
        for scope in scopes:
            if not principal.can(scope):
                raise ScopeMissingError(scope)
        if not principal.role.includes(role):
            raise RoleInsufficientError(role=role.value)
        return principal

    return allowed_principal


async def get_audit_trail(connection: HTTPConnection, principal: PrincipalDep, origin: OriginDep) -> AuditTrail:
    """The hand that writes the caller's acts in their current workspace into the audit log."""
    security = connection.app.state.settings.security
    return user_trail(security, principal.user_id, workspace_id=principal.workspace_id, origin=origin)


AuditTrailDep = Annotated[AuditTrail, Depends(get_audit_trail)]


async def forget_principals(connection: HTTPConnection) -> AsyncIterator[None]:
    """For routers that change accounts, roles or credentials: have this process honour the change at once."""
    try:
        yield
    finally:
        if connection.scope.get("method") not in _READING_METHODS:
            connection.app.state.authenticator.forget()

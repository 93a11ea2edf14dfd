"""API tokens: made with no more rights than their maker's credential, shown once, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func

from malha.db import ReadSession, Session
from malha.identity.errors import ApiTokenNotFoundError, ScopeMissingError, WorkspaceNotFoundError
from malha.identity.models import ApiToken
from malha.identity.repository import api_tokens, workspaces
from malha.identity.rules.principal import Principal
from malha.identity.rules.secrets import hash_secret, new_api_token, shown_prefix
from malha.identity.service._audit_trail import Act, AuditTrail
from malha.kit.clock import utc_now
from malha.kit.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token to be. `workspace_id` None means every workspace of its user; `lifetime` None, until it is revoked."""

    name: str
    scopes: list[str]
    workspace_id: UUID | None = None
    lifetime: timedelta | None = None


async def create_my_token(
    session: Session, principal: Principal, new: NewToken, trail: AuditTrail
) -> tuple[ApiToken, str]:
    """A token of the caller's; raises ScopeMissingError for a scope that the caller's own credential lacks."""
    for scope in new.scopes:
        if not principal.may_grant(scope):
            raise ScopeMissingError(scope)
    if principal.bound_to is not None and new.workspace_id != principal.bound_to:
        raise WorkspaceNotFoundError
    if new.workspace_id is not None:
        role = await workspaces.find_role(session, new.workspace_id, principal.user_id)
        if role is None or await workspaces.find_workspace(session, new.workspace_id) is None:
            raise WorkspaceNotFoundError
    return await create_api_token(session, principal.user_id, new, trail)


async def create_api_token(session: Session, user_id: UUID, new: NewToken, trail: AuditTrail) -> tuple[ApiToken, str]:
    """A token of any user's, and its secret."""
    secret = new_api_token()
    token = ApiToken(
        id=new_id(),
        user_id=user_id,
        workspace_id=new.workspace_id,
        name=new.name,
        prefix=shown_prefix(secret),
        secret_hash=hash_secret(secret),
        scopes=sorted(set(new.scopes)),
        expires_at=utc_now() + new.lifetime if new.lifetime else None,
    )
    session.add(token)
    await session.flush()
    await session.refresh(token)
    state = {"name": token.name, "scopes": token.scopes, "user_id": user_id, "expires_at": token.expires_at}
    act = Act(entity_type="api_token", entity_id=token.id, action="API_TOKEN_CREATED", new_state=state)
    await trail.record(session, act)
    return token, secret


async def get_my_token(session: ReadSession, principal: Principal, token_id: UUID) -> ApiToken:
    """One of the caller's tokens, or ApiTokenNotFoundError."""
    token = await api_tokens.find_api_token(session, principal.user_id, token_id)
    if token is None:
        raise ApiTokenNotFoundError
    return token


async def revoke_api_token(session: Session, token: ApiToken, trail: AuditTrail) -> None:
    """Make a token worthless."""
    token.revoked_at = func.now()
    await session.flush()
    act = Act(entity_type="api_token", entity_id=token.id, action="API_TOKEN_REVOKED")
    await trail.record(session, act)

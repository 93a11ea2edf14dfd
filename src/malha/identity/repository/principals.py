"""The one query behind an authenticated request: credential, user, and membership in the workspace asked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from malha.db import ReadSession, Session
from malha.identity.models import ApiToken, LoginSession, User, Workspace, WorkspaceMember

LAST_USED_RESOLUTION = timedelta(minutes=1)

Column = ColumnElement[Any] | InstrumentedAttribute[Any]
Connection = AsyncConnection | ReadSession


class PrincipalRow(NamedTuple):
    """A valid credential. `workspace_id` is None without such a workspace, `role` without membership in it."""

    user_id: UUID
    email: str
    is_superuser: bool
    credential_id: UUID
    workspace_id: UUID | None
    role: str | None
    scopes: list[str] | None = None
    bound_to: UUID | None = None
    expires_at: datetime | None = None
    is_touch_due: bool = False


async def find_by_session(
    connection: Connection, *, user_id: UUID, session_id: UUID, workspace_id: UUID | None
) -> PrincipalRow | None:
    """The user of a login session that is still open."""
    statement = _BY_SESSION if workspace_id is None else _BY_SESSION_IN_WORKSPACE
    return await _find(connection, statement, user_id=user_id, session_id=session_id, workspace_id=workspace_id)


async def find_by_api_token(
    connection: Connection, *, secret_hash: bytes, workspace_id: UUID | None
) -> PrincipalRow | None:
    """The user of an API token that is valid now."""
    statement = _BY_API_TOKEN if workspace_id is None else _BY_API_TOKEN_IN_WORKSPACE
    return await _find(connection, statement, secret_hash=secret_hash, workspace_id=workspace_id)


async def touch_api_token(session: Session, token_id: UUID) -> None:
    """Note that the token was used just now; a crash of the database may lose the note."""
    await session.execute(select(func.set_config("synchronous_commit", "off", True)))  # noqa: FBT003 - until commit
    await session.execute(update(ApiToken).where(ApiToken.id == token_id, _touch_due()).values(last_used_at=func.now()))


async def _find(connection: Connection, statement: Select[Any], **parameters: Any) -> PrincipalRow | None:
    row = (await connection.execute(statement, parameters)).one_or_none()
    return PrincipalRow(*row) if row is not None else None


def _touch_due() -> ColumnElement[bool]:
    return or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < func.now() - LAST_USED_RESOLUTION)


def _in_named_workspace(credential: type[ApiToken | LoginSession], *more: Column) -> Select[Any]:
    named = and_(Workspace.id == bindparam("workspace_id"), Workspace.deleted_at.is_(None))
    membership = and_(WorkspaceMember.workspace_id == Workspace.id, WorkspaceMember.user_id == User.id)
    return (
        select(User.id, User.email, User.is_superuser, credential.id, Workspace.id, WorkspaceMember.role, *more)
        .select_from(credential)
        .join(User, User.id == credential.user_id)
        .outerjoin(Workspace, named)
        .outerjoin(WorkspaceMember, membership)
        .where(User.is_active)
    )


def _in_home_workspace(
    credential: type[ApiToken | LoginSession], *more: Column, only: ColumnElement[bool]
) -> Select[Any]:
    home = (
        select(WorkspaceMember.workspace_id, WorkspaceMember.role)
        .join(Workspace, and_(Workspace.id == WorkspaceMember.workspace_id, Workspace.deleted_at.is_(None)))
        .where(WorkspaceMember.user_id == User.id, only)
        .order_by(WorkspaceMember.workspace_id.is_distinct_from(User.default_workspace_id), WorkspaceMember.created_at)
        .limit(1)
        .correlate(User, ApiToken)
        .lateral("home")
    )
    return (
        select(User.id, User.email, User.is_superuser, credential.id, home.c.workspace_id, home.c.role, *more)
        .select_from(credential)
        .join(User, User.id == credential.user_id)
        .outerjoin(home, true())
        .where(User.is_active)
    )


def _of_open_session(statement: Select[Any]) -> Select[Any]:
    return statement.where(
        LoginSession.id == bindparam("session_id"),
        LoginSession.user_id == bindparam("user_id"),
        LoginSession.revoked_at.is_(None),
    )


def _of_valid_token(statement: Select[Any]) -> Select[Any]:
    return statement.where(
        ApiToken.secret_hash == bindparam("secret_hash"),
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > func.now()),
    )


_TOKEN_COLUMNS = (ApiToken.scopes, ApiToken.workspace_id, ApiToken.expires_at, _touch_due())
_BOUND_HERE = or_(ApiToken.workspace_id.is_(None), ApiToken.workspace_id == WorkspaceMember.workspace_id)

_BY_SESSION = _of_open_session(_in_home_workspace(LoginSession, only=true()))
_BY_SESSION_IN_WORKSPACE = _of_open_session(_in_named_workspace(LoginSession))
_BY_API_TOKEN = _of_valid_token(_in_home_workspace(ApiToken, *_TOKEN_COLUMNS, only=_BOUND_HERE))
_BY_API_TOKEN_IN_WORKSPACE = _of_valid_token(_in_named_workspace(ApiToken, *_TOKEN_COLUMNS))

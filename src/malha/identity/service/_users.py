"""Accounts: made, changed and removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from malha.db import ReadSession, Session
from malha.identity.errors import (
    LastSuperuserError,
    PasswordWeakError,
    UserEmailTakenError,
    UserNotFoundError,
    VersionConflictError,
    WorkspaceNotFoundError,
)
from malha.identity.models import User
from malha.identity.repository import sessions, users, workspaces
from malha.identity.rules.passwords import is_weak
from malha.identity.service._audit_check import ensure_seal
from malha.identity.service._audit_trail import Act, AuditTrail, Origin, system_trail
from malha.identity.service._hashing import passwords
from malha.identity.service._membership import leave_all_workspaces
from malha.identity.service._workspaces import DEFAULT_WORKSPACE_NAME, add_workspace
from malha.kit.ids import new_id
from malha.settings import SecuritySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """An account to be; `email` is normalised, `hashed_password` comes from `hash_password`."""

    email: str
    hashed_password: str
    full_name: str = ""
    is_superuser: bool = False


async def hash_password(password: str, *, email: str) -> str:
    """The hash to store, outside any transaction; raises PasswordWeakError."""
    if is_weak(password, email=email):
        raise PasswordWeakError
    return await passwords.hash(password)


async def create_user(session: Session, new: NewUser, trail: AuditTrail) -> User:
    """An account with a workspace of its own; raises UserEmailTakenError, with the transaction still usable."""
    await ensure_seal(session, trail.keyring)  # the first account is an installation's first act
    user = User(
        id=new_id(),
        email=new.email,
        full_name=new.full_name,
        hashed_password=new.hashed_password,
        is_superuser=new.is_superuser,
    )
    try:
        async with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise UserEmailTakenError from error
    workspace = await add_workspace(session, owner_id=user.id, name=DEFAULT_WORKSPACE_NAME, trail=trail)
    user.default_workspace_id = workspace.id
    await session.flush()
    await session.refresh(user)
    await trail.record(session, _act(user, "USER_CREATED", new_state=_state(user)))
    return user


async def sign_up(session: Session, security: SecuritySettings, new: NewUser, origin: Origin) -> None:
    """An account by its own user; does nothing, and says nothing, when the address is taken."""
    try:
        await create_user(session, new, system_trail(security, origin=origin))
    except UserEmailTakenError:
        return


async def get_user(session: ReadSession, user_id: UUID) -> User:
    """The account, or UserNotFoundError."""
    user = await users.find_user(session, user_id)
    if user is None:
        raise UserNotFoundError
    return user


async def update_user(
    session: Session, user: User, changes: dict[str, Any], trail: AuditTrail, *, expected_version: int | None = None
) -> None:
    """Change columns of an account; `hashed_password` among them, or `is_active` false, ends its sessions."""
    if expected_version is not None and user.version != expected_version:
        raise VersionConflictError
    if user.is_superuser and (changes.get("is_superuser") is False or changes.get("is_active") is False):
        await _keep_a_superuser(session, user.id)
    before = _state(user)
    try:
        async with session.begin_nested():
            for name, value in changes.items():
                setattr(user, name, value)
    except IntegrityError as error:
        raise UserEmailTakenError from error
    except StaleDataError as error:
        raise VersionConflictError from error
    if "hashed_password" in changes or changes.get("is_active") is False:
        await sessions.revoke_sessions_of(session, user.id, reason="account changed")
    action = "PASSWORD_RESET" if "hashed_password" in changes else "USER_UPDATED"
    await trail.record(session, _act(user, action, previous_state=before, new_state=_state(user)))


async def update_me(session: Session, user: User, changes: dict[str, Any], trail: AuditTrail) -> None:
    """What people change about themselves; a default workspace must be one of their own."""
    workspace_id = changes.get("default_workspace_id")
    if workspace_id is not None and await workspaces.find_role(session, workspace_id, user.id) is None:
        raise WorkspaceNotFoundError
    await update_user(session, user, changes, trail)


async def change_password(
    session: Session, user_id: UUID, hashed_password: str, trail: AuditTrail, *, kept_session: UUID | None
) -> None:
    """Store a new hash and end the user's other sessions."""
    await users.set_password_hash(session, user_id, hashed_password)
    await sessions.revoke_sessions_of(session, user_id, reason="password changed", but=kept_session)
    await trail.record(session, Act(entity_type="user", entity_id=user_id, action="PASSWORD_CHANGED"))


async def delete_user(session: Session, user: User, trail: AuditTrail) -> None:
    """Remove an account, its credentials, and the workspaces that nobody else is a member of.

    Raises LastSuperuserError, or LastOwnerError while a workspace with other members has no other owner.
    """
    if user.is_superuser:
        await _keep_a_superuser(session, user.id)
    await leave_all_workspaces(session, user.id, trail)
    await trail.record(session, _act(user, "USER_DELETED", previous_state=_state(user)))
    await session.delete(user)
    await session.flush()


async def _keep_a_superuser(session: Session, user_id: UUID) -> None:
    remaining = set(await users.lock_active_superusers(session)) - {user_id}
    if not remaining:
        raise LastSuperuserError


def _act(user: User, action: str, **states: dict[str, Any]) -> Act:
    return Act(entity_type="user", entity_id=user.id, action=action, **states)


def _state(user: User) -> dict[str, Any]:
    return {"email": user.email, "is_active": user.is_active, "is_superuser": user.is_superuser}

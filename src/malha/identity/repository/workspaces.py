"""Workspaces, their members and invitations."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, delete, func, select, update

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.models import ApiToken, User, Workspace, WorkspaceInvitation, WorkspaceMember
from malha.identity.rules.access import Role

_NEWEST = Order(Workspace.created_at, Workspace.id, is_descending=True)
_NEWEST_INVITATIONS = Order(WorkspaceInvitation.created_at, WorkspaceInvitation.id, is_descending=True)


class Member(NamedTuple):
    """A member with the account's address."""

    user_id: UUID
    email: str
    full_name: str
    role: str


async def find_workspace(session: ReadSession, workspace_id: UUID) -> Workspace | None:
    """The workspace, unless it was deleted."""
    query = select(Workspace).where(Workspace.id == workspace_id, Workspace.deleted_at.is_(None))
    return (await session.execute(query)).scalar_one_or_none()


async def find_role(session: ReadSession, workspace_id: UUID, user_id: UUID) -> Role | None:
    """What the user is in the workspace."""
    query = select(WorkspaceMember.role).where(
        WorkspaceMember.workspace_id == workspace_id, WorkspaceMember.user_id == user_id
    )
    role = await session.scalar(query)
    return Role(role) if role is not None else None


async def list_workspaces(session: ReadSession, user_id: UUID, window: Window, *, only: UUID | None) -> Page[Workspace]:
    """The workspaces that the user is a member of, newest first; `only` one of them if given."""
    membership = and_(WorkspaceMember.workspace_id == Workspace.id, WorkspaceMember.user_id == user_id)
    query = select(Workspace).join(WorkspaceMember, membership).where(Workspace.deleted_at.is_(None))
    if only is not None:
        query = query.where(Workspace.id == only)
    return await fetch_page(session, query, _NEWEST, window)


async def find_oldest_workspace(session: ReadSession, user_id: UUID) -> Workspace | None:
    """The workspace that the user has been a member of for the longest."""
    query = (
        select(Workspace)
        .join(WorkspaceMember, WorkspaceMember.workspace_id == Workspace.id)
        .where(WorkspaceMember.user_id == user_id, Workspace.deleted_at.is_(None))
        .order_by(WorkspaceMember.created_at, Workspace.id)
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def list_members(session: ReadSession, workspace_id: UUID) -> list[Member]:
    """Every member, by address."""
    query = (
        select(User.id, User.email, User.full_name, WorkspaceMember.role)
        .join(WorkspaceMember, WorkspaceMember.user_id == User.id)
        .where(WorkspaceMember.workspace_id == workspace_id)
        .order_by(User.email)
    )
    return [Member(*row) for row in await session.execute(query)]


async def lock_members(session: Session, workspace_id: UUID) -> dict[UUID, Role]:
    """Roles by user, which nobody can change before this transaction ends."""
    await session.execute(select(Workspace.id).where(Workspace.id == workspace_id).with_for_update())
    query = select(WorkspaceMember.user_id, WorkspaceMember.role).where(WorkspaceMember.workspace_id == workspace_id)
    return {user_id: Role(role) for user_id, role in await session.execute(query)}


async def workspaces_of(session: ReadSession, user_id: UUID) -> list[UUID]:
    """Ids of the workspaces that the user is a member of, in the order of their locking."""
    query = (
        select(Workspace.id)
        .join(WorkspaceMember, WorkspaceMember.workspace_id == Workspace.id)
        .where(WorkspaceMember.user_id == user_id, Workspace.deleted_at.is_(None))
        .order_by(Workspace.id)
    )
    return list((await session.execute(query)).scalars())


async def set_role(session: Session, workspace_id: UUID, user_id: UUID, role: Role) -> None:
    """Change what a member is."""
    await session.execute(
        update(WorkspaceMember)
        .where(WorkspaceMember.workspace_id == workspace_id, WorkspaceMember.user_id == user_id)
        .values(role=role)
    )


async def remove_member(session: Session, workspace_id: UUID, user_id: UUID) -> None:
    """End a membership, with the API tokens that the user made for the workspace."""
    await session.execute(
        delete(WorkspaceMember).where(WorkspaceMember.workspace_id == workspace_id, WorkspaceMember.user_id == user_id)
    )
    await session.execute(
        update(ApiToken)
        .where(ApiToken.workspace_id == workspace_id, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


async def mark_deleted(session: Session, workspace_id: UUID) -> None:
    """Take a workspace out of everybody's sight."""
    await session.execute(update(Workspace).where(Workspace.id == workspace_id).values(deleted_at=func.now()))


async def list_invitations(session: ReadSession, workspace_id: UUID, window: Window) -> Page[WorkspaceInvitation]:
    """Invitations that can still be accepted, newest first."""
    query = select(WorkspaceInvitation).where(
        WorkspaceInvitation.workspace_id == workspace_id,
        WorkspaceInvitation.accepted_at.is_(None),
        WorkspaceInvitation.expires_at > func.now(),
    )
    return await fetch_page(session, query, _NEWEST_INVITATIONS, window)


async def delete_invitation(session: Session, workspace_id: UUID, invitation_id: UUID) -> str | None:
    """Withdraw an invitation that was not accepted; its address, or None when there is no such."""
    statement = (
        delete(WorkspaceInvitation)
        .where(
            WorkspaceInvitation.id == invitation_id,
            WorkspaceInvitation.workspace_id == workspace_id,
            WorkspaceInvitation.accepted_at.is_(None),
        )
        .returning(WorkspaceInvitation.email)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def use_invitation(session: Session, secret_hash: bytes, email: str) -> tuple[UUID, Role] | None:
    """Accept an invitation that was meant for the address: its workspace and role."""
    statement = (
        update(WorkspaceInvitation)
        .where(
            WorkspaceInvitation.secret_hash == secret_hash,
            WorkspaceInvitation.email == email,
            WorkspaceInvitation.accepted_at.is_(None),
            WorkspaceInvitation.expires_at > func.now(),
            Workspace.id == WorkspaceInvitation.workspace_id,
            Workspace.deleted_at.is_(None),
        )
        .values(accepted_at=func.now())
        .returning(WorkspaceInvitation.workspace_id, WorkspaceInvitation.role)
    )
    row = (await session.execute(statement)).one_or_none()
    return (row[0], Role(row[1])) if row is not None else None

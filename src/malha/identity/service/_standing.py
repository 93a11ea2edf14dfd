"""Who somebody is in a workspace by now: for work that outlives the request that asked for it."""

from __future__ import annotations

from uuid import UUID

from malha.db import ReadSession
from malha.identity.repository import users, workspaces
from malha.identity.rules.access import Role
from malha.identity.rules.principal import Principal


async def find_principal(session: ReadSession, *, user_id: UUID, workspace_id: UUID, job_id: UUID) -> Principal | None:
    """The user with the role that they hold now; None once they, the workspace or the membership are gone."""
    user = await users.find_user(session, user_id)
    if user is None or not user.is_active or await workspaces.find_workspace(session, workspace_id) is None:
        return None
    role = await workspaces.find_role(session, workspace_id, user_id)
    if role is None and user.is_superuser:
        role = Role.OWNER  # of any workspace that they name
    if role is None:
        return None
    return Principal(
        user_id=user.id,
        email=user.email,
        is_superuser=user.is_superuser,
        workspace_id=workspace_id,
        role=role,
        scopes=None,
        via="job",
        credential_id=job_id,
    )

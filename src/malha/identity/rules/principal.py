"""Who is acting, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from malha.identity.rules.access import ADMIN, Role, covers

# What these name belongs to the account, so the role in the current workspace does not limit it.
ACCOUNT_RESOURCES = frozenset({"account", "tokens", "workspaces"})

Via = Literal["jwt", "api-token", "job", "operator"]
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated user in their current workspace.

    `scopes` is None for a login, which may do all that its user may, and the token's scopes for an API token.
    `credential_id` is the id of the login session, the API token or the job that goes on for its user. `bound_to` is
    the workspace of a token made for one.
    """

    user_id: UUID
    email: str
    is_superuser: bool
    workspace_id: UUID
    role: Role
    scopes: frozenset[str] | None
    via: Via
    credential_id: UUID
    bound_to: UUID | None = None

    @classmethod
    def operator(cls) -> Principal:
        """Whoever runs the command line beside the database: sees every workspace, and never comes over the network."""
        return cls(
            user_id=_NOBODY,
            email="",
            is_superuser=True,
            workspace_id=_NOBODY,
            role=Role.OWNER,
            scopes=None,
            via="operator",
            credential_id=_NOBODY,
        )

    @property
    def idempotency_scope(self) -> UUID:
        """Whose idempotency keys are the caller's: their own in this workspace, whichever credential they come with."""
        return uuid5(self.workspace_id, str(self.user_id))

    def can(self, scope: str, *, role: Role | None = None) -> bool:
        """Whether both the credential and the role (in the current workspace unless given) allow the scope."""
        if self.scopes is not None and not covers(self.scopes, scope):
            return False
        if scope == ADMIN:
            return self.is_superuser
        if scope.partition(":")[0] in ACCOUNT_RESOURCES:
            return True
        return covers((role or self.role).scopes, scope)

    def may_grant(self, scope: str) -> bool:
        """Whether the credential may pass the scope on to a new API token."""
        return self.scopes is None or covers(self.scopes, scope)

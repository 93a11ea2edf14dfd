"""Who is acting, and what of a tenant's tables they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar
from uuid import UUID, uuid5

from sqlalchemy import Select, select
from sqlalchemy.orm import Mapped

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


class TenantRow(Protocol):
    """A mapped class whose rows belong to a workspace."""

    workspace_id: Mapped[Any]


Row = TypeVar("Row", bound=TenantRow)


def visible_to(principal: Principal, model: type[Row]) -> Select[Row]:
    """The rows of a tenant table in the principal's current workspace: where every query of a repository starts.

    Holds for superusers too: they look into another workspace by naming it in `X-Workspace-Id`.
    """
    if principal.via == "operator":
        return select(model)
    return select(model).where(model.workspace_id == principal.workspace_id)

"""What of a tenant's tables a principal sees."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Mapped

from malha.identity.rules.principal import Principal


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

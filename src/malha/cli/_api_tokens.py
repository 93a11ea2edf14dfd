"""What `malha token` does in the database."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table

from malha.cli._identity import find_user, in_database, refuse
from malha.db import Session
from malha.db.paging import Window
from malha.identity import service
from malha.identity.errors import ScopeUnknownError
from malha.identity.models import ApiToken
from malha.identity.policy import refuse_unknown_scopes
from malha.identity.repository import api_tokens, workspaces
from malha.identity.rules.access import is_scope
from malha.identity.service import AuditTrail, NewToken
from malha.slices import load_routers

console = Console()


def create(user: str, *, name: str, scopes: list[str], workspace_id: UUID | None, days: int | None) -> None:
    """Print the secret of a new token."""
    if wrong := [each for each in scopes if not is_scope(each)]:
        refuse(f"not a scope: {', '.join(wrong)}")
    _check_resources(scopes)

    async def work(session: Session, trail: AuditTrail) -> str:
        owner = await find_user(session, user)
        if workspace_id is not None and await workspaces.find_role(session, workspace_id, owner.id) is None:
            refuse(f"{owner.email} is not a member of workspace {workspace_id}")
        lifetime = timedelta(days=days) if days else None
        new = NewToken(name=name, scopes=scopes, workspace_id=workspace_id, lifetime=lifetime)
        _, secret = await service.create_api_token(session, owner.id, new, trail)
        return secret

    typer.echo(in_database(work))


def _check_resources(scopes: list[str]) -> None:
    # The routes know what there is to ask for; loading them for anything else would cost every command a second.
    from malha.identity import routes as _identity_routes  # noqa: F401 - loading registers what they ask for
    from malha.jobs import routes as _job_routes  # noqa: F401 - loading registers what they ask for

    load_routers()
    try:
        refuse_unknown_scopes(scopes)
    except ScopeUnknownError as error:
        refuse(error.message("en"))


def list_all(user: str) -> None:
    """Print a table of an account's tokens."""

    async def work(session: Session, _trail: AuditTrail) -> Table:
        columns = ("name", "scopes", "workspace", "created", "expires", "last used")
        table = Table(Column("prefix", no_wrap=True), *columns)
        owner = await find_user(session, user)
        tokens = await api_tokens.list_api_tokens(session, owner.id, Window(1_000))
        for each in tokens.items:
            instants = (each.created_at, each.expires_at, each.last_used_at)
            times = [instant.isoformat(timespec="seconds") if instant else "" for instant in instants]
            table.add_row(each.prefix, each.name, " ".join(each.scopes), str(each.workspace_id or ""), *times)
        return table

    console.print(in_database(work))


def revoke(beginning: str) -> None:
    """Revoke the one token that begins so."""

    async def work(session: Session, trail: AuditTrail) -> ApiToken:
        found = await api_tokens.find_api_tokens_like(session, beginning)
        if len(found) != 1:
            refuse(f"{len(found) or 'no'} tokens begin with {beginning}")
        await service.revoke_api_token(session, found[0], trail)
        return found[0]

    revoked = in_database(work)
    typer.echo(f"Revoked {revoked.prefix}... ({revoked.name})")

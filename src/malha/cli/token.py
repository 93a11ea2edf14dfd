"""`malha token`: this machine's API token, and everybody's."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from malha.embedded.home import default_home

token = typer.Typer(help="API tokens. Alone, prints the token that `malha up` keeps for this machine.")

Owner = Annotated[str, typer.Option("--user", help="The e-mail of the account that the token acts for.")]


def register(app: typer.Typer) -> None:
    """Add `malha token`."""
    app.add_typer(token, name="token")


@token.callback(invoke_without_command=True)
def print_by_default(context: typer.Context) -> None:
    """Print this machine's token where no command is named: `curl -H "Authorization: Bearer $(malha token)" ...`."""
    if context.invoked_subcommand is None:
        show()


@token.command()
def show() -> None:
    """Print this machine's token."""
    path = default_home() / "token"
    try:
        typer.echo(path.read_text("ascii").strip())
    except FileNotFoundError as error:
        typer.echo(
            f"{path} is not there: `malha up` makes it; `malha token create --user E-MAIL` prints another.", err=True
        )
        raise typer.Exit(1) from error


@token.command()
def create(
    user: Owner,
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    scope: Annotated[list[str] | None, typer.Option(help="Such as audits:write or *:read; may be repeated.")] = None,
    workspace: Annotated[UUID | None, typer.Option(help="Work in this workspace only.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Expire after so many days.")] = None,
) -> None:
    """Make a token and print it, this once. Without a scope it may do all that its user may."""
    # Imported here: `malha token` must not wait for the database stack.
    from malha.cli import _api_tokens

    _api_tokens.create(user, name=name, scopes=scope or ["*"], workspace_id=workspace, days=days)


@token.command("list")
def list_tokens(user: Owner) -> None:
    """An account's tokens, newest first, without their secrets."""
    # Imported here: `malha token` must not wait for the database stack.
    from malha.cli import _api_tokens

    _api_tokens.list_all(user)


@token.command()
def revoke(beginning: Annotated[str, typer.Argument(metavar="TOKEN", help="Its prefix as listed, or its id.")]) -> None:
    """Make a token worthless."""
    # Imported here: `malha token` must not wait for the database stack.
    from malha.cli import _api_tokens

    _api_tokens.revoke(beginning)

"""`malha user`: accounts, made and changed beside the database."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from malha.cli._identity import Work, find_user, in_database, refuse
from malha.db import Session
from malha.db.paging import Window
from malha.errors import MalhaError
from malha.identity import service
from malha.identity.repository import users as kept_users
from malha.identity.rules.addresses import EmailInvalidError, normalise_email
from malha.identity.service import AuditTrail, NewUser

user = typer.Typer(no_args_is_help=True, help="Accounts: create, list, set a password, close and open again.")
console = Console()

Email = Annotated[str, typer.Argument(help="The account's e-mail.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def register(app: typer.Typer) -> None:
    """Add `malha user`."""
    app.add_typer(user, name="user")


@user.command()
def create(
    email: Email,
    name: Annotated[str, typer.Option(help="Full name.")] = "",
    *,
    superuser: Annotated[bool, typer.Option("--superuser", help="May administer the platform.")] = False,
    password_stdin: FromStdin = False,
) -> None:
    """Create an account with a workspace of its own."""
    try:
        address = normalise_email(email)
    except EmailInvalidError as error:
        refuse(f"{email!r} is not an e-mail address", error)
    password = _read_password(from_stdin=password_stdin)

    async def work(session: Session, trail: AuditTrail) -> None:
        hashed = await service.hash_password(password, email=address)
        new = NewUser(email=address, hashed_password=hashed, full_name=name, is_superuser=superuser)
        await service.create_user(session, new, trail)

    _run(work)
    typer.echo(f"Created {address}")


@user.command("list")
def list_users(
    search: Annotated[str | None, typer.Option(help="Part of the e-mail or the name.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
) -> None:
    """Accounts, newest first."""

    async def work(session: Session, _trail: AuditTrail) -> Table:
        table = Table(Column("e-mail", no_wrap=True), "name", "active", "superuser", "created", "last login")
        users = await kept_users.list_users(session, Window(limit), search=search)
        for each in users.items:
            seen = each.last_login_at.isoformat(timespec="seconds") if each.last_login_at else ""
            made = each.created_at.isoformat(timespec="seconds")
            table.add_row(
                each.email, each.full_name, _yes(is_so=each.is_active), _yes(is_so=each.is_superuser), made, seen
            )
        return table

    console.print(in_database(work))


@user.command("set-password")
def set_password(email: Email, *, password_stdin: FromStdin = False) -> None:
    """Give an account another password; its login sessions end."""
    password = _read_password(from_stdin=password_stdin)

    async def work(session: Session, trail: AuditTrail) -> None:
        found = await find_user(session, email)
        hashed = await service.hash_password(password, email=found.email)
        await service.update_user(session, found, {"hashed_password": hashed}, trail)

    _run(work)
    typer.echo(f"Changed the password of {email}")


@user.command()
def deactivate(email: Email) -> None:
    """Close an account: nobody can log in to it, and its sessions and tokens stop working."""
    _set_active(email, is_active=False)


@user.command()
def activate(email: Email) -> None:
    """Open a closed account again."""
    _set_active(email, is_active=True)


def _set_active(email: str, *, is_active: bool) -> None:
    async def work(session: Session, trail: AuditTrail) -> None:
        await service.update_user(session, await find_user(session, email), {"is_active": is_active}, trail)

    _run(work)
    typer.echo(f"{'Opened' if is_active else 'Closed'} {email}")


def _run(work: Work[None]) -> None:
    try:
        in_database(work)
    except MalhaError as error:
        refuse(error.message("en"), error)


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True)


def _yes(*, is_so: bool) -> str:
    return "yes" if is_so else ""

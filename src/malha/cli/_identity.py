"""What the commands about accounts and tokens share: a transaction, and an account by its address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import typer

from malha.cli._environment import load_settings
from malha.db import Database, Session
from malha.identity.models import User
from malha.identity.repository import users
from malha.identity.rules.addresses import EmailInvalidError, normalise_email
from malha.identity.service import AuditTrail, system_trail

Result = TypeVar("Result")
Work = Callable[[Session, AuditTrail], Awaitable[Result]]


def in_database(work: Work[Result]) -> Result:
    """Run the work in one transaction, with the trail that the command line leaves in the audit log."""
    settings = load_settings()

    async def run() -> Result:
        database = Database(settings.database, application_name="malha cli")
        try:
            async with database.session() as session:
                return await work(session, system_trail(settings.security))
        finally:
            await database.dispose()

    return asyncio.run(run())


async def find_user(session: Session, email: str) -> User:
    """The account, or an error message and exit 1."""
    try:
        user = await users.find_user_by_email(session, normalise_email(email))
    except EmailInvalidError as error:
        refuse(f"{email!r} is not an e-mail address", error)
    if user is None:
        refuse(f"there is no account {email}")
    return user


def refuse(message: str, cause: Exception | None = None) -> NoReturn:
    """Say why not, and exit 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1) from cause

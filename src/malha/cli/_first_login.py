"""What `malha up` prepares so that its user is in at once: schema, superuser, a token for the CLI, a login link."""

from __future__ import annotations

import asyncio
from pathlib import Path

from malha.db import Database, migrate
from malha.identity import repository, service
from malha.identity.service import FirstSuperuser
from malha.settings import Settings


def prepare_database(settings: Settings, home: Path) -> FirstSuperuser | None:
    """Migrates, and makes sure of a superuser and of the CLI's token in `home`; the superuser if it was made now."""
    migrate.upgrade(settings.database.url)
    return asyncio.run(_prepare_identity(settings, home))


def create_login_url(settings: Settings, base_url: str) -> str:
    """The console's address, with a secret that logs the first superuser in once where there is one."""
    secret = asyncio.run(_create_secret(settings))
    # In the fragment, which browsers keep to themselves: it is in no log and in no Referer header.
    return f"{base_url}/#login={secret}" if secret else base_url


async def _prepare_identity(settings: Settings, home: Path) -> FirstSuperuser | None:
    database = Database(settings.database, application_name="malha up")
    try:
        async with database.session() as session:
            made = await service.ensure_first_superuser(session, settings)
            await session.commit()
            if await repository.lock_active_superusers(session):
                await service.ensure_local_token(session, settings.security, home)
            await session.commit()
            return made
    finally:
        await database.dispose()


async def _create_secret(settings: Settings) -> str | None:
    database = Database(settings.database, application_name="malha up")
    try:
        async with database.session() as session:
            superusers = await repository.lock_active_superusers(session)
            secret = await service.create_one_time_login(session, superusers[0]) if superusers else None
            await session.commit()
            return secret
    finally:
        await database.dispose()

"""What `malha up` prepares so that its user is in at once: schema, superuser, a token for the CLI, a login link."""

from __future__ import annotations

from pathlib import Path

from malha.cli._identity import in_database
from malha.db import Session, migrate
from malha.identity import service
from malha.identity.repository import users
from malha.identity.service import AuditTrail, FirstSuperuser
from malha.settings import Settings


def prepare_database(settings: Settings, home: Path) -> FirstSuperuser | None:
    """Migrates, and makes sure of a superuser and of the CLI's token in `home`; the superuser if it was made now."""
    migrate.upgrade(settings.database.url)

    async def prepare(session: Session, _trail: AuditTrail) -> FirstSuperuser | None:
        made = await service.ensure_first_superuser(session, settings)
        if await users.lock_active_superusers(session):
            await service.ensure_local_token(session, settings.security, home)
        return made

    return in_database(prepare)


def create_login_url(base_url: str) -> str:
    """The console's address, with a secret that logs the first superuser in once where there is one."""

    async def create(session: Session, _trail: AuditTrail) -> str | None:
        superusers = await users.lock_active_superusers(session)
        return await service.create_one_time_login(session, superusers[0]) if superusers else None

    secret = in_database(create)
    # In the fragment, which browsers keep to themselves: it is in no log and in no Referer header.
    return f"{base_url}/#login={secret}" if secret else base_url

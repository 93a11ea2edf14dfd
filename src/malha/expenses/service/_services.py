"""The table of services and activities: the platform's, with each workspace's own lists over it."""

from __future__ import annotations

from uuid import UUID

from malha.db import ReadSession, Session
from malha.expenses import repository
from malha.expenses.errors import ActivityInvalidError
from malha.expenses.rules.services import SERVICE_ACTIVITIES, normalize_service
from malha.expenses.schemas import ServiceRead
from malha.fiscal.tables import cnae


async def activities_of(session: ReadSession, workspace_id: UUID) -> dict[str, list[str]]:
    """Activities by service as this workspace sees them."""
    own = await repository.list_own_services(session, workspace_id)
    return {service: list(cnaes) for service, cnaes in SERVICE_ACTIVITIES.items()} | own


async def list_services(session: ReadSession, workspace_id: UUID) -> list[ServiceRead]:
    """The whole table by name."""
    own = await repository.list_own_services(session, workspace_id)
    table = await activities_of(session, workspace_id)
    return [ServiceRead(service=name, cnaes=table[name], is_own=name in own) for name in sorted(table)]


async def write_service(session: Session, workspace_id: UUID, service: str, cnaes: list[str]) -> ServiceRead:
    """Replace the list for a service; raises ActivityInvalidError. The caller commits."""
    codes = [_code(text) for text in cnaes]
    name = normalize_service(service)
    await repository.save_service(session, workspace_id, name, codes)
    return ServiceRead(service=name, cnaes=codes, is_own=True)


async def reset_service(session: Session, workspace_id: UUID, service: str) -> None:
    """Back to the platform's list, which may be none. The caller commits."""
    await repository.delete_service(session, workspace_id, normalize_service(service))


def _code(text: str) -> str:
    code = "".join(character for character in text if character.isdigit())
    if len(code) not in {5, 7} or not cnae.is_known(code):
        raise ActivityInvalidError(cnae=text)
    return code

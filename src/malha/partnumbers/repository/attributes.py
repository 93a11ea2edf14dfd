"""Attributes by NCM: public, and the same for every workspace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import delete, select

from malha.db import ReadSession, Session
from malha.db.bulk import copy_rows
from malha.partnumbers.models import AttributeImport, NcmAttribute, NcmAttributeLink

LEVELS = (2, 4, 5, 6, 7, 8)


async def replace_all(
    session: Session,
    attributes: Iterable[Mapping[str, Any]],
    links: Iterable[Mapping[str, Any]],
    about: AttributeImport,
) -> None:
    """Put a new list in the place of the one before, in the caller's transaction."""
    await session.execute(delete(NcmAttributeLink))
    await session.execute(delete(NcmAttribute))
    await copy_rows(session, NcmAttribute, (dict(row) for row in attributes))
    await copy_rows(session, NcmAttributeLink, (dict(row) for row in links))
    session.add(about)


async def list_links(
    session: ReadSession, ncms: Collection[str], modalities: Collection[str]
) -> list[NcmAttributeLink]:
    """What codes ask, and what the levels above them ask of all below."""
    wanted = {ncm[:size] for ncm in ncms for size in LEVELS if size <= len(ncm)}
    query = select(NcmAttributeLink).where(NcmAttributeLink.ncm.in_(wanted), NcmAttributeLink.modality.in_(modalities))
    return list(await session.scalars(query.order_by(NcmAttributeLink.ncm, NcmAttributeLink.attribute)))


async def list_definitions(session: ReadSession, codes: Collection[str]) -> dict[str, dict[str, Any]]:
    """Attributes by their codes."""
    query = select(NcmAttribute).where(NcmAttribute.code.in_(codes))
    return {attribute.code: attribute.definition for attribute in await session.scalars(query)}


async def find_last_import(session: ReadSession) -> AttributeImport | None:
    """The file whose list holds."""
    query = select(AttributeImport).order_by(AttributeImport.imported_at.desc(), AttributeImport.id.desc()).limit(1)
    return (await session.execute(query)).scalar_one_or_none()

"""Public contracting in OCDS, as lists that can be exported: releases, records, and flat sheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog
from pydantic import Field

from malha.db import Database, ReadSession
from malha.db.paging import Page, Window, walk_pages
from malha.exports.service import Column, ExportList, Kind, Pages, register
from malha.identity.policy import Principal
from malha.procurement.errors import SearchTextCommonError
from malha.procurement.repository import publishing, watching
from malha.procurement.rules.ocds import UNREGISTERED_PREFIX, Process, current_release, record_of, releases_of
from malha.procurement.rules.ocds_sheets import SHEETS, Sheet
from malha.procurement.schemas.search import RecordQuery
from malha.procurement.service._rights import check_numbers
from malha.procurement.settings import OcdsSettings
from malha.settings import get_settings

PAGE = 200
SCOPE = "procurement:read"
_log = structlog.get_logger(__name__)


class OcdsQuery(RecordQuery):
    """Which procurements, and the publisher's prefix if it is not the installation's."""

    ocid_prefix: str | None = Field(default=None, pattern=r"^ocds-[a-z0-9]{6}$")

    @property
    def prefix(self) -> str:
        """The prefix of the processes' ids."""
        return self.ocid_prefix or get_settings().of(OcdsSettings).prefix


async def check_query(session: ReadSession, principal: Principal, query: OcdsQuery) -> None:
    """As searching does: SearchTextCommonError, PersonalNumberRefusedError."""
    check_numbers(principal, query)
    text = query.wanted().text
    if text is not None and await watching.read_tsquery(session, text) is None:
        raise SearchTextCommonError(text=text)


async def read_pages(
    lines: Callable[[Process, str], Sequence[Sequence[Any]]],
    database: Database,
    principal: Principal,
    query: OcdsQuery,
    _language: str,
) -> Pages:
    """The lines of every process that the query finds, the oldest first."""
    if query.prefix == UNREGISTERED_PREFIX:
        _log.warning("ocds.prefix_unregistered", prefix=query.prefix, setting="OCDS_PREFIX")
    async with database.read_session() as session:
        await check_query(session, principal, query)
        wanted = query.wanted()
        tsquery = await watching.read_tsquery(session, wanted.text)

    async def fetch(session: ReadSession, window: Window) -> Page[Process]:
        return await publishing.list_processes(session, wanted, tsquery, window)

    async for processes in walk_pages(database, fetch, size=PAGE):
        yield [line for process in processes for line in lines(process, query.prefix)]


def _releases(process: Process, prefix: str) -> list[list[Any]]:
    return [[release] for release in releases_of(process, prefix)]


def _record(process: Process, prefix: str) -> list[list[Any]]:
    return [[record_of(process, prefix)]]


def _sheet_lines(sheet: Sheet, process: Process, prefix: str) -> list[list[Any]]:
    return sheet.lines(current_release(process, prefix))


OCDS_DOCUMENTS = [
    register(
        ExportList(
            name=name,
            title=title,
            english=title,
            scope=SCOPE,
            columns=(Column(column, title, Kind.OBJECT),),
            filter=OcdsQuery,
            pages=partial(read_pages, lines),
            check=check_query,
            is_of_documents=True,
        )
    )
    for name, title, column, lines in (
        ("ocds-releases", "OCDS releases", "release", _releases),
        ("ocds-records", "OCDS records", "record", _record),
    )
]
OCDS_SHEETS = [
    register(
        ExportList(
            name=sheet.name,
            title=sheet.title,
            english=sheet.title,
            scope=SCOPE,
            columns=sheet.columns,
            filter=OcdsQuery,
            pages=partial(read_pages, partial(_sheet_lines, sheet)),
            check=check_query,
        )
    )
    for sheet in SHEETS
]

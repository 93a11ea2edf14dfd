"""Classifications as a list that can be exported, and as the workbook of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from malha.db import Database, ReadSession
from malha.db.paging import walk_pages
from malha.exports.service import Column, ExportList, Format, Kind, Pages, register, write_file
from malha.identity.policy import Principal
from malha.partnumbers.repository import known, tasks
from malha.partnumbers.service._presentation import show_classification

PAGE = 1_000
ERP_CHARACTERS = 30
COLUMNS = (
    Column("seq", "Seq", Kind.NUMBER),
    Column("erp_description", "Descrição ERP", english="ERP description"),
    Column("description", "Descrição DI"),
    Column("ncm", "NCM", english="NCM"),
    Column("manufacturer", "Fabricante"),
    Column("address", "Endereço"),
    Column("country", "País"),
    Column("partnumber", "Part number"),
    Column("confidence", "Confiança"),
)


class ClassificationQuery(BaseModel):
    """Of one task, or all that hold now."""

    model_config = ConfigDict(extra="forbid")

    task_id: UUID | None = None


async def check_task(session: ReadSession, principal: Principal, query: ClassificationQuery) -> None:
    """TaskNotFoundError for a task that the principal cannot see."""
    if query.task_id is not None:
        await tasks.get_task(session, principal, query.task_id)


async def read_pages(database: Database, principal: Principal, query: ClassificationQuery, _language: str) -> Pages:
    """In the order in which they were made, numbered from 1."""
    seq = 0
    async for found in walk_pages(
        database, lambda session, window: known.list_answers(session, principal, query.task_id, window), size=PAGE
    ):
        rows: list[list[Any]] = []
        for classification, code in found:
            seq += 1
            shown = show_classification(classification, code)
            rows.append(
                [
                    seq,
                    (shown.description or "")[:ERP_CHARACTERS] or None,
                    shown.description,
                    _with_exception(shown.ncm, shown.exception),
                    shown.fabricante,
                    shown.endereco,
                    shown.pais,
                    code,
                    None if shown.confidence_score is None else f"{shown.confidence_score:.3f}".replace(".", ","),
                ]
            )
        yield rows


def _with_exception(ncm: str | None, exception: str | None) -> str | None:
    """As the contract writes it: the Ex in brackets, where there is one."""
    return f"{ncm} (Ex {exception})" if ncm and exception and exception.strip("0") else ncm


def export_workbook(database: Database, principal: Principal, query: ClassificationQuery) -> AsyncIterator[bytes]:
    """The same as XLSX, made while it is sent."""
    return write_file(Format.XLSX, CLASSIFICATIONS, read_pages(database, principal, query, "pt"))


CLASSIFICATIONS = register(
    ExportList(
        name="classifications",
        title="Classificacoes",
        english="Classifications",
        scope="partnumbers:read",
        columns=COLUMNS,
        filter=ClassificationQuery,
        pages=read_pages,
        check=check_task,
    )
)

"""The workbook of the contract."""

from __future__ import annotations

from uuid import UUID

from fastapi.responses import StreamingResponse

from malha.dependencies import DatabaseDep
from malha.http import download_headers
from malha.partnumbers import service
from malha.partnumbers.routes._contract import NOT_FOUND, Reader, root_router

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@root_router.get("/export-excel", responses={200: {"content": {WORKBOOK: {}}}} | NOT_FOUND)
async def export_excel(principal: Reader, database: DatabaseDep, task_id: UUID) -> StreamingResponse:
    """The classifications of a task as a workbook."""
    query = service.ClassificationQuery(task_id=task_id)
    async with database.read_session() as session:
        await service.check_task(session, principal, query)
    headers = download_headers("produtos_importacao.xlsx")
    blocks = service.export_workbook(database, principal, query)
    return StreamingResponse(blocks, media_type=WORKBOOK, headers=headers)

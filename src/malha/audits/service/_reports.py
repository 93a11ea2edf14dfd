"""The report of an audit as JSON, CSV or a page to print, produced while it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from malha.audits.models import Audit, AuditDocument, AuditFinding
from malha.audits.repository import listings
from malha.audits.repository.listings import DocumentFilter
from malha.audits.schemas import ReportFormat
from malha.audits.service._completion import tell_summary
from malha.audits.service._presentation import report_documents, show_audit, show_input
from malha.db import Database
from malha.db.paging import Window
from malha.fiscal.reports import HTML_TAIL, csv_document, csv_head, html_comparisons, html_document, html_head
from malha.fiscal.wording import PAGE
from malha.jobs import Job

PAGE_DOCUMENTS = 200
MOST_FINDINGS = 10_000
MEDIA_TYPES = {
    ReportFormat.JSON: "application/json",
    ReportFormat.CSV: "text/csv; charset=utf-8",
    ReportFormat.HTML: "text/html; charset=utf-8",
}


_RECEIVED = {"pt": "Recebida em {:%d/%m/%Y %H:%M} UTC.", "en": "Received on {:%Y-%m-%d %H:%M} UTC."}


class ReportWriter:
    """Writes one audit's report, page by page, in a read session of its own."""

    def __init__(self, database: Database, audit: Audit, job: Job, language: str) -> None:
        self._database = database
        self._audit = audit
        self._job = job
        self._language = language

    def write(self, form: ReportFormat) -> AsyncIterator[bytes]:
        """The report's bytes, in pieces."""
        writers = {ReportFormat.JSON: self._json, ReportFormat.CSV: self._csv, ReportFormat.HTML: self._html}
        return writers[form]()

    async def _pages(self) -> AsyncIterator[tuple[list[AuditDocument], list[AuditFinding]]]:
        cursor: str | None = None
        async with self._database.read_session() as session:
            while True:
                job_id = self._audit.job_id
                window = Window(PAGE_DOCUMENTS, cursor)
                page = await listings.list_documents(session, job_id, DocumentFilter(), window)
                yield page.items, await listings.findings_of(session, job_id, page.items, most=MOST_FINDINGS)
                session.expunge_all()
                cursor = page.next_cursor
                if cursor is None:
                    return

    async def _json(self) -> AsyncIterator[bytes]:
        shown = show_audit(self._audit, self._job, language=self._language).model_dump(
            mode="json", include={"id", "status", "input_summary"}
        )
        head = orjson.dumps({**shown, **(self._audit.report or {})})
        yield head[:-1] + b',"documents":['
        separator = b""
        async for documents, findings in self._pages():
            for document in report_documents(documents, findings, language=self._language):
                yield separator + orjson.dumps(document, default=str)
                separator = b","
        yield b"]}"

    async def _csv(self) -> AsyncIterator[bytes]:
        yield csv_head(self._language).encode()
        async for documents, findings in self._pages():
            shown = report_documents(documents, findings, language=self._language)
            yield "".join(map(csv_document, shown)).encode()

    async def _html(self) -> AsyncIterator[bytes]:
        yield _page_head(self._audit, self._job, self._language).encode()
        async for documents, findings in self._pages():
            shown = report_documents(documents, findings, language=self._language)
            yield "".join(html_document(document, language=self._language) for document in shown).encode()
        yield HTML_TAIL.encode()


def _page_head(audit: Audit, job: Job, language: str) -> str:
    report: dict[str, Any] = audit.report or {}
    summary = (job.result or {}).get("summary")
    told = [_RECEIVED[language].format(audit.created_at), tell_summary(summary, language) if summary else ""]
    return html_head(
        f"{PAGE[language]['title']}: {show_input(audit, language)}",
        " ".join(filter(None, told)),
        report.get("aggregatedMetrics", {}),
        language=language,
    ) + html_comparisons(report.get("deterministicCrossValidation", []), language=language)

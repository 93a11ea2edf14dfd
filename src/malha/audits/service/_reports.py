"""The report of an audit as JSON, CSV or a page to print, produced while it is sent."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson

from malha.audits import repository
from malha.audits.models import Audit, AuditDocument, AuditFinding
from malha.audits.repository import DocumentFilter, Page
from malha.audits.schemas import ReportFormat
from malha.audits.service._presentation import report_documents, show_audit
from malha.db import Database
from malha.jobs.models import Job

PAGE_DOCUMENTS = 200
MOST_FINDINGS = 10_000
MEDIA_TYPES = {
    ReportFormat.JSON: "application/json",
    ReportFormat.CSV: "text/csv; charset=utf-8",
    ReportFormat.HTML: "text/html; charset=utf-8",
}
CSV_HEADER = (
    "arquivo", "documento", "chave", "emitente", "situacao", "pontuacao", "regra", "severidade", "nivel", "item",
    "caminho", "encontrado", "esperado", "calculo", "mensagem", "referencia",
)  # fmt: skip
BYTE_ORDER_MARK = "\ufeff"
"""Makes spreadsheets read the file as UTF-8."""

_FORMULA = re.compile(r"^[\s\u00a0]*[=+\-@\t\r\n]", re.MULTILINE)
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?", re.ASCII)


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
                page = Page(limit=PAGE_DOCUMENTS, cursor=cursor)
                job_id = self._audit.job_id
                documents, cursor = await repository.list_documents(session, job_id, DocumentFilter(), page)
                findings = await repository.findings_of(session, job_id, documents, most=MOST_FINDINGS)
                yield documents, findings
                session.expunge_all()
                if cursor is None:
                    return

    async def _json(self) -> AsyncIterator[bytes]:
        shown = show_audit(self._audit, self._job).model_dump(mode="json", include={"id", "status", "input_summary"})
        head = orjson.dumps({**shown, **(self._audit.report or {})})
        yield head[:-1] + b',"documents":['
        separator = b""
        async for documents, findings in self._pages():
            for document in report_documents(documents, findings, language=self._language):
                yield separator + orjson.dumps(document, default=str)
                separator = b","
        yield b"]}"

    async def _csv(self) -> AsyncIterator[bytes]:
        yield (BYTE_ORDER_MARK + _csv_line(CSV_HEADER)).encode()
        async for documents, findings in self._pages():
            lines: list[str] = []
            for document in report_documents(documents, findings, language=self._language):
                lines.extend(_csv_line(row) for row in _csv_rows(document))
            yield "".join(lines).encode()

    async def _html(self) -> AsyncIterator[bytes]:
        yield _page_head(self._audit, self._job).encode()
        async for documents, findings in self._pages():
            shown = report_documents(documents, findings, language=self._language)
            yield "".join(map(_html_document, shown)).encode()
        yield b"</main></body></html>"


def _csv_rows(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    """One row for each finding; one without a rule for a document that has none."""
    doc = document["doc"]
    head = (doc["name"], doc["kind"], doc["key"], doc["issuer"]["name"], document["status"], document["score"])
    rows = [
        (
            *head,
            finding["code"],
            finding["severity"],
            finding["severity"],
            finding["item"],
            finding["xpath"],
            finding["found"],
            finding["expected"],
            finding["explanation"],
            finding["message"],
            finding["normativeBase"],
        )
        for finding in document["inconsistencies"]
    ]
    return rows or [(*head, None, None, None, None, None, None, None, None, doc["error"], None)]


def _csv_line(values: Sequence[Any]) -> str:
    target = io.StringIO()
    csv.writer(target, delimiter=";", lineterminator="\r\n").writerow([_csv_cell(value) for value in values])
    return target.getvalue()


def _csv_cell(value: Any) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, CSV injection); numbers stay as they are."""
    text = "" if value is None else str(value)
    if _NUMBER.fullmatch(text):
        return text
    return _FORMULA.sub(lambda found: "'" + found.group(), text)


def _page_head(audit: Audit, job: Job) -> str:
    report: dict[str, Any] = audit.report or {}
    result: dict[str, Any] = job.result or {}
    metrics: dict[str, Any] = report.get("aggregatedMetrics", {})
    comparisons: list[dict[str, Any]] = report.get("deterministicCrossValidation", [])
    facts = "".join(f"<dt>{_METRICS[name]}</dt><dd>{_e(metrics[name])}</dd>" for name in _METRICS if name in metrics)
    compared = "".join(
        f"<li><b>{_e(one['comparisonKey'])}</b>: {_e(one['description'])} {_pairs(one['discrepancies'])}</li>"
        for one in comparisons
    )
    return (
        f'<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>Auditoria {_e(audit.input_summary)}'
        f"</title><style>{_STYLE}</style></head><body><main><h1>Auditoria fiscal</h1>"
        f"<p>{_e(audit.input_summary)}, recebida em {audit.created_at:%d/%m/%Y %H:%M} UTC. "
        f"{_e(result.get('message'))}</p>"
        f"<dl>{facts}</dl>" + (f"<h2>Comparação entre documentos</h2><ul>{compared}</ul>" if compared else "")
    )


def _html_document(document: dict[str, Any]) -> str:
    doc = document["doc"]
    status = document["status"]
    rows = "".join(
        f'<tr class="{_e(one["severity"]).lower()}"><td>{_e(one["code"])}</td><td>{_e(one["severity"])}</td>'
        f"<td>{_e(one['item'])}</td><td>{_e(one['message'])}<small>{_e(one['xpath'])}</small></td>"
        f"<td>{_e(one['found'])}</td><td>{_e(one['expected'])}<small>{_e(one['explanation'])}</small></td>"
        f"<td>{_e(one['normativeBase'])}</td></tr>"
        for one in document["inconsistencies"]
    )
    table = f"<table><thead><tr>{_COLUMNS}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    note = f"<p>{_e(doc['error'])}</p>" if doc["error"] else ""
    return (
        f'<section><h2><span class="{_e(status).lower()}">{_e(status)}</span> {_e(doc["name"])}</h2>'
        f"<p>{_e(doc['key'] or '')} {_e(doc['issuer']['name'])} {_e(doc['total'])}</p>{note}{table}</section>"
    )


def _pairs(pairs: Sequence[dict[str, str]]) -> str:
    return "; ".join(f"{_e(p['valueA'])} em {_e(p['docA'])}, {_e(p['valueB'])} em {_e(p['docB'])}" for p in pairs)


def _e(value: Any) -> str:
    return html.escape("" if value is None else str(value))


_METRICS = {
    "numberOfNotes": "Notas válidas",
    "itemsProcessed": "Itens",
    "notesTotal": "Total das notas (R$)",
    "productsTotal": "Total dos produtos (R$)",
    "icmsTotal": "ICMS (R$)",
    "pisTotal": "PIS (R$)",
    "cofinsTotal": "COFINS (R$)",
}
_COLUMNS = "".join(
    f"<th>{name}</th>" for name in ("Regra", "Nível", "Item", "Mensagem", "Encontrado", "Esperado", "Referência")
)
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;color:#1c1c1c;margin:2rem}main{max-width:75rem;margin:auto}"
    "h1{font-size:1.6rem}h2{font-size:1.05rem;margin:1.6rem 0 .3rem}dl{display:grid;grid-template-columns:auto 1fr;"
    "gap:.2rem 1rem}dd{margin:0;font-variant-numeric:tabular-nums}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #d5d5d5;padding:.35rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "small{display:block;color:#666}span.erro{color:#b00020}span.alerta{color:#8a5a00}span.ok{color:#1b6e33}"
    "section{break-inside:avoid}"
)

"""Reports as files: documents and findings as CSV for spreadsheets and as an HTML page to print.

A document is a dictionary in the shape of the seed's report: `doc` (name, kind, key, issuer, total, error), `status`,
`score` and `inconsistencies` (code, severity, item, xpath, message, found, expected, explanation, normativeBase).
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from malha.fiscal.documents import Document, Note, Unreadable
from malha.fiscal.findings import Finding
from malha.kit.spreadsheet import BYTE_ORDER_MARK, csv_line

CSV_HEADER = (
    "arquivo", "documento", "chave", "emitente", "situacao", "pontuacao", "regra", "severidade", "nivel", "item",
    "caminho", "encontrado", "esperado", "calculo", "mensagem", "referencia", "consequencias", "comparados",
)  # fmt: skip
HTML_TAIL = "</main></body></html>"


def describe_document(document: Document, *, language: str = "pt") -> dict[str, Any]:
    """What a report says of a document itself: its `doc`."""
    note = document if isinstance(document, Note) else None
    error = document.error if isinstance(document, Unreadable) else None
    return {
        "name": document.source.name,
        "kind": type(document).__name__,
        "sha256": document.source.sha256,
        "key": note and note.key,
        "issuer": {"id": note and note.issuer_id, "name": note and note.emit.text("xNome")},
        "total": note and note.total.text("vNF"),
        "error": error and (error.message_pt if language == "pt" else error.message_en),
    }


def describe_finding(finding: Finding, language: str) -> dict[str, Any]:
    """One of a document's `inconsistencies`."""
    return {
        "code": finding.legacy_code or finding.rule_id,
        "ruleId": finding.rule_id,
        "message": finding.message_pt if language == "pt" else finding.message_en,
        "explanation": finding.formula,
        "normativeBase": finding.reference,
        "severity": finding.level.value,
        "gravity": finding.severity.value,
        "item": finding.n_item,
        "xpath": finding.xpath,
        "found": finding.found,
        "expected": finding.expected,
        "related": list(finding.related),
        "others": list(finding.others),
    }


def csv_head() -> str:
    """The first line of a CSV report, with its byte order mark."""
    return BYTE_ORDER_MARK + csv_line(CSV_HEADER)


def csv_document(document: dict[str, Any]) -> str:
    """A document's lines: one for each finding, or one without a rule."""
    return "".join(csv_line(row) for row in _csv_rows(document))


def _csv_rows(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    """One row for each finding; one without a rule for a document that has none."""
    doc = document["doc"]
    head = (doc["name"], doc["kind"], doc["key"], doc["issuer"]["name"], document["status"], document["score"])
    rows = [
        (
            *head,
            finding["code"],
            finding["gravity"],
            finding["severity"],
            finding["item"],
            finding["xpath"],
            finding["found"],
            finding["expected"],
            finding["explanation"],
            finding["message"],
            finding["normativeBase"],
            " ".join(finding["related"]),
            " ".join(finding["others"]),
        )
        for finding in document["inconsistencies"]
    ]
    return rows or [(*head, *[None] * 8, doc["error"], None, None, None)]


def html_head(title: str, lead: str, facts: Mapping[str, Any]) -> str:
    """The beginning of the page, up to the first document: plain texts, which are escaped here."""
    listed = "".join(f"<dt>{_e(name)}</dt><dd>{_e(value)}</dd>" for name, value in facts.items())
    return (
        f'<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>{_e(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>Auditoria fiscal</h1><p>{_e(lead)}</p><dl>{listed}</dl>"
    )


def html_comparisons(comparisons: Sequence[dict[str, Any]]) -> str:
    """What differs between documents, as a list; nothing when nothing does."""
    compared = "".join(
        f"<li><b>{_e(one['comparisonKey'])}</b>: {_e(one['description'])} {_pairs(one['discrepancies'])}</li>"
        for one in comparisons
    )
    return f"<h2>Comparação entre documentos</h2><ul>{compared}</ul>" if compared else ""


def html_document(document: dict[str, Any]) -> str:
    """A document's section of the page."""
    doc = document["doc"]
    status = document["status"]
    rows = "".join(
        f'<tr class="{_e(one["severity"]).lower()}"><td>{_e(one["code"])}</td><td>{_e(one["severity"])}</td>'
        f"<td>{_e(one['item'])}</td><td>{_e(one['message'])}<small>{_e(one['xpath'])}</small>{_consequences(one)}</td>"
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


def _consequences(finding: dict[str, Any]) -> str:
    return f"<small>Também: {_e(', '.join(finding['related']))}</small>" if finding["related"] else ""


def _pairs(pairs: Sequence[dict[str, str]]) -> str:
    return "; ".join(f"{_e(p['valueA'])} em {_e(p['docA'])}, {_e(p['valueB'])} em {_e(p['docB'])}" for p in pairs)


def _e(value: Any) -> str:
    return html.escape("" if value is None else str(value))


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

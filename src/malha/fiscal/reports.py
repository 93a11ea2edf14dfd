"""Reports: a document and its findings as data, as CSV for spreadsheets and as an HTML page to print.

A document is a dictionary in the shape of the seed's report: `doc` (name, kind, key, issuer, total, error), `status`,
`score` and `inconsistencies` (code, severity, item, xpath, message, found, expected, explanation, normativeBase). The
seed's `severity` of a finding is its level; its severity proper is `gravity`.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from malha.fiscal.facts import UNREADABLE, Facts
from malha.fiscal.findings import Finding, Severity
from malha.fiscal.judgement import DocumentStatus
from malha.fiscal.money import show_money
from malha.fiscal.sums import Sums
from malha.fiscal.wording import (
    PAGE,
    SEVERITIES,
    STATUSES,
    expected_of,
    formula_of,
    message_of,
    reference_of,
    show_formula,
    show_value,
)
from malha.kit.spreadsheet import BYTE_ORDER_MARK, csv_line

CSV_HEADER = (
    "arquivo", "documento", "chave", "emitente", "situacao", "pontuacao", "regra", "severidade", "nivel", "item",
    "caminho", "encontrado", "esperado", "calculo", "mensagem", "referencia", "consequencias", "comparados",
)  # fmt: skip
CSV_HEADER_EN = (
    "file", "document", "key", "issuer", "status", "score", "rule", "severity", "level", "item",
    "path", "found", "expected", "calculation", "message", "reference", "consequences", "compared",
)  # fmt: skip
HTML_TAIL = "</main></body></html>"
_IMPORTED = {DocumentStatus.UNSUPPORTED: "unsupported"}


def describe_document(
    facts: Facts,
    status: DocumentStatus,
    score: int,
    findings: Iterable[Finding],
    *,
    name: str,
    size: int,
    sha256: str | None,
    language: str = "pt",
    id: str | None = None,  # noqa: A002 - the report's own word
    finding_count: int | None = None,
) -> dict[str, Any]:
    """A document of the report. ``finding_count`` is given where only the first findings are shown."""
    shown = [_describe_finding(finding, language) for finding in findings]
    message = facts.message_pt if language == "pt" else facts.message_en
    is_read = facts.kind != UNREADABLE and status is not DocumentStatus.UNSUPPORTED
    return {
        "doc": {
            "id": id,
            "name": name,
            "kind": facts.kind,
            "size": size,
            "status": "error" if facts.kind == UNREADABLE else _IMPORTED.get(status, "parsed"),
            "error": None if is_read else message,
            "description": message if is_read else None,
            "sha256": sha256,
            "key": facts.key,
            "series": facts.series,
            "number": facts.number,
            "issuedAt": facts.issued_at,
            "issuer": {"id": facts.issuer_id, "name": facts.issuer_name, "uf": facts.issuer_uf},
            "recipient": {"id": facts.recipient_id, "name": facts.recipient_name, "uf": facts.recipient_uf},
            "total": None if facts.total is None else str(facts.total),
        },
        "status": status.value,
        "score": score,
        "inconsistencies": shown,
        "inconsistencyCount": len(shown) if finding_count is None else finding_count,
        "classification": None if status is DocumentStatus.ERROR else facts.classification,
        "reconciliationStatus": None,
    }


def _describe_finding(finding: Finding, language: str) -> dict[str, Any]:
    return {
        "code": finding.legacy_code or finding.rule_id,
        "ruleId": finding.rule_id,
        "message": message_of(finding, language),
        "explanation": formula_of(finding, language),
        "normativeBase": reference_of(finding, language),
        "severity": finding.level.value,
        "gravity": finding.severity.value,
        "item": finding.n_item,
        "xpath": finding.xpath,
        "found": finding.found,
        "expected": expected_of(finding, language),
        "related": list(finding.related),
        "others": list(finding.others),
    }


def summarize(
    documents: Iterable[tuple[Facts, DocumentStatus, Sequence[Finding]]], left_out: Mapping[str, int]
) -> tuple[dict[str, Any], Sums]:
    """What a report counts, and what its valid notes add up to."""
    statuses, kinds, severities = Counter[str](), Counter[str](), Counter[str]()
    sums = Sums()
    for facts, status, findings in documents:
        statuses[status.value] += 1
        kinds[facts.kind] += 1
        severities.update(finding.severity.value for finding in findings)
        sums.add(facts, status)
    return show_summary(statuses, kinds, severities, left_out), sums


def show_summary(
    statuses: Mapping[str, int], kinds: Mapping[str, int], severities: Mapping[str, int], left_out: Mapping[str, int]
) -> dict[str, Any]:
    """The counts of a report: documents by status and kind, findings by severity, files left out by extension."""
    return {
        "document_count": sum(statuses.values()),
        "documents_by_status": {status.value: statuses.get(status.value, 0) for status in DocumentStatus},
        "documents_by_kind": dict(kinds),
        "finding_count": sum(severities.values()),
        "findings_by_severity": dict(severities),
        "left_out": dict(sorted(left_out.items())),
    }


def csv_head(language: str = "pt") -> str:
    """The first line of a CSV report, with its byte order mark."""
    return BYTE_ORDER_MARK + csv_line(CSV_HEADER if language == "pt" else CSV_HEADER_EN)


def csv_document(document: dict[str, Any]) -> str:
    """A document's lines: one for each finding, or one without a rule."""
    return "".join(csv_line(row) for row in _csv_rows(document))


def _csv_rows(document: dict[str, Any]) -> list[tuple[Any, ...]]:
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
    return rows or [(*head, *[None] * 8, doc["error"] or doc["description"], None, None, None)]


def html_head(title: str, lead: str, metrics: Mapping[str, str | int], *, language: str = "pt") -> str:
    """The beginning of the page, up to the first document: plain texts, which are escaped here.

    ``metrics`` are those of `Sums.as_metrics`.
    """
    words = PAGE[language]
    listed = "".join(
        f"<dt>{_e(label)}</dt><dd>{_e(_metric(metrics[name], language))}</dd>"
        for name, label in words["metrics"].items()
        if name in metrics
    )
    return (
        f'<!doctype html><html lang="{words["lang"]}"><head><meta charset="utf-8"><title>{_e(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{_e(words['title'])}</h1><p>{_e(lead)}</p><dl>{listed}</dl>"
    )


def html_comparisons(comparisons: Sequence[dict[str, Any]], *, language: str = "pt") -> str:
    """What differs between documents, as a list; nothing when nothing does."""
    words = PAGE[language]
    description = "description" if language == "pt" else "descriptionEn"
    compared = "".join(
        f"<li><b>{_e(one['comparisonKey'])}</b>: {_e(one[description])} {_pairs(one['discrepancies'], words)}</li>"
        for one in comparisons
    )
    return f"<h2>{_e(words['comparison'])}</h2><ul>{compared}</ul>" if compared else ""


def html_document(document: dict[str, Any], *, language: str = "pt") -> str:
    """A document's section of the page."""
    doc = document["doc"]
    status = DocumentStatus(document["status"])
    rows = "".join(_html_finding(finding, language) for finding in document["inconsistencies"])
    columns = "".join(f"<th>{_e(name)}</th>" for name in PAGE[language]["columns"])
    table = f"<table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    told = None if rows else doc["error"] or doc["description"]
    about = [doc["key"], doc["issuer"]["name"], doc["total"] and show_money(Decimal(doc["total"]), language)]
    return (
        f'<section><h2><span class="{_e(status.value).lower()}">{_e(STATUSES[language][status])}</span> '
        f"{_e(doc['name'])}</h2><p>{_e(' · '.join(word for word in about if word))}</p>"
        f"{f'<p>{_e(told)}</p>' if told else ''}{table}</section>"
    )


def _html_finding(finding: dict[str, Any], language: str) -> str:
    words = PAGE[language]
    gravity = SEVERITIES[language][Severity(finding["gravity"])]
    found, expected = (show_value(finding[name], finding["xpath"], language) for name in ("found", "expected"))
    formula = show_formula(finding["explanation"], language)
    return (
        f'<tr class="{_e(finding["severity"]).lower()}"><td>{_e(gravity)}</td><td>{_e(finding["code"])}</td>'
        f"<td>{_e(finding['item'])}</td><td>{_e(finding['message'])}<small>{_e(finding['xpath'])}</small>"
        f"{_listed(words['also'], finding['related'])}{_listed(words['with'], finding['others'])}</td>"
        f"<td>{_e(found)}</td><td>{_e(expected)}<small>{_e(formula)}</small></td>"
        f"<td>{_e(finding['normativeBase'])}</td></tr>"
    )


def _listed(label: str, words: Sequence[str]) -> str:
    return f"<small>{_e(label)}: {_e(', '.join(words))}</small>" if words else ""


def _pairs(pairs: Sequence[dict[str, str]], words: Mapping[str, Any]) -> str:
    within = f" {words['in']} "
    return "; ".join(
        f"{_e(pair['valueA'])}{within}{_e(pair['docA'])}, {_e(pair['valueB'])}{within}{_e(pair['docB'])}"
        for pair in pairs
    )


def _metric(value: str | int, language: str) -> str:
    return str(value) if isinstance(value, int) else show_money(Decimal(value), language)


def _e(value: Any) -> str:
    return html.escape("" if value is None else str(value))


_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;color:#1c1c1c;margin:2rem}main{max-width:75rem;margin:auto}"
    "h1{font-size:1.6rem}h2{font-size:1.05rem;margin:1.6rem 0 .3rem}dl{display:grid;grid-template-columns:auto 1fr;"
    "gap:.2rem 1rem}dd{margin:0;font-variant-numeric:tabular-nums}table{border-collapse:collapse;width:100%;"
    "table-layout:fixed}"
    "h2,p{overflow-wrap:anywhere}"
    "th,td{border:1px solid #d5d5d5;padding:.35rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "th:nth-child(1){width:6rem}th:nth-child(2){width:7.5rem}th:nth-child(3){width:2.5rem}th:nth-child(5){width:16%}"
    "th:nth-child(6){width:20%}th:nth-child(7){width:7.5rem}"
    "small{display:block;color:#666}span.erro{color:#b00020}span.alerta{color:#8a5a00}span.ok{color:#1b6e33}"
    "span.unsupported{color:#555}section{break-inside:avoid}"
)

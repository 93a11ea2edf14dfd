"""Findings in the words of a report: numbers as people write them, the labels of tables, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from malha.fiscal.findings import Finding, Severity
from malha.fiscal.judgement import DocumentStatus
from malha.fiscal.money import show_money, show_number
from malha.fiscal.phrases import to_english
from malha.fiscal.tree import parse_amount

_MONEY_FIELD = re.compile(r"v[A-Z]\w*")
_RATE_FIELD = re.compile(r"p[A-Z]\w*")
_QUANTITY_FIELD = re.compile(r"q[A-Z]\w*")
_DECIMAL = re.compile(r"(?<!NT )(?<![\w.,/-])-?[0-9]{1,20}\.[0-9]{1,12}(?![\w.,/-]*[0-9])")

SEVERITIES: Mapping[str, Mapping[Severity, str]] = {
    "pt": {
        Severity.CRITICAL: "crítica",
        Severity.HIGH: "alta",
        Severity.MEDIUM: "média",
        Severity.LOW: "baixa",
        Severity.INFO: "informação",
    },
    "en": {severity: severity.value for severity in Severity},
}
STATUSES: Mapping[str, Mapping[DocumentStatus, str]] = {
    "pt": {
        DocumentStatus.OK: "OK",
        DocumentStatus.ALERT: "ALERTA",
        DocumentStatus.ERROR: "ERRO",
        DocumentStatus.UNSUPPORTED: "NÃO AUDITADO",
    },
    "en": {
        DocumentStatus.OK: "OK",
        DocumentStatus.ALERT: "ALERT",
        DocumentStatus.ERROR: "ERROR",
        DocumentStatus.UNSUPPORTED: "NOT AUDITED",
    },
}
WORST_FIRST = (DocumentStatus.ERROR, DocumentStatus.ALERT, DocumentStatus.OK, DocumentStatus.UNSUPPORTED)

_NOUNS: dict[str, dict[str, tuple[str, str]]] = {
    "pt": {
        "document": ("documento", "documentos"),
        "audited": ("documento auditado", "documentos auditados"),
        "finding": ("achado", "achados"),
        "file": ("arquivo", "arquivos"),
        "left_out": ("arquivo deixado de lado", "arquivos deixados de lado"),
        DocumentStatus.OK: ("sem problemas", "sem problemas"),
        DocumentStatus.ALERT: ("com alerta", "com alerta"),
        DocumentStatus.ERROR: ("com erro", "com erro"),
        DocumentStatus.UNSUPPORTED: ("de tipo não auditado", "de tipo não auditado"),
    },
    "en": {
        "document": ("document", "documents"),
        "audited": ("document audited", "documents audited"),
        "finding": ("finding", "findings"),
        "file": ("file", "files"),
        "left_out": ("file left out", "files left out"),
        DocumentStatus.OK: ("clean", "clean"),
        DocumentStatus.ALERT: ("with alerts", "with alerts"),
        DocumentStatus.ERROR: ("with errors", "with errors"),
        DocumentStatus.UNSUPPORTED: ("of a kind not audited", "of a kind not audited"),
    },
}
PAGE: dict[str, dict[str, Any]] = {
    "pt": {
        "lang": "pt-BR",
        "title": "Auditoria fiscal",
        "comparison": "Comparação entre documentos",
        "in": "em",
        "also": "Em consequência",
        "with": "Comparado com",
        "columns": ("Severidade", "Regra", "Item", "Mensagem", "Encontrado", "Esperado", "Referência"),
        "metrics": {
            "numberOfNotes": "Notas válidas",
            "itemsProcessed": "Itens",
            "notesTotal": "Total das notas",
            "productsTotal": "Total dos produtos",
            "icmsTotal": "ICMS",
            "pisTotal": "PIS",
            "cofinsTotal": "COFINS",
        },
    },
    "en": {
        "lang": "en",
        "title": "Fiscal audit",
        "comparison": "Comparison between documents",
        "in": "in",
        "also": "As a consequence",
        "with": "Compared with",
        "columns": ("Severity", "Rule", "Item", "Message", "Found", "Expected", "Reference"),
        "metrics": {
            "numberOfNotes": "Valid notes",
            "itemsProcessed": "Items",
            "notesTotal": "Total of the notes",
            "productsTotal": "Total of the products",
            "icmsTotal": "ICMS",
            "pisTotal": "PIS",
            "cofinsTotal": "COFINS",
        },
    },
}
"""What the page to print says around the findings."""


def message_of(finding: Finding, language: str) -> str:
    """The finding's sentence."""
    return finding.message_pt if language == "pt" else finding.message_en


def formula_of(finding: Finding, language: str) -> str | None:
    """The calculation, with the words in it in the language."""
    return finding.formula if language == "pt" else to_english(finding.formula)


def expected_of(finding: Finding, language: str) -> str | None:
    """The expected value, with the words in it in the language."""
    return finding.expected if language == "pt" else to_english(finding.expected)


def reference_of(finding: Finding, language: str) -> str | None:
    """Where the rule is written: official names as they are, the word for rejections in the language."""
    return finding.reference if language == "pt" else to_english(finding.reference)


def show_value(text: str | None, xpath: str, language: str) -> str | None:
    """What a field holds, as people write it: the field's name says whether it is money, a rate or a quantity."""
    field = xpath.rpartition("/")[2]
    amount = None if text is None else parse_amount(text)
    if text is None or amount is None:
        return text
    if _MONEY_FIELD.fullmatch(field):
        return show_money(amount, language)
    if _RATE_FIELD.fullmatch(field):
        return f"{show_number(amount, language)}%"
    return show_number(amount, language) if _QUANTITY_FIELD.fullmatch(field) else text


def show_formula(formula: str | None, language: str) -> str | None:
    """A calculation with its decimals as people write them."""
    if formula is None or language == "en":
        return formula
    return _DECIMAL.sub(lambda found: _localized(found[0], language), formula)


def _localized(number: str, language: str) -> str:
    amount = parse_amount(number)
    return number if amount is None else show_number(amount, language)


def count_of(count: int, noun: str, language: str) -> str:
    """`1 documento`, `2 documentos`: a number with its noun (document, audited, finding, file, left_out, a status)."""
    one, many = _NOUNS[language][noun]
    return f"{count} {one if count == 1 else many}"


def list_statuses(statuses: Mapping[str, int], language: str) -> str:
    """`2 com erro, 1 sem problemas`, worst first, without those that do not occur."""
    return ", ".join(
        count_of(count, status, language) for status in WORST_FIRST if (count := statuses.get(status.value, 0))
    )


def list_left_out(left_out: Mapping[str, int], language: str) -> str:
    """`3 arquivos deixados de lado (1 PDF, 2 TXT)`; empty when there is none."""
    if not left_out:
        return ""
    kinds = ", ".join(f"{count} {kind.upper()}" for kind, count in sorted(left_out.items()))
    return f"{count_of(sum(left_out.values()), 'left_out', language)} ({kinds})"

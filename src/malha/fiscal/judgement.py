"""From findings to a judgement: consequences folded into their causes, the status, the score and the order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from malha.fiscal.documents import Unreadable
from malha.fiscal.findings import Finding, Level, Severity

IMPORT_FAIL_SCORE = 99


class DocumentStatus(StrEnum):
    """The worst level of a document's findings, or that its kind is not audited."""

    OK = "OK"
    ALERT = "ALERTA"
    ERROR = "ERRO"
    UNSUPPORTED = "unsupported"


class Weighed(Protocol):
    """What a score needs of a finding, be it one of this run or a row."""

    @property
    def rule_id(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def weight(self) -> int: ...


_GRAVITY = {severity: place for place, severity in enumerate(Severity)}


def fold(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Findings of one document without those that another one names in `related`; the cause keeps their rules' ids.

    A consequence of a consequence belongs to the first cause. Of two that name each other the first one stays.
    """
    if not any(finding.related for finding in findings):
        return findings
    by_rule: defaultdict[str, list[int]] = defaultdict(list)
    for place, finding in enumerate(findings):
        by_rule[finding.rule_id].append(place)
    causes: dict[int, int] = {}
    for place, cause in enumerate(findings):
        for other in (other for rule in cause.related for other in by_rule.get(rule, ())):
            is_free = other not in causes and _root(place, causes) != other
            if is_free and _is_same_place(cause, findings[other]):
                causes[other] = place
    folded: dict[int, set[str]] = {}
    for other in causes:
        folded.setdefault(_root(other, causes), set()).add(findings[other].rule_id)
    return [
        replace(finding, related=tuple(sorted(folded.get(place, ()))))
        for place, finding in enumerate(findings)
        if place not in causes
    ]


def _is_same_place(cause: Finding, consequence: Finding) -> bool:
    return cause.n_item is None or consequence.n_item is None or cause.n_item == consequence.n_item


def _root(place: int, causes: dict[int, int]) -> int:
    while place in causes:
        place = causes[place]
    return place


def score(findings: Iterable[Weighed]) -> tuple[DocumentStatus, int]:
    """The status is the worst level, which information leaves OK; the score adds each broken rule's weight once."""
    weights: dict[str, int] = {}
    levels: set[str] = set()
    for finding in findings:
        levels.add(finding.level)
        weights[finding.rule_id] = max(finding.weight, weights.get(finding.rule_id, 0))
    worst = next((level for level in (Level.ERROR, Level.ALERT) if level in levels), Level.OK)
    return DocumentStatus(worst.value), sum(weights.values())


def judge(
    findings: Iterable[Finding], *, unread: Unreadable | None = None
) -> tuple[DocumentStatus, int, tuple[Finding, ...]]:
    """Status and score of a document with these findings, and the findings gravest first.

    ``unread`` is the document itself when it could not be read: its findings do not add up to its score.
    """
    ordered = tuple(sorted(findings, key=place_in_report))
    if unread is None:
        return (*score(ordered), ordered)
    if unread.is_unsupported:
        return DocumentStatus.UNSUPPORTED, 0, ordered
    return DocumentStatus.ERROR, IMPORT_FAIL_SCORE, ordered


def place_in_report(finding: Finding) -> tuple[int, str, int, str, str]:
    """Sorts findings: gravest first, then by rule, item and place."""
    return _GRAVITY[finding.severity], finding.rule_id, finding.n_item or 0, finding.xpath, finding.found or ""

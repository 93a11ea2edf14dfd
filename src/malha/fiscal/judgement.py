"""From findings to a judgement: consequences folded into their causes, the status, the score and the order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from malha.fiscal.findings import Finding, Level, Severity

_GRAVITY = {severity: place for place, severity in enumerate(Severity)}
_BADNESS = {level: place for place, level in enumerate(Level)}


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


def judge(findings: Iterable[Finding]) -> tuple[Level, int, tuple[Finding, ...]]:
    """Status and score of a document with these findings, and the findings gravest first.

    The score adds the weight of each broken rule once.
    """
    ordered = tuple(sorted(findings, key=_place_in_report))
    worst = max((finding.level for finding in ordered), key=_BADNESS.__getitem__, default=Level.OK)
    weights: dict[str, int] = {}
    for finding in ordered:
        weights[finding.rule_id] = max(finding.weight, weights.get(finding.rule_id, 0))
    return Level.OK if worst is Level.INFO else worst, sum(weights.values()), ordered


def _place_in_report(finding: Finding) -> tuple[int, str, int, str, str]:
    return _GRAVITY[finding.severity], finding.rule_id, finding.n_item or 0, finding.xpath, finding.found or ""

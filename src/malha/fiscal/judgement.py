"""From findings to a judgement: consequences folded into their causes, the status, the score and the order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from malha.fiscal.documents import Unreadable
from malha.fiscal.findings import LEVELS, WEIGHTS, Finding, Level, Severity
from malha.fiscal.tree import ZERO, parse_amount

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
_GENERAL = ("NF-STR-002", "NF-STR-007")
"""The layout's rules only say that something is wrong at a place; a rule that says what stands for both."""
_TOTAL_OF = {"vICMSST": "vST", "vItem": "vNFTot"}
"""Fields of items whose total has another name."""
_ROUNDING = Decimal("0.05")


def fold(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Findings of one document without those that another one names in `related`; the cause keeps their rules' ids.

    A consequence of a consequence belongs to the first cause, which is as grave as the gravest of them. Of two that
    name each other the first one stays.
    """
    causes: dict[int, int] = {}
    for place, other in _explanations(findings):
        if other not in causes and _root(place, causes) != other:
            causes[other] = place
    folded: defaultdict[int, list[Finding]] = defaultdict(list)
    for other in causes:
        folded[_root(other, causes)].append(findings[other])
    return [_with(finding, folded[place]) for place, finding in enumerate(findings) if place not in causes]


def _explanations(findings: Sequence[Finding]) -> Iterator[tuple[int, int]]:
    """Pairs of a cause and a consequence of it, by their places."""
    by_rule: defaultdict[str, list[int]] = defaultdict(list)
    for place, finding in enumerate(findings):
        by_rule[finding.rule_id].append(place)
    for places in by_rule.values():
        named = dict.fromkeys(rule for place in places for rule in findings[place].related)
        for other in (other for rule in named for other in by_rule.get(rule, ())):
            causes = [place for place in places if place != other and _may_cause(findings[place], findings[other])]
            if causes and _account_for([findings[place] for place in causes], findings[other]):
                yield causes[0], other
    for other in (other for rule in _GENERAL for other in by_rule.get(rule, ())):
        places = _places(findings[other])
        yield from ((place, other) for place, finding in enumerate(findings)
                    if finding.rule_id not in _GENERAL and finding.xpath in places)  # fmt: skip


def _places(refused: Finding) -> set[str]:
    """Where the layout refuses something, and where it misses what it expects: beside that, or inside."""
    inside = refused.xpath if refused.found is None else refused.xpath.rpartition("/")[0]
    return {refused.xpath, *(f"{inside}/{tag}" for tag in (refused.expected or "").split(", "))}


def _may_cause(cause: Finding, consequence: Finding) -> bool:
    """One rule may explain itself only from an item to the whole note, and the layout's rule only in its own group."""
    if consequence.rule_id not in cause.related:
        return False
    if consequence.rule_id in _GENERAL and cause.n_item is not None:
        return cause.xpath.rpartition("/")[0] == consequence.xpath.rpartition("/")[0]
    if cause.rule_id == consequence.rule_id:
        return cause.n_item is not None and consequence.n_item is None
    return cause.n_item is None or consequence.n_item is None or cause.n_item == consequence.n_item


def _account_for(causes: Sequence[Finding], consequence: Finding) -> bool:
    """Whether the causes explain the consequence: a total only by as much as they are wrong themselves.

    Another mistake in the same total must not hide behind them. What is no amount, or computed from another one (the
    tax of a wrong base), is explained by being named.
    """
    difference, differences = _difference(consequence), [_difference(cause) for cause in causes]
    known = [one for one in differences if one is not None]
    if difference is None or len(known) < len(differences) or not _is_total_of(causes[0], consequence):
        return True
    return any(abs(abs(one) - abs(difference)) <= _ROUNDING for one in (*known, sum(known, ZERO)))


def _is_total_of(cause: Finding, consequence: Finding) -> bool:
    """Whether the consequence adds up what the cause finds wrong: items in a total, totals in another."""
    if consequence.n_item is not None or cause.n_item is None:
        return consequence.n_item is None
    field = cause.xpath.rpartition("/")[2]
    return consequence.xpath.rpartition("/")[2] == _TOTAL_OF.get(field, field)


def _difference(finding: Finding) -> Decimal | None:
    """Found less expected where both are amounts, which have decimals: not counts, codes or registrations."""
    if "." not in (finding.found or "") + (finding.expected or ""):
        return None
    found = ZERO if finding.found is None else parse_amount(finding.found)
    expected = parse_amount(finding.expected or "")
    return None if found is None or expected is None else found - expected


def _with(cause: Finding, consequences: Sequence[Finding]) -> Finding:
    if not consequences and not cause.related:
        return cause
    gravest = min((cause.severity, *(one.severity for one in consequences)), key=_GRAVITY.__getitem__)
    level = LEVELS[gravest]
    related = tuple(sorted({one.rule_id for one in consequences}))
    return replace(cause, severity=gravest, level=level, weight=WEIGHTS[level], related=related)


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

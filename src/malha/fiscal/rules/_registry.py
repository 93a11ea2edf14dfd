"""What a rule is, and how rules are registered, selected and bound to an audit.

A rule is one small function with its metadata beside it, in any module of this package:

    @rule("NF-ITM-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, reference="Rejeição 629 (I11-10)",
          pt="Quantidade x valor unitário difere do valor do produto",
          en="Quantity times unit price differs from the item total")
    def quantity_times_price(note: Note, item: Item, options: AuditOptions) -> Breach | None:
        quantity, price, total = (item.prod.amount(tag) for tag in ("qCom", "vUnCom", "vProd"))
        if quantity is None or price is None or total is None:
            return None
        if not differs(total, quantity * price, options.tolerance):
            return None
        return Breach(item.prod, "vProd", found=total, expected=cents(quantity * price),
                      formula=lambda: f"qCom {quantity} x vUnCom {price} = {quantity * price}")

It returns None, one Breach or a list. Its positional parameters are the scope's: ITEM (note, item), NOTE (note),
EVENT (event), BATCH (batch of briefs), FILE (file); a rule that needs the tolerance, the own companies or the date of
the audit takes ``options`` after them. Whatever a message needs is put in ``formula`` as a function: it runs only for a
finding. Filters (models, layouts, purposes, crts, dates) are metadata, never code: a rule that does not apply is not
called at all. A seed rule is registered under its own code with ``legacy_code`` equal to it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any, TypeAlias

from malha.fiscal.briefs import Brief, EventBrief, NoteBrief
from malha.fiscal.documents import Document, Event, Note
from malha.fiscal.findings import LEVELS, WEIGHTS, Breach, Finding, Severity, Value
from malha.fiscal.keys import parse_key
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._since import Since
from malha.fiscal.tree import Element, Group, Paths, Place, local_name

NFE = frozenset({"55"})
NFCE = frozenset({"65"})
NFE_NFCE = NFE | NFCE
_WITH_KEYS = (Note, Event, NoteBrief, EventBrief)


class Scope(StrEnum):
    ITEM = "item"
    NOTE = "note"
    EVENT = "event"
    BATCH = "batch"
    FILE = "file"


Outcome: TypeAlias = Breach | Sequence[Breach] | None
Check: TypeAlias = Callable[..., Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A registered rule; the filters are None where it applies to all.

    ``since`` says where ``valid_from`` was read.
    ``facultative``: each state decides whether SEFAZ enforces it, so a document that breaks it may be authorised.
    ``explains``: rules that are bound to break with this one, as they compute from what it finds wrong or say the same
    in other words; the audit folds what they find into this rule's finding (`malha.fiscal.judgement`).
    """

    id: str
    severity: Severity
    scope: Scope
    check: Check
    pt: str
    en: str
    reference: str | None
    models: frozenset[str] | None
    layouts: frozenset[str] | None
    purposes: frozenset[str] | None
    crts: frozenset[str] | None
    valid_from: date | None
    since: Since | None
    valid_to: date | None
    legacy_code: str | None
    takes_options: bool
    facultative: bool
    explains: tuple[str, ...]

    def applies(self, note: Note, day: date | None) -> bool:
        """Whether the filters let this rule see the note; an undated note gets only the rules that have no dates."""
        return (
            _within(self.models, note.model)
            and _within(self.layouts, note.layout)
            and _within(self.purposes, note.purpose)
            and _within(self.crts, note.crt)
            and self.is_in_force(day)
        )

    def is_in_force(self, day: date | None) -> bool:
        """Both ends of the validity are included."""
        if day is None:
            return self.valid_from is None and self.valid_to is None
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def report(self, breach: Breach, document: Document | Brief) -> Finding:
        """The words and paths of a breach; ``document`` is used unless the breach names its own."""
        named = breach.document or document
        severity = breach.severity or self.severity
        level = LEVELS[severity]
        place = breach.at if isinstance(breach.at, Place) else _place(breach.at, named)
        return Finding(
            rule_id=self.id,
            severity=severity,
            level=level,
            weight=WEIGHTS[level],
            key=named.key if isinstance(named, _WITH_KEYS) else "",
            source_name=named.name if isinstance(named, tuple) else named.source.name,
            n_item=place.n_item,
            xpath=place.path + (f"/{breach.field}" if breach.field else "") or "/",
            found=_shown(breach.found),
            expected=_shown(breach.expected),
            formula=_shown(breach.formula() if callable(breach.formula) else breach.formula),
            reference=self.reference,
            message_pt=breach.pt or self.pt,
            message_en=breach.en or self.en,
            legacy_code=self.legacy_code,
            others=breach.others,
            related=breach.related + self.explains,
        )

    def bind(self, options: AuditOptions) -> Check:
        """The check as it is called with its scope's parameters only."""
        return partial(self.check, options=options) if self.takes_options else self.check


_RULES: dict[str, Rule] = {}


def rule(
    id: str,  # noqa: A002 - the word of the domain, always given first
    *,
    severity: Severity,
    scope: Scope,
    pt: str,
    en: str,
    reference: str | None = None,
    models: frozenset[str] | None = None,
    layouts: frozenset[str] | None = None,
    purposes: frozenset[str] | None = None,
    crts: frozenset[str] | None = None,
    valid_from: Since | None = None,
    valid_to: date | None = None,
    legacy_code: str | None = None,
    facultative: bool = False,
    explains: tuple[str, ...] = (),
) -> Callable[[Check], Check]:
    """Register the decorated function; the day that the validity is compared with is the note's day of issue."""

    def register(check: Check) -> Check:
        if id in _RULES:
            raise ValueError(f"two rules are called {id}")
        _RULES[id] = Rule(
            id=id, severity=severity, scope=scope, check=check, pt=pt, en=en, reference=reference, models=models,
            layouts=layouts, purposes=purposes, crts=crts, valid_from=valid_from and valid_from.day,
            since=valid_from, valid_to=valid_to,
            legacy_code=legacy_code, takes_options="options" in inspect.signature(check).parameters,
            facultative=facultative, explains=explains,
        )  # fmt: skip
        return check

    return register


def registered() -> tuple[Rule, ...]:
    """The rules registered so far, by id."""
    return tuple(sorted(_RULES.values(), key=lambda one: one.id))


def _month_of_key(note: Note) -> date | None:
    """The first day of the month in the access key, for a note that does not say when it was issued."""
    key = parse_key(note.key)
    month = int(key.year_month[2:]) if key else 0
    return date(2000 + int(key.year_month[:2]), month, 1) if key and 1 <= month <= 12 else None


def _within(allowed: frozenset[str] | None, value: str) -> bool:
    return allowed is None or value in allowed


def _place(at: Group | Element | None, document: Document | Brief) -> Place:
    element = at.element if isinstance(at, Group) else at
    paths = Paths() if isinstance(document, tuple) else document.source.paths
    return Place(paths.of(element), _item_number(element))


def _item_number(element: Element | None) -> int | None:
    while element is not None:
        if local_name(element.tag) == "det":
            number = element.get("nItem")
            return int(number) if number and number.isdecimal() and len(number) < 6 else None
        element = element.getparent()
    return None


_LONGEST_SHOWN = 1200
"""Longer than any field of the layouts that a rule quotes; a hostile file may hold megabytes in one."""


def _shown(value: Value) -> str | None:
    if value is None:
        return None
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


Bound: TypeAlias = tuple[tuple[Rule, Callable[..., Any]], ...]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules that apply to one kind of note, ready to be called in a row.

    Those of items are not bound to the options: they are called for every item, and a bound call takes four times as
    long.
    """

    note: Bound
    item: Bound
    item_with_options: Bound


class Rulebook:
    """All rules under one audit's options; a set is compiled once per model, layout, validity period, purpose, crt."""

    def __init__(self, rules: Sequence[Rule], options: AuditOptions) -> None:
        self._rules = [one for one in rules if _selected(one, options)]
        self._options = options
        edges = {edge for one in self._rules for edge in (one.valid_from, one.valid_to) if edge}
        self._edges = sorted(edges)
        self._sets: dict[tuple[object, ...], RuleSet] = {}
        self.event = self._bound([one for one in self._rules if one.scope is Scope.EVENT])
        self.batch = self._bound([one for one in self._rules if one.scope is Scope.BATCH])
        self.file = self._bound([one for one in self._rules if one.scope is Scope.FILE])

    def for_note(self, note: Note) -> RuleSet:
        """The rules of NOTE and ITEM scope that this note is subject to."""
        day = note.issued_at.date() if note.issued_at else _month_of_key(note)
        kind = (note.model, note.layout, note.purpose, note.crt, self._period(day))
        found = self._sets.get(kind)
        if found is None:
            rules = [one for one in self._rules if one.applies(note, day)]
            items = [(one, one.check) for one in rules if one.scope is Scope.ITEM]
            found = self._sets[kind] = RuleSet(
                note=self._bound([one for one in rules if one.scope is Scope.NOTE]),
                item=tuple((one, check) for one, check in items if not one.takes_options),
                item_with_options=tuple((one, check) for one, check in items if one.takes_options),
            )
        return found

    def _bound(self, rules: Sequence[Rule]) -> Bound:
        return tuple((one, one.bind(self._options)) for one in rules)

    def _period(self, day: date | None) -> tuple[int, bool] | None:
        if day is None:
            return None
        return sum(edge < day for edge in self._edges), day in self._edges


def _selected(one: Rule, options: AuditOptions) -> bool:
    if options.only and not one.id.startswith(tuple(options.only)):
        return False
    return not (options.skip and one.id.startswith(tuple(options.skip)))

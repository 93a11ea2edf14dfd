"""From a component and its attributes to a code, branch by branch, each with its legal reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from malha.fiscal.tables import ncm
from malha.partnumbers.classifier._tables import SINCE, rows
from malha.partnumbers.classifier._types import Branch, Level, Question, Text

_LEVELS = (2, 4, 5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Decision:
    """How deep the attributes close the code, and what closes the rest."""

    code: str
    branches: tuple[Branch, ...]
    question: Question | None


@dataclass(frozen=True, slots=True)
class _Row:
    component: str
    attribute: str
    test: str
    branch: Branch


def decide(component: str, attributes: Mapping[str, str], on: date | None = None) -> Decision | None:
    """The code of a component; None for a component that no table places.

    On a day before the tables' nomenclature only the heading is answered.
    """
    entry = _entry(component)
    if entry is None:
        return None
    if on is not None and on < SINCE:
        return Decision(entry.code[:4], (Branch(entry.code[:4], entry.because, entry.legal),), None)
    decision = _walk(entry, component, attributes)
    if is_in_force(decision.code, on):
        return decision
    kept = tuple(branch for branch in decision.branches if len(branch.code) < 8) or decision.branches[:1]
    return Decision(kept[-1].code[:7], kept, None)


def is_in_force(code: str, on: date | None) -> bool:
    """Whether a code of eight digits is in force on a day (None: has no end); shorter codes are not dated."""
    if len(code) < 8:
        return True
    if on is not None:
        return ncm.is_known(code, on)
    period = ncm.validity(code)
    return period is not None and period[1] is None


@cache
def path(code: str) -> tuple[Level, ...]:
    """The levels of the nomenclature from the chapter to the code, with their official names."""
    sizes = [size for size in _LEVELS if size <= len(code)]
    named = [Level(code[:size], name) for size in sizes if (name := _own_name(code[:size]))]
    if named and named[-1].code != code and (name := _own_name(code.ljust(8, "0"))):
        named.append(Level(code, name))  # a subheading without divisions is named on its one code, which ends in 00
    return tuple(named)


def _own_name(code: str) -> str | None:
    described = ncm.describe(code)
    return described.rpartition(" > ")[2] if described else None


def _walk(entry: Branch, component: str, attributes: Mapping[str, str]) -> Decision:
    branches = [entry]
    while True:
        open_rows = _rows_under(branches[-1].code, component)
        taken = next((row for row in open_rows if _passes(row, attributes)), None)
        if taken is None:
            return Decision(branches[-1].code, tuple(branches), _question(open_rows))
        branches.append(taken.branch)


def _rows_under(code: str, component: str) -> list[_Row]:
    return [
        row
        for row in _branches().get(code, ())
        if not row.component or (component + ".").startswith(row.component + ".")
    ]


def _passes(row: _Row, attributes: Mapping[str, str]) -> bool:
    if row.test == "otherwise":
        return True
    value = attributes.get(row.attribute)
    if value is None:
        return False
    if row.test.startswith("="):
        return value in row.test[1:].split("|")
    return _compares(value, row.test)


def _compares(value: str, test: str) -> bool:
    number = float(value)
    sign, limit = (test[:2], float(test[2:])) if test[1] == "=" else (test[:1], float(test[1:]))
    return {"<": number < limit, "<=": number <= limit, ">": number > limit, ">=": number >= limit}[sign]


def _question(open_rows: list[_Row]) -> Question | None:
    """About the attribute that most of the open branches ask for."""
    asked = [row.attribute for row in open_rows if row.attribute]
    if not asked:
        return None
    attribute = max(asked, key=asked.count)
    answers = {row.test.removeprefix("="): row.branch.code for row in open_rows if row.attribute == attribute}
    return Question(attribute, _questions()[attribute], answers)


def _entry(component: str) -> Branch | None:
    while component not in _entries() and "." in component:
        component = component.rpartition(".")[0]
    return _entries().get(component)


@cache
def _entries() -> dict[str, Branch]:
    return {name: Branch(code, Text(pt, en), legal) for name, _, _, code, legal, pt, en in rows("components", 7)}


@cache
def _names() -> dict[str, Text]:
    return {name: Text(pt, en) for name, pt, en, *_ in rows("components", 7)}


@cache
def _branches() -> dict[str, list[_Row]]:
    index: dict[str, list[_Row]] = {}
    for parent, component, attribute, test, code, legal, pt, en in rows("branches", 8):
        row = _Row(component, attribute, test, Branch(code, Text(pt, en), legal))
        index.setdefault(parent, []).append(row)
    return index


@cache
def _questions() -> dict[str, Text]:
    return {attribute: Text(pt, en) for attribute, pt, en in rows("questions", 3)}

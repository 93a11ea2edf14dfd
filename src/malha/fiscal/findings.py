"""What a rule finds: how grave it is, where, and in which words; the types that rules, reports and rows share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from malha.fiscal.briefs import Brief
from malha.fiscal.documents import Document
from malha.fiscal.tree import Element, Group, Place


class Severity(StrEnum):
    """CRITICAL: invalid document or fraud risk; HIGH: tax wrong or credit at risk; INFO: worth knowing, no fault."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Level(StrEnum):
    """The seed's words for a document's state, from best to worst (INFO leaves it OK)."""

    OK = "OK"
    INFO = "INFO"
    ALERT = "ALERTA"
    ERROR = "ERRO"


LEVELS = {
    Severity.CRITICAL: Level.ERROR,
    Severity.HIGH: Level.ERROR,
    Severity.MEDIUM: Level.ALERT,
    Severity.LOW: Level.ALERT,
    Severity.INFO: Level.INFO,
}
WEIGHTS = {Level.ERROR: 10, Level.ALERT: 2, Level.INFO: 0, Level.OK: 0}

Value: TypeAlias = Decimal | str | int | date | None


@dataclass(frozen=True, slots=True)
class Breach:
    """One place where a rule is broken; messages and paths are made of it only when it is reported.

    ``at`` and ``field`` name the element; ``pt`` and ``en`` replace the rule's words where the case says it better;
    ``severity`` replaces the rule's; ``document`` is needed from BATCH rules, ``others`` holds the keys or files that
    it was compared with.

    ``related`` holds ids of rules whose findings are consequences of this one: one mistake is one finding. The other
    rules stay as they are and fire; the audit then folds what they found in the same document, and on the same item
    where both have one, into this finding. So a consequence is still told when its cause is not audited.
    """

    at: Group | Element | Place | None
    field: str | None = None
    found: Value = None
    expected: Value = None
    formula: str | Callable[[], str] | None = None
    pt: str | None = None
    en: str | None = None
    severity: Severity | None = None
    document: Document | Brief | None = None
    others: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule as reported; ``key`` is empty where the document has none.

    ``others`` are the keys or files that it was compared with, ``related`` the ids of rules whose findings are
    consequences of this one: in a report only those that fired, which are not findings of their own there.
    """

    rule_id: str
    severity: Severity
    level: Level
    weight: int
    key: str
    source_name: str
    n_item: int | None
    xpath: str
    found: str | None
    expected: str | None
    formula: str | None
    reference: str | None
    message_pt: str
    message_en: str
    legacy_code: str | None
    others: tuple[str, ...] = ()
    related: tuple[str, ...] = ()

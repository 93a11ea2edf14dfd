"""The options of one audit: fields of the form, then JSON in the job, then the library's options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from malha.audits.errors import AuditOptionInvalidError, AuditRuleUnknownError
from malha.fiscal.identifiers import is_tax_id
from malha.fiscal.options import AuditOptions
from malha.fiscal.selection import unknown_rules

OWN_COMPANY = "own_cnpj"
ONLY_RULE = "only_rule"
SKIP_RULE = "skip_rule"
TOLERANCE = "tolerance"
NOW = "now"
MAX_TOLERANCE = Decimal(100)
_PUNCTUATION = re.compile(r"[./\s-]")
_RULE = re.compile(r"[A-Z0-9-]{1,40}", re.ASCII)


def parse_options(fields: Mapping[str, Sequence[str]], *, now: datetime) -> dict[str, Any]:
    """The form's fields as JSON; raises AuditOptionInvalidError. Fields that no audit knows are ignored."""
    options: dict[str, Any] = {NOW: now.isoformat()}
    if companies := sorted({_tax_id(value) for value in fields.get(OWN_COMPANY, ())}):
        options[OWN_COMPANY] = companies
    for name in (ONLY_RULE, SKIP_RULE):
        if rules := sorted({_rule(name, value) for value in fields.get(name, ())}):
            options[name] = rules
    if given := fields.get(TOLERANCE):
        options[TOLERANCE] = _tolerance(given[-1])
    return options


def load_options(options: Mapping[str, Any]) -> AuditOptions:
    """Back from JSON; its `now` is the instant of the request, so that a repeated run finds the same."""
    return AuditOptions(
        own_companies=frozenset(options.get(OWN_COMPANY, ())),
        tolerance=Decimal(options.get(TOLERANCE, "0.01")),
        now=datetime.fromisoformat(options[NOW]),
        only=frozenset(options.get(ONLY_RULE, ())),
        skip=frozenset(options.get(SKIP_RULE, ())),
    )


def _tax_id(value: str) -> str:
    bare = _PUNCTUATION.sub("", value).upper()
    if not is_tax_id(bare):
        raise AuditOptionInvalidError(field=OWN_COMPANY, value=value)
    return bare


def _rule(field: str, value: str) -> str:
    rule = value.strip().upper()
    if not _RULE.fullmatch(rule):
        raise AuditOptionInvalidError(field=field, value=value)
    if unknown_rules([rule]):
        raise AuditRuleUnknownError(field=field, value=value)
    return rule


def _tolerance(value: str) -> str:
    try:
        tolerance = Decimal(value.strip().replace(",", "."))
    except InvalidOperation as error:
        raise AuditOptionInvalidError(field=TOLERANCE, value=value) from error
    if not tolerance.is_finite() or not 0 <= tolerance <= MAX_TOLERANCE:
        raise AuditOptionInvalidError(field=TOLERANCE, value=value)
    return str(tolerance)

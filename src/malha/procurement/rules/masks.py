"""Numbers of persons, hidden from those who have no right to them. Names stay: PNCP publishes both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from malha.fiscal.identifiers import is_cpf

_CPF = re.compile(r"(?<![\d*])(\d{3})(\.?)(\d{3})(\.?)(\d{3})([-/ ]?)(\d{2})(?![\d*])")
_PERSON_DIGITS = 11
_NUMBER_FIELD = re.compile(r"ni[A-Z]|cpf", re.IGNORECASE)


def mask_supplier(number: str | None, kind: str | None = None) -> str | None:
    """A supplier's number: a company's as it is, a person's without its first three and last two digits."""
    if number is None or not hides_supplier(number, kind):
        return number
    return hide(re.sub(r"\D", "", number))


def hides_supplier(number: str, kind: str | None = None) -> bool:
    """Whether a supplier's number is a person's."""
    digits = re.sub(r"\D", "", number)
    return kind == "PF" or (kind != "PJ" and len(digits) == _PERSON_DIGITS) or is_cpf(digits)


def hide(digits: str) -> str:
    """`***456789**`, as the registry of companies hides its partners' numbers."""
    return f"***{digits[3:9]}**" if len(digits) == _PERSON_DIGITS else "*" * max(len(digits), 1)


def mask_text(text: str) -> str:
    """A text with each CPF in it hidden, at its length: the check digits tell it from other numbers."""
    return _CPF.sub(_mask_match, text)


def _mask_match(match: re.Match[str]) -> str:
    first, dot, second, point, third, dash, last = match.groups()
    if not is_cpf(first + second + third + last):
        return match[0]
    return f"***{dot}{second}{point}{third}{dash}**"


def mask_json(value: Any, name: str = "") -> Any:
    """A record as PNCP sent it, with every number of a person hidden, whatever field or type it comes in."""
    if isinstance(value, Mapping):
        return {key: mask_json(entry, key) for key, entry in value.items()}
    if isinstance(value, list):
        return [mask_json(entry, name) for entry in value]
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return value
    if _NUMBER_FIELD.match(name):
        return _mask_field(value)
    if isinstance(value, int):
        digits = f"{value:011d}" if value >= 0 else ""
        return hide(digits) if len(str(value)) >= 10 and is_cpf(digits) else value
    return mask_text(value)


def _mask_field(value: str | int) -> Any:
    """A field that names a number of a company or a person; a number has lost the zeros at its beginning."""
    if isinstance(value, int):
        digits = f"{value:011d}"
        return hide(digits) if is_cpf(digits) else value
    return mask_supplier(value)


@dataclass(frozen=True, slots=True)
class Eyes:
    """What one reader sees of records."""

    sees_persons: bool

    def text(self, text: str | None) -> str | None:
        """A text that people wrote."""
        return text if text is None or self.sees_persons else mask_text(text)

    def supplier(self, number: str | None, kind: str | None = None) -> str | None:
        """A supplier's number."""
        return number if self.sees_persons else mask_supplier(number, kind)

    def record(self, record: Any) -> Any:
        """A record as PNCP sent it, or a part of one."""
        return record if self.sees_persons else mask_json(record)

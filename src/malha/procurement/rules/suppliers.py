"""Numbers of suppliers: compared bare, and a person's never shown whole."""

from __future__ import annotations

import re

_PERSON = re.compile(r"[0-9]{11}")
_MARKS = re.compile(r"[./\- ]")


def bare_tax_id(text: str) -> str:
    """Without points and strokes, letters in capitals."""
    return _MARKS.sub("", text).upper()


def mask_supplier(supplier_id: str | None) -> str | None:
    """A company's number as it is, a person's (CPF) as the government's portals show it: `***.456.789-**`."""
    if supplier_id is None:
        return None
    bare = bare_tax_id(supplier_id)
    return f"***.{bare[3:6]}.{bare[6:9]}-**" if _PERSON.fullmatch(bare) else supplier_id

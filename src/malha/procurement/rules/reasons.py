"""Why a saved search has found a procurement: each condition that it makes, with what answers it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from malha.procurement.rules.filters import RecordFilter

MOST_ITEMS = 5
"""Items of one procurement that a reason names."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions are compared with."""

    organ_cnpj: str
    uf: str | None
    city_code: str | None
    modality_id: int | None
    situation_id: int | None
    estimated_total: Decimal | None
    awarded_total: Decimal | None
    published_at: datetime
    version_at: datetime

    @property
    def value(self) -> Decimal | None:
        """As the filter takes it: nothing estimated is no estimate of nothing."""
        return self.estimated_total or self.awarded_total


@dataclass(frozen=True, slots=True)
class ItemHit:
    """An item that answers the text or one of the codes; `highlight` is HTML as `highlights.highlight` makes it."""

    number: int
    description: str | None
    highlight: str | None = None


def explain(
    wanted: RecordFilter,
    facts: Facts,
    *,
    object_highlight: str | None,
    is_number: bool,
    text_items: Sequence[ItemHit],
    code_items: Sequence[ItemHit],
) -> list[dict[str, Any]]:
    """One reason for each condition of the filter: `condition`, what it wants, and what was found.

    `is_number`: the text is a number that the procurement, its process or its buyer has.
    """
    reasons: list[dict[str, Any]] = []
    if wanted.text is not None:
        named = _named(text_items)
        reasons.append(
            {
                "condition": "text",
                "wanted": wanted.text,
                "object": object_highlight,
                "items": named,
                "is_number": is_number,
            }
        )
    for condition, values, found in (
        ("organ", wanted.organ, facts.organ_cnpj),
        ("uf", wanted.uf, facts.uf),
        ("city", wanted.city, facts.city_code),
        ("modality", wanted.modality, facts.modality_id),
        ("situation", wanted.situation, facts.situation_id),
    ):
        if values:
            reasons.append({"condition": condition, "wanted": list(values), "found": found})
    reasons += _range_reason("value", wanted.value_from, wanted.value_to, facts.value)
    reasons += _range_reason("published", wanted.published_from, wanted.published_to, facts.published_at)
    reasons += _range_reason("updated", wanted.updated_from, wanted.updated_to, facts.version_at)
    if wanted.ncm or wanted.catalog:
        for condition, values in (("ncm", wanted.ncm), ("catalog", wanted.catalog)):
            if values:
                reasons.append({"condition": condition, "wanted": list(values), "items": _named(code_items)})
    if wanted.supplier:
        reasons.append({"condition": "supplier", "wanted": list(wanted.supplier)})
    return reasons


def excerpt_of(reasons: Iterable[Mapping[str, Any]]) -> str:
    """The passage that answers the text, for a letter: what was found stands in «guillemets»."""
    for reason in reasons:
        if reason["condition"] == "text":
            items = [item["highlight"] for item in reason["items"] if item["highlight"]]
            marked = reason["object"] or (items[0] if items else "")
            return html.unescape(marked.replace("<mark>", "«").replace("</mark>", "»"))
    return ""


def _named(items: Sequence[ItemHit]) -> list[dict[str, Any]]:
    return [
        {"number": item.number, "description": item.description, "highlight": item.highlight}
        for item in items[:MOST_ITEMS]
    ]


def _range_reason(condition: str, lowest: Any, highest: Any, found: Any) -> list[dict[str, Any]]:
    if lowest is None and highest is None:
        return []
    told = {"from": lowest, "to": highest, "found": found}
    return [{"condition": condition, **{name: None if value is None else str(value) for name, value in told.items()}}]

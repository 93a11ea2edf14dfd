"""What a saved search tells: data for machines, a letter in each language for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from malha.notifications.rules.notices import Entry, Letter, Notice
from malha.procurement.rules.reasons import excerpt_of

TOPIC = "procurement.search.matched"
MOST_ENTRIES = 50
"""Procurements of one letter; the data has all of the message's."""

MOST_TITLE = 200
_PAGES = "https://pncp.gov.br/app/editais"


@dataclass(frozen=True, slots=True)
class Told:
    """A match as it is told of."""

    control_number: str
    digest: str
    version_at: str
    is_new: bool
    shown: Mapping[str, Any]
    reasons: Sequence[Mapping[str, Any]]

    def data(self) -> dict[str, Any]:
        """For machines."""
        return {
            "control_number": self.control_number,
            "version": self.digest,
            "version_at": self.version_at,
            "is_new": self.is_new,
            "link": pncp_page(self.control_number),
            "path": f"/api/v1/procurement/procurements/{self.control_number}",
            **self.shown,
            "reasons": list(self.reasons),
        }


def pncp_page(control_number: str) -> str:
    """The page of a procurement in PNCP's portal; empty for a number that is none of PNCP's."""
    head, _, year = control_number.partition("/")
    pieces = head.split("-")
    if len(pieces) != 3 or not pieces[2].isdigit() or not year.isdigit():
        return ""
    return f"{_PAGES}/{pieces[0]}/{year}/{int(pieces[2])}"


def search_notice(search_id: UUID, name: str, found: Sequence[Told], *, key: str) -> Notice:
    """The notice of these matches, which are noted as told of in the transaction that writes it."""
    data = {
        "search": {"id": str(search_id), "name": name, "path": f"/api/v1/procurement/saved-searches/{search_id}"},
        "count": len(found),
        "matches": [each.data() for each in found],
    }
    return Notice(
        topic=TOPIC, key=f"{TOPIC}/{search_id}/{key}", data=data, pt=_letter(name, found, "pt"),
        en=_letter(name, found, "en"),
    )  # fmt: skip


_WORDS = {
    "pt": {
        "subject": "{name}: {count} contratações encontradas",
        "single": "{name}: 1 contratação encontrada",
        "opening": "A pesquisa salva “{name}” encontrou:",
        "more": "E mais {count}: todas estão em /api/v1/procurement/saved-searches.",
        "new": "nova",
        "changed": "alterada",
        "closes": "propostas até",
    },
    "en": {
        "subject": "{name}: {count} procurements found",
        "single": "{name}: 1 procurement found",
        "opening": "The saved search “{name}” has found:",
        "more": "And {count} more: all of them are at /api/v1/procurement/saved-searches.",
        "new": "new",
        "changed": "changed",
        "closes": "proposals until",
    },
}


def _letter(name: str, found: Sequence[Told], language: str) -> Letter:
    words = _WORDS[language]
    subject = words["single" if len(found) == 1 else "subject"].format(name=name, count=len(found))
    entries = tuple(_entry(each, language) for each in found[:MOST_ENTRIES])
    closing = words["more"].format(count=len(found) - MOST_ENTRIES) if len(found) > MOST_ENTRIES else ""
    return Letter(subject, words["opening"].format(name=name), entries, closing)


def _entry(told: Told, language: str) -> Entry:
    words, shown = _WORDS[language], told.shown
    place = [shown.get("organ_name") or shown.get("organ_cnpj"), shown.get("city"), shown.get("uf")]
    closes = shown.get("proposals_close_at")
    lines = [
        " · ".join(str(each) for each in place if each),
        " · ".join(
            [
                words["new" if told.is_new else "changed"],
                *([str(shown["modality_name"])] if shown.get("modality_name") else []),
                *([_money(shown["estimated_total"], language)] if shown.get("estimated_total") else []),
                *([f"{words['closes']} {str(closes)[:16].replace('T', ' ')}"] if closes else []),
            ]
        ),
        excerpt_of(told.reasons),
        told.control_number,
    ]
    title = str(shown.get("object") or told.control_number)
    return Entry(title[:MOST_TITLE], pncp_page(told.control_number), tuple(line for line in lines if line))


def _money(amount: Any, language: str) -> str:
    try:
        text = f"{Decimal(str(amount)):,.2f}"
    except InvalidOperation:
        return str(amount)
    return f"R$ {text.translate(str.maketrans(',.', '.,')) if language == 'pt' else text}"

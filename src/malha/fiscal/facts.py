"""What a report says of a document itself, as plain values that can be sent and stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from malha.fiscal.classification import classify
from malha.fiscal.documents import UNSUPPORTED, Document, Event, Inutilization, Note, Protocol, Unreadable

UNREADABLE = "unreadable"
LONGEST_WORD = 300
NOTE_KINDS = frozenset({"nfe", "nfce"})
_AMOUNTS = ("total", "products_total", "icms_total", "pis_total", "cofins_total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """``kind``: nfe, nfce, event, protocol, inutilization, unreadable, unsupported. Amounts are the note's own totals.

    ``message_pt`` and ``message_en`` say why a file could not be read, or what a document is that is no note.
    """

    kind: str
    key: str | None = None
    model: str | None = None
    series: str | None = None
    number: str | None = None
    issued_at: datetime | None = None
    issuer_id: str | None = None
    issuer_name: str | None = None
    issuer_uf: str | None = None
    recipient_id: str | None = None
    recipient_name: str | None = None
    recipient_uf: str | None = None
    item_count: int = 0
    total: Decimal | None = None
    products_total: Decimal | None = None
    icms_total: Decimal | None = None
    pis_total: Decimal | None = None
    cofins_total: Decimal | None = None
    classification: dict[str, Any] | None = None
    message_pt: str | None = None
    message_en: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For `load`: amounts and instants as text."""
        values = asdict(self)
        for name in _AMOUNTS:
            values[name] = None if values[name] is None else str(values[name])
        values["issued_at"] = self.issued_at and self.issued_at.isoformat()
        return values

    @classmethod
    def load(cls, values: dict[str, Any]) -> Facts:
        """Back from `as_json`."""
        read = dict(values)
        for name in _AMOUNTS:
            read[name] = None if values[name] is None else Decimal(values[name])
        read["issued_at"] = values["issued_at"] and datetime.fromisoformat(values["issued_at"])
        return cls(**read)


def facts_of(document: Document) -> Facts:
    """The facts of a document of any kind; words are cut at LONGEST_WORD."""
    match document:
        case Note():
            return _of_note(document)
        case Event():
            return _of_event(document)
        case Protocol():
            return _of_protocol(document)
        case Inutilization():
            return _of_inutilization(document)
        case Unreadable():
            return Facts(
                kind=UNSUPPORTED if document.is_unsupported else UNREADABLE,
                message_pt=document.error.message_pt,
                message_en=document.error.message_en,
            )


def _of_note(note: Note) -> Facts:
    total = note.total
    return Facts(
        kind="nfce" if note.is_nfce else "nfe",
        key=_word(note.key),
        model=_word(note.model),
        series=_word(note.series),
        number=_word(note.number),
        issued_at=note.issued_at,
        issuer_id=_word(note.issuer_id),
        issuer_name=_word(note.emit.text("xNome")),
        issuer_uf=_word(note.issuer_uf),
        recipient_id=_word(note.recipient_id),
        recipient_name=_word(note.dest.text("xNome")),
        recipient_uf=_word(note.recipient_uf),
        item_count=len(note.items),
        total=total.amount("vNF"),
        products_total=total.amount("vProd"),
        icms_total=total.amount("vICMS"),
        pis_total=total.amount("vPIS"),
        cofins_total=total.amount("vCOFINS"),
        classification=classify(note).as_json(),
    )


def _of_event(event: Event) -> Facts:
    named = _word(event.detail.text("descEvento")) or "-"
    answer = _word(event.status) or "-"
    return Facts(
        kind="event",
        key=_word(event.key),
        model=_word(event.kind),
        number=_word(event.sequence),
        issued_at=event.at,
        issuer_id=_word(event.author_id),
        message_pt=f"Evento {_word(event.kind)} ({named}) da nota {_word(event.key)}; resposta da SEFAZ: {answer}.",
        message_en=f"Event {_word(event.kind)} ({named}) of the note {_word(event.key)}; SEFAZ's answer: {answer}.",
    )


def _of_protocol(protocol: Protocol) -> Facts:
    reason = _word(protocol.group.text("xMotivo"))
    answer = f"{_word(protocol.status)}{f' ({reason})' if reason else ''}"
    return Facts(
        kind="protocol",
        key=_word(protocol.key),
        number=_word(protocol.number),
        issued_at=protocol.received_at,
        message_pt=f"Resposta da SEFAZ sobre a nota {_word(protocol.key)}: {answer}. A nota não está neste documento.",
        message_en=f"SEFAZ's answer on the note {_word(protocol.key)}: {answer}. The note is not in this document.",
    )


def _of_inutilization(unused: Inutilization) -> Facts:
    numbers = f"{unused.first}-{unused.last}"
    answer = _word(unused.status) or "-"
    return Facts(
        kind="inutilization",
        issuer_id=_word(unused.issuer_id),
        model=_word(unused.model),
        series=_word(unused.series),
        number=numbers,
        message_pt=f"Inutilização dos números {numbers} da série {_word(unused.series)}; resposta da SEFAZ: {answer}.",
        message_en=f"Numbers {numbers} of series {_word(unused.series)} declared unused; SEFAZ's answer: {answer}.",
    )


def _word(text: str | None) -> str | None:
    return (text or "")[:LONGEST_WORD] or None

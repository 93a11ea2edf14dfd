"""Events: what they do to the notes of the batch, and whether they are in order themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from malha.fiscal.batch import Batch
from malha.fiscal.briefs import EventBrief, NoteBrief
from malha.fiscal.documents import Event, parse_instant
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.keys import STATE_SITE_SERIES, parse_key
from malha.fiscal.rules._registry import Scope, rule

CANCELLATIONS = frozenset({"110111", "110112"})
CORRECTION = "110110"
REFUSALS = frozenset({"210220", "210240"})
_FORBIDDEN = re.compile(
    r"\b(valor|pre[cç]o|quantidade|qtde?|al[ií]quota|base de c[aá]lculo|imposto|remetente|destinat[aá]rio|"
    r"data d[ae] (emiss[aã]o|sa[ií]da)|parcelas?|duplicatas?)\b",
    re.IGNORECASE,
)
"""What a correction letter must not touch (Convênio S/N de 1970, art. 7º, § 1º-A)."""


@rule(
    "NF-EVT-001", severity=Severity.CRITICAL, scope=Scope.BATCH, reference="cStat 101",
    explains=("NF-PROT-008",),
    pt="A nota está cancelada.", en="The note is cancelled.",
)  # fmt: skip
def note_is_not_cancelled(batch: Batch) -> list[Breach]:
    return [_on_note(note, event, event.kind) for note, event in _pairs(batch, CANCELLATIONS)]


@rule(
    "NF-EVT-002", severity=Severity.INFO, scope=Scope.BATCH, reference="Ajuste SINIEF 07/05, cláusula 14ª-A",
    pt="A nota tem carta de correção; leia-a com a nota.", en="The note has a correction letter; read both together.",
)  # fmt: skip
def note_has_no_correction(batch: Batch) -> list[Breach]:
    """The last letter replaces the earlier ones. High when it seems to change what a letter must not."""
    last: dict[str, tuple[NoteBrief, EventBrief]] = {}
    for note, event in _pairs(batch, {CORRECTION}):
        known = last.get(note.key)
        if known is None or _sequence(known[1]) < _sequence(event):
            last[note.key] = (note, event)
    breaches: list[Breach] = []
    for note, event in last.values():
        text = event.letter
        word = _FORBIDDEN.search(text)
        if word is None:
            breaches.append(_on_note(note, event, text))
            continue
        pt = f"A carta de correção fala de “{word[0]}”, que ela não pode mudar."
        en = f"The correction letter speaks of “{word[0]}”, which it cannot change."
        breaches.append(replace(_on_note(note, event, text), pt=pt, en=en, severity=Severity.HIGH))
    return breaches


@rule(
    "NF-EVT-003", severity=Severity.MEDIUM, scope=Scope.EVENT, reference="Rejeições 572, 574 e 594",
    pt="O evento não está composto como o leiaute manda.", en="The event is not composed as the layout demands.",
)  # fmt: skip
def event_is_well_composed(event: Event) -> list[Breach]:
    if event.element is None:
        return []
    breaches: list[Breach] = []
    sequence = _sequence(event)
    identifier = f"ID{event.kind}{event.key}{sequence:02}"
    if event.group.attr("Id") != identifier:
        breaches.append(Breach(event.group, "@Id", event.group.attr("Id"), identifier))
    if event.kind[:4] in {"1101", "2102"} and not 1 <= sequence <= 20:
        breaches.append(Breach(event.group, "nSeqEvento", event.sequence, "1 a 20"))
    key = parse_key(event.key)
    issuer = key.issuer_id if key and int(key.series) not in STATE_SITE_SERIES else None
    if issuer and event.kind in CANCELLATIONS | {CORRECTION} and not _is_same_company(event.author_id, issuer):
        breaches.append(
            Breach(
                event.group,
                "CNPJ",
                event.author_id,
                issuer,
                pt="O autor do evento não é o emitente da nota.",
                en="The event's author is not the note's issuer.",
            )
        )
    return breaches


@rule(
    "NF-EVT-004", severity=Severity.MEDIUM, scope=Scope.BATCH, reference="Rejeições 501 e 596",
    pt="O evento foi feito depois do prazo.", en="The event was made after its time limit.",
)  # fmt: skip
def event_was_in_time(batch: Batch) -> list[Breach]:
    """24 hours for a cancellation (Ato COTEPE/ICMS 13/2010; some states give NFC-e 30 minutes), 720 for a letter."""
    breaches: list[Breach] = []
    for note, event in _pairs(batch, CANCELLATIONS | {CORRECTION}):
        authorised = _authorised_at(note)
        hours = 720 if event.kind == CORRECTION else 24
        if authorised and event.at and event.at - authorised > timedelta(hours=hours):
            breaches.append(
                Breach(
                    event.itself,
                    "dhEvento",
                    event.at.isoformat(),
                    f"até {hours} h depois de {authorised.isoformat()}",
                    document=event,
                    others=(note.key,),
                )
            )
    return breaches


@rule(
    "NF-EVT-005", severity=Severity.HIGH, scope=Scope.BATCH, reference="Ajuste SINIEF 07/05, cláusula 15ª-A",
    pt="O destinatário declarou que desconhece a operação ou que ela não se realizou.",
    en="The recipient declared not to know the operation, or that it did not happen.",
)  # fmt: skip
def recipient_accepts_the_note(batch: Batch) -> list[Breach]:
    """The last declaration holds; only refusals that stand are told."""
    last: dict[str, tuple[NoteBrief, EventBrief]] = {}
    for note, event in _pairs(batch, REFUSALS | {"210200", "210210"}):
        known = last.get(note.key)
        if known is None or _moment(known[1]) <= _moment(event):
            last[note.key] = (note, event)
    return [
        _on_note(note, event, event.kind, event.reason or None)
        for note, event in last.values()
        if event.kind in REFUSALS
    ]


@rule(
    "NF-EVT-006", severity=Severity.MEDIUM, scope=Scope.BATCH, reference="Rejeição 575",
    pt="Quem manifestou não é o destinatário da nota.", en="Who declared is not the note's recipient.",
)  # fmt: skip
def manifestation_is_the_recipients(batch: Batch) -> list[Breach]:
    kinds = REFUSALS | {"210200", "210210"}
    return [
        Breach(event.itself, "CNPJ", event.author_id, note.recipient_id, document=event, others=(note.key,))
        for note, event in _pairs(batch, kinds)
        if note.recipient_id and event.is_whole and not _is_same_company(event.author_id, note.recipient_id)
    ]


@rule(
    "NF-EVT-007", severity=Severity.MEDIUM, scope=Scope.EVENT, reference="MOC, retorno do evento",
    pt="A SEFAZ não registrou o evento.", en="SEFAZ did not register the event.",
)  # fmt: skip
def event_was_registered(event: Event) -> Breach | None:
    """573 says that the same event is registered already."""
    if not event.status or event.is_registered or event.status == "573":
        return None
    return Breach(event.answer, "cStat", event.status, "135, 136, 155", event.answer.text("xMotivo"))


def _pairs(batch: Batch, kinds: frozenset[str] | set[str]) -> Iterator[tuple[NoteBrief, EventBrief]]:
    """Notes with their registered events of these kinds."""
    for event in batch.events:
        if event.kind in kinds and event.is_registered:
            for note in batch.notes_by_key.get(event.key, ()):
                yield note, event


def _on_note(note: NoteBrief, event: EventBrief, found: str, formula: str | None = None) -> Breach:
    return Breach(note.itself, "@Id", found, formula=formula, document=note, others=(event.name,))


def _sequence(event: Event | EventBrief) -> int:
    return int(event.sequence) if event.sequence.isdecimal() and len(event.sequence) < 4 else 0


def _moment(event: EventBrief) -> float:
    return event.at.timestamp() if event.at else 0.0


def _authorised_at(note: NoteBrief) -> datetime | None:
    return parse_instant(note.protocol.received) if note.protocol else None


def _is_same_company(one: str, other: str) -> bool:
    """Same CNPJ base, or the same CPF (padded with zeros inside a key)."""
    if len(one) == 11:
        return one == other[-11:]
    return one[:8] == other[:8]

"""Notes against each other: the same key, the same number, the same sale, and numbers that are missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar

from malha.fiscal.batch import Batch
from malha.fiscal.briefs import NoteBrief
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules.events import CANCELLATIONS
from malha.fiscal.tree import ZERO, parse_amount

_T = TypeVar("_T")
_REPEATED_WITHIN = timedelta(days=5)


@rule(
    "NF-DUP-001", severity=Severity.CRITICAL, scope=Scope.BATCH, reference="Rejeição 204",
    pt="Duas notas diferentes trazem a mesma chave de acesso.", en="Two different notes carry the same access key.",
)  # fmt: skip
def key_is_used_once(batch: Batch) -> list[Breach]:
    """Only a word to the reader, when the same note came twice: the same file, or the NFe beside its own nfeProc."""
    breaches: list[Breach] = []
    for notes in batch.notes_by_key.values():
        first, *others = notes
        for note in others:
            breach = Breach(note.itself, "@Id", note.key, document=note, others=(first.name,))
            if note.content == first.content:
                breach = replace(
                    breach, severity=Severity.INFO, pt="A mesma nota veio mais de uma vez neste lote.",
                    en="The same note came more than once in this batch.",
                )  # fmt: skip
            breaches.append(breach)
    return breaches


@rule(
    "NF-DUP-002", severity=Severity.CRITICAL, scope=Scope.BATCH, reference="Rejeição 539",
    explains=("NF-DUP-003",),
    pt="Duas notas do mesmo emitente têm o mesmo modelo, série e número, com chaves diferentes.",
    en="Two notes of one issuer have the same model, series and number under different keys.",
)  # fmt: skip
def number_is_used_once(batch: Batch) -> list[Breach]:
    breaches: list[Breach] = []
    for notes in _grouped((_numbering(note), note) for note in batch.notes):
        keys = {note.key for note in notes}
        if len(keys) > 1:
            breaches += [
                Breach(note.ide, "nNF", note.number, document=note, others=tuple(sorted(keys - {note.key})))
                for note in notes
            ]
    return breaches


def _numbering(note: NoteBrief) -> Hashable:
    return note.issuer_id, note.model, note.series, note.number, note.environment


@rule(
    "NF-DUP-003", severity=Severity.HIGH, scope=Scope.BATCH,
    pt="A mesma venda parece ter sido faturada duas vezes: mesmas partes, itens e valor.",
    en="The same sale seems to have been invoiced twice: same parties, items and value.",
)  # fmt: skip
def sale_is_invoiced_once(batch: Batch) -> list[Breach]:
    """Normal NF-e only, none of them cancelled; medium when they are days apart, as deliveries do repeat."""
    if len(batch.notes) < 2:
        return []
    breaches: list[Breach] = []
    for notes in _grouped((_sale(note), note) for note in batch.notes if _is_comparable(batch, note)):
        dated = sorted(
            ((note.issued_at, note.key, note) for note in notes if note.issued_at), key=lambda one: (one[0], one[1])
        )
        for (before, key, _), (after, own_key, note) in pairwise(dated):
            if own_key == key or after - before > _REPEATED_WITHIN:
                continue
            severity = None if after.date() == before.date() else Severity.MEDIUM
            breaches.append(
                Breach(
                    note.totals, "vNF", note.total, document=note, others=(key,), severity=severity,
                    formula=f"{before.isoformat()} / {after.isoformat()}",
                )
            )  # fmt: skip
    return breaches


def _is_comparable(batch: Batch, note: NoteBrief) -> bool:
    if (
        note.model not in NFE
        or note.purpose != "1"
        or not note.recipient_id
        or parse_amount(note.total) in {None, ZERO}
    ):
        return False
    return not any(event.kind in CANCELLATIONS for event in batch.events_by_key.get(note.key, ()))


def _sale(note: NoteBrief) -> Hashable:
    return note.issuer_id, note.recipient_id, note.direction, note.total, note.sale


@rule(
    "NF-SEQ-001", severity=Severity.MEDIUM, scope=Scope.BATCH,
    pt="Faltam números antes desta nota, sem inutilização.",
    en="Numbers before this note are missing, without being declared unused.",
)  # fmt: skip
def numbers_follow_each_other(batch: Batch) -> list[Breach]:
    """For notes that an own company issued; the range that is judged is the one that the batch spans."""
    breaches: list[Breach] = []
    own = (note for note in batch.notes if note.issuer_id in batch.options.own_companies and note.number.isdecimal())
    for notes in _grouped(((note.issuer_id, note.model, note.series), note) for note in own):
        numbered = {int(note.number): note for note in notes}
        numbers = sorted(numbered)
        for before, number in pairwise(numbers):
            missing = [one for one in _ranges(before + 1, number - 1, _declared_unused(batch, notes[0])) if one]
            if missing:
                note = numbered[number]
                breaches.append(Breach(note.ide, "nNF", note.number, ", ".join(missing), document=note))
    return breaches


def _declared_unused(batch: Batch, note: NoteBrief) -> list[tuple[int, int]]:
    """Ranges of this numbering, refused ones left out."""
    return sorted(
        (one.first, one.last)
        for one in batch.inutilizations
        if (one.issuer_id, one.model, one.series) == (note.issuer_id, note.model, note.series)
        and one.status in {"", "102"}
    )


def _ranges(first: int, last: int, unused: list[tuple[int, int]]) -> Iterator[str]:
    for start, end in unused:
        if end < first or start > last:
            continue
        yield _range(first, start - 1)
        first = end + 1
    yield _range(first, last)


def _range(first: int, last: int) -> str:
    if first > last:
        return ""
    return str(first) if first == last else f"{first}-{last}"


def _grouped(pairs: Iterable[tuple[Hashable, _T]]) -> Iterator[list[_T]]:
    groups: defaultdict[Hashable, list[_T]] = defaultdict(list)
    for key, one in pairs:
        groups[key].append(one)
    return (group for group in groups.values() if len(group) > 1)

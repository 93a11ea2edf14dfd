"""References compared with the referenced notes that are in the same audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from malha.fiscal.batch import Batch
from malha.fiscal.briefs import ItemBrief, NoteBrief
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import Scope, rule
from malha.fiscal.tree import ZERO, parse_amount

_CANCELLATIONS = frozenset({"110111", "110112"})
_CANCELLED, _DENIED = frozenset({"101", "151", "155"}), frozenset({"110", "205", "301", "302", "303"})


@rule(
    "NF-REF-003", severity=Severity.HIGH, scope=Scope.BATCH, reference="Rejeições 545 e 546 (NT 2022.005)",
    pt="As devoluções somam mais do que a nota devolvida.", en="The returns add up to more than the returned note.",
)  # fmt: skip
def returns_stay_within_the_original(batch: Batch) -> list[Breach]:
    breaches: list[Breach] = []
    returned: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for note in batch.notes:
        if note.purpose != "4" or batch.notes_by_key[note.key][0] is not note:
            continue
        originals = _originals(batch, note)
        total, values = parse_amount(note.total), [parse_amount(original.total) for original in originals]
        limit = sum((value for value in values if value is not None), ZERO)
        if originals and total is not None and None not in values:
            before = sum((returned[one.key] for one in originals), ZERO)
            if before + total > limit:
                breaches.append(_too_much(note, originals, (before, total, limit)))
            if len(originals) == 1:
                returned[originals[0].key] += total
        breaches += _items_beyond(batch, note)
    return breaches


def _originals(batch: Batch, note: NoteBrief) -> list[NoteBrief]:
    """The notes that this one returns, or nothing when one of them is not in the audit."""
    keys = note.references
    found = [batch.notes_by_key[key][0] for key in keys if key in batch.notes_by_key]
    return found if keys and len(found) == len(keys) else []


def _too_much(note: NoteBrief, originals: list[NoteBrief], amounts: tuple[Decimal, Decimal, Decimal]) -> Breach:
    """The amounts are what was returned before, what is returned now, and what was sold."""
    before, total, limit = amounts
    return Breach(
        note.totals, "vNF", before + total, limit,
        lambda: f"devolvido antes {before} + esta devolução {total} > vNF das notas devolvidas {limit}",
        document=note, others=tuple(one.key for one in originals),
    )  # fmt: skip


def _items_beyond(batch: Batch, note: NoteBrief) -> Iterator[Breach]:
    for item in note.items:
        key, number = item.returned_key, item.returned_number
        if not key or not number or key not in batch.notes_by_key:
            continue
        original = next((one for one in batch.notes_by_key[key][0].items if str(one.number) == number), None)
        if original and _same_unit(item, original):
            found, limit = parse_amount(item.quantity), parse_amount(original.quantity)
            if found is not None and limit is not None and found > limit:
                yield Breach(
                    note.inside(item, "prod"), "qTrib", found, limit, f"item {number} da nota devolvida",
                    document=note, others=(key,),
                    pt="O item devolve mais do que a nota devolvida vendeu.",
                    en="The item returns more than the returned note sold.",
                )  # fmt: skip


def _same_unit(item: ItemBrief, original: ItemBrief) -> bool:
    return item.unit.upper() == original.unit.upper()


@rule(
    "NF-REF-004", severity=Severity.MEDIUM, scope=Scope.BATCH, reference="Rejeições 686 e 687",
    pt="Nota complementar de nota cancelada ou denegada.", en="A complementary note of a cancelled or denied note.",
)  # fmt: skip
def complement_is_of_a_standing_note(batch: Batch) -> list[Breach]:
    return [
        Breach(note.ide, "NFref", key, formula=fate, document=note, others=(key,))
        for note in batch.notes
        if note.purpose == "2"
        for key in note.references
        if (fate := _fate(batch, key))
    ]


def _fate(batch: Batch, key: str) -> str | None:
    """Why a note no longer stands, as far as the audited files tell."""
    for event in batch.events_by_key.get(key, ()):
        if event.kind in _CANCELLATIONS and event.is_registered:
            return f"evento {event.kind}, cStat {event.status} (rejeição 686)"
    answers = [note.protocol.status for note in batch.notes_by_key.get(key, ()) if note.protocol]
    answers += [protocol.status for protocol in batch.protocols_by_key.get(key, ())]
    for status in answers:
        if status in _CANCELLED | _DENIED:
            return f"cStat {status} (rejeição {'686' if status in _CANCELLED else '687'})"
    return None

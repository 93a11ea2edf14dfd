"""How a note with one mistake is written down: a sound note, and what the person changed in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from tests.factories.truth import File, TruthCase

from malha.fiscal.options import AuditOptions
from malha.simulators.nfe import NoteBuilder
from malha.simulators.nfe.check_digits import access_key

Note = Callable[[], NoteBuilder]


def mistake(name: str, rules: str, note: Note, *edits: str) -> TruthCase:
    """One authorised note. Edits are ``path=value``, ``-path`` (left out) and ``+path <markup>`` (put in)."""
    return TruthCase(name, lambda: edited(note(), *edits).authorised(), frozenset(rules.split()))


def file(
    name: str, rules: str, build: Callable[[], bytes | Sequence[File]], *, own: frozenset[str] = frozenset()
) -> TruthCase:
    """Whole files, changed after signing or audited together; ``own`` are the companies of the one who audits."""
    return TruthCase(name, build, frozenset(rules.split()), AuditOptions(own_companies=own))


def edited(note: NoteBuilder, *edits: str) -> NoteBuilder:
    for edit in edits:
        if edit.startswith("-"):
            note.remove(edit[1:])
        elif edit.startswith("+"):
            path, _, markup = edit[1:].partition(" ")
            note.add(path, markup)
        else:
            path, _, value = edit.partition("=")
            note.set(path, value)
    return note


def rekeyed(note: NoteBuilder, start: int, digits: str) -> NoteBuilder:
    """The key with other digits from position ``start`` (0 to 42) on, its check digit right again."""
    base = note.key[:43]
    key = access_key(base[:start] + digits + base[start + len(digits) :])
    return edited(note, f"@Id=NFe{key}", f"ide/cDV={key[-1]}", f"protNFe/infProt/chNFe={key}")


def cents(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01")))


def first_value(note: NoteBuilder) -> Decimal:
    """vProd and costs of the first item."""
    return note.plan().lines[0].operation_value

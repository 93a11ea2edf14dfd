"""Rules on events, alone and beside their notes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.factories.file_cases import FileCase, assert_fires, assert_silent, findings

from malha.fiscal.findings import Severity
from malha.simulators.nfe import EventBuilder, NoteBuilder, cancellation, correction, manifestation, xml


def note() -> NoteBuilder:
    return NoteBuilder(105)


def with_note(*events: EventBuilder) -> list[bytes]:
    return [note().authorised(), *(event.processed() for event in events)]


def cancelled() -> EventBuilder:
    return cancellation(note().plan())


def inside(markup: bytes) -> bytes:
    """The authorised note with something more in its nfeProc."""
    return note().authorised().replace(b"</nfeProc>", markup.removeprefix(xml.HEAD) + b"</nfeProc>")


def answer_of(event: EventBuilder) -> bytes:
    """retEvento alone."""
    data = event.processed()
    found = data[data.index(b"<retEvento") : data.index(b"</retEvento>") + len(b"</retEvento>")]
    return found.replace(b"<retEvento", f'<retEvento xmlns="{xml.NFE}"'.encode(), 1)


def corrected(text: str = "O bairro correto e Jardim de Exemplo") -> EventBuilder:
    return correction(note().plan(), text)


def refused(kind: str = "210220") -> EventBuilder:
    return manifestation(note().plan(), kind)


def after(hours: int) -> EventBuilder:
    return cancelled().at(note().plan().issued_at + timedelta(hours=hours))


CASES = [
    FileCase("NF-EVT-001", "cancelled", lambda: with_note(cancelled()), at="infNFe/@Id"),
    FileCase("NF-EVT-001", "event in the note's file", lambda: inside(cancelled().processed()), at="infNFe/@Id"),
    FileCase("NF-EVT-001", "answer in the note's file", lambda: inside(answer_of(cancelled())), at="infNFe/@Id"),
    FileCase("NF-EVT-001", "late answer", lambda: inside(answer_of(cancelled()).replace(b">135<", b">155<"))),
    FileCase(
        "NF-EVT-001", "refused answer in the note's file", lambda: inside(answer_of(cancelled())),
        clean=lambda: inside(answer_of(cancelled()).replace(b">135<", b">501<")),
    ),
    FileCase("NF-EVT-001", "answer alone", lambda: [note().authorised(), answer_of(cancelled())], at="infNFe/@Id"),
    FileCase(
        "NF-EVT-001", "another note's", lambda: with_note(cancelled()),
        clean=lambda: [NoteBuilder(106).authorised(), cancelled().processed()],
    ),
    FileCase("NF-EVT-002", "harmless letter", lambda: with_note(corrected()), severity=Severity.INFO),
    FileCase(
        "NF-EVT-002", "forbidden letter", lambda: with_note(corrected("A quantidade correta do item 1 e 20")),
        severity=Severity.HIGH,
    ),
    FileCase(
        "NF-EVT-002", "the last letter counts", severity=Severity.INFO,
        broken=lambda: with_note(corrected("O valor correto e 10,00 de exemplo"), corrected().numbered(2)),
    ),
    FileCase("NF-EVT-003", "sequence", lambda: cancelled().numbered(21).processed(), at="nSeqEvento",
             clean=lambda: cancelled().processed()),
    FileCase("NF-EVT-003", "identifier", lambda: cancelled().set("@Id", "ID1").processed(), at="@Id",
             clean=lambda: cancelled().processed()),
    FileCase("NF-EVT-003", "author", lambda: cancelled().written_by(NoteBuilder(107).plan().issuer).processed(),
             at="CNPJ", clean=lambda: cancelled().processed()),
    FileCase("NF-EVT-004", "late cancellation", lambda: with_note(after(30)), clean=lambda: with_note(after(20)),
             at="dhEvento"),
    FileCase(
        "NF-EVT-004", "late letter", at="dhEvento", clean=lambda: with_note(corrected()),
        broken=lambda: with_note(corrected().at(note().plan().issued_at + timedelta(days=31))),
    ),
    FileCase("NF-EVT-005", "unknown to the recipient", lambda: with_note(refused()), at="infNFe/@Id"),
    FileCase("NF-EVT-005", "did not happen", lambda: with_note(refused("210240")),
             clean=lambda: with_note(refused("210200"))),
    FileCase(
        "NF-EVT-006", "declared by a stranger", at="CNPJ", clean=lambda: with_note(refused("210200")),
        broken=lambda: with_note(refused("210200").written_by(NoteBuilder(107).plan().issuer)),
    ),
    FileCase(
        "NF-EVT-007", "refused by SEFAZ", at="cStat", clean=lambda: cancelled().processed(),
        broken=lambda: cancelled().set("retEvento/infEvento/cStat", "220").processed(),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_where_it_should(case: FileCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_what_is_right(case: FileCase) -> None:
    assert_silent(case)


def test_an_event_that_was_not_registered_cancels_nothing() -> None:
    (case,) = [one for one in CASES if one.label == "cancelled"]
    event = cancelled().set("retEvento/infEvento/cStat", "220")
    assert findings(case, with_note(event)) == []


def test_a_confirmation_after_a_refusal_settles_it() -> None:
    (case,) = [one for one in CASES if one.label == "unknown to the recipient"]
    later = refused("210200").at(note().plan().issued_at + timedelta(days=5))
    assert findings(case, with_note(refused(), later)) == []

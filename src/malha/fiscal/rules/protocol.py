"""SEFAZ's protocol: there, positive, and of this note."""

from __future__ import annotations

from collections.abc import Iterator

from malha.fiscal.batch import Batch
from malha.fiscal.briefs import NoteBrief, ProtocolBrief
from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import Scope, rule
from malha.fiscal.rules._trust import AUTHORISED
from malha.fiscal.tables import uf
from malha.fiscal.tree import Place

CANCELLED = frozenset({"101", "151", "155"})
DENIED = frozenset({"110", "205", "301", "302", "303"})
_UNKNOWN = "217"


@rule(
    "NF-PROT-001", severity=Severity.HIGH, scope=Scope.BATCH,
    pt="Falta o protocolo da SEFAZ: o arquivo não prova que a nota foi autorizada.",
    en="SEFAZ's protocol is missing: the file does not prove that the note was authorised.",
)  # fmt: skip
def note_has_protocol(batch: Batch) -> list[Breach]:
    """A protocol that came in a file of its own counts, and so does the one beside the same note in another file."""
    return [
        Breach(note.itself, expected="protNFe", document=note)
        for note in batch.notes
        if note.protocol is None and not _is_authorised_elsewhere(batch, note)
    ]


def _is_authorised_elsewhere(batch: Batch, note: NoteBrief) -> bool:
    if any(answer.status in AUTHORISED for answer in batch.protocols_by_key.get(note.key, ())):
        return True
    copies = (other for other in batch.notes_by_key[note.key] if other.content == note.content)
    return any(copy.protocol is not None and copy.protocol.status in AUTHORISED for copy in copies)


@rule(
    "NF-PROT-002", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="MOC, tabela de cStat",
    pt="A SEFAZ não autorizou a nota.", en="SEFAZ did not authorise the note.",
)  # fmt: skip
def protocol_authorises(note: Note) -> Breach | None:
    status = note.protocol.text("cStat") if note.protocol else None
    if note.protocol is None or status in AUTHORISED:
        return None
    return Breach(note.protocol, "cStat", status, "100, 150", note.protocol.text("xMotivo"))


@rule(
    "NF-PROT-003", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="Rejeições 216 e 613",
    explains=("NF-PROT-007",),
    pt="O protocolo é de outra nota.", en="The protocol is of another note.",
)  # fmt: skip
def protocol_is_of_this_note(note: Note) -> Breach | None:
    key = note.protocol.text("chNFe") if note.protocol else None
    if note.protocol is None or key == note.key:
        return None
    return Breach(note.protocol, "chNFe", key, note.key)


@rule(
    "NF-PROT-004", severity=Severity.CRITICAL, scope=Scope.BATCH, reference="MOC, PR07 (digVal)",
    pt="O resumo que a SEFAZ autorizou não é o desta nota: ela foi trocada ou reassinada depois.",
    en="The digest that SEFAZ authorised is not this note's: it was replaced or signed again afterwards.",
)  # fmt: skip
def protocol_quotes_the_digest(batch: Batch) -> list[Breach]:
    """The protocol beside the note in its file, and those of its key in files of their own."""
    return [
        Breach(place, "digVal", authorised, note.digest, document=note, others=files)
        for note in batch.notes
        if note.digest
        for place, authorised, files in _protocols(batch, note)
        if authorised and authorised != note.digest
    ]


def _protocols(batch: Batch, note: NoteBrief) -> Iterator[tuple[Place, str, tuple[str, ...]]]:
    """Place and digest of each protocol of the note, and the name of the file unless that is the note's own."""
    if note.protocol is not None and note.protocol.key == note.key:
        yield note.protocol.itself, note.protocol.digest, ()
    for answer in batch.protocols_by_key.get(note.key, ()):
        if answer.status in AUTHORISED:
            yield answer.itself, answer.digest, (answer.name,)


@rule(
    "NF-PROT-005", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="Rejeição 252",
    pt="Nota do ambiente de homologação: não tem valor fiscal.",
    en="A note of the test environment: it has no fiscal value.",
)  # fmt: skip
def note_is_of_production(note: Note) -> Breach | None:
    if note.ide.text("tpAmb") == "2":
        return Breach(note.ide, "tpAmb", "2", "1")
    if note.protocol and note.protocol.text("tpAmb") == "2":
        return Breach(note.protocol, "tpAmb", "2", "1")
    return None


@rule(
    "NF-PROT-006", severity=Severity.MEDIUM, scope=Scope.NOTE, reference="cStat 150",
    pt="A nota foi autorizada fora do prazo.", en="The note was authorised out of time.",
)  # fmt: skip
def note_was_authorised_in_time(note: Note) -> Breach | None:
    if note.protocol is None or note.protocol.text("cStat") != "150":
        return None
    return Breach(note.protocol, "cStat", "150", "100")


@rule(
    "NF-PROT-007", severity=Severity.MEDIUM, scope=Scope.NOTE, reference="MOC, PR09 (nProt)",
    pt="O número do protocolo não é de um protocolo desta nota.",
    en="The protocol number is not one that this note could have.",
)  # fmt: skip
def protocol_number_fits(note: Note) -> Breach | None:
    """Fifteen digits, or seventeen: kind of authority, state, year, sequence.

    The state is judged where the state itself authorised (kind 1); virtual authorities number in their own ways.
    """
    if note.protocol is None or note.protocol.text("cStat") not in AUTHORISED:
        return None
    number, state = note.protocol.text("nProt") or "", note.ide.text("cUF")
    if not (number.isascii() and number.isdigit() and len(number) in {15, 17}):
        return Breach(note.protocol, "nProt", number, "15 algarismos")
    if number[0] == "1" and number[1:3] != state and uf.from_code(number[1:3]):
        return Breach(note.protocol, "nProt", number[1:3], state)
    return None


@rule(
    "NF-PROT-008", severity=Severity.CRITICAL, scope=Scope.BATCH, reference="MOC, tabela de cStat",
    explains=("NF-PROT-001",),
    pt="Um retorno da SEFAZ neste lote diz que a nota está cancelada, denegada ou não existe.",
    en="An answer of SEFAZ in this batch says that the note is cancelled, denied or unknown.",
)  # fmt: skip
def answers_agree_with_notes(batch: Batch) -> list[Breach]:
    """Told of the note, or of the answer itself where the note is not in the batch.

    Answers of other kinds (busy, rejected query) say nothing about the note.
    """
    bad = CANCELLED | DENIED | {_UNKNOWN}
    answers = [answer for answer in batch.protocols if answer.status in bad]
    return [breach for answer in answers for breach in _bad_answer(batch, answer)]


def _bad_answer(batch: Batch, answer: ProtocolBrief) -> Iterator[Breach]:
    found, expected, reason = answer.status, "100, 150", answer.reason
    notes = batch.notes_by_key.get(answer.key, ())
    for note in notes:
        yield Breach(note.itself, None, found, expected, reason, document=note, others=(answer.name,))
    if not notes:
        yield Breach(
            answer.itself, "cStat", found, expected, reason, document=answer, others=(answer.key,),
            pt="A nota a que este retorno se refere está cancelada, denegada ou não existe.",
            en="The note that this answer is about is cancelled, denied or unknown.",
        )  # fmt: skip

"""Direction and destination: CFOP against tpNF, idDest and the states of issuer and recipient."""

from __future__ import annotations

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._places import is_delivered_elsewhere, is_in_presence, is_sold_as_export, is_to_itself
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_3_10, MOC_4_01

_INCOMING, _OUTGOING = frozenset("123"), frozenset("567")
_INTERNAL, _INTERSTATE, _FOREIGN = frozenset("15"), frozenset("26"), frozenset("37")
_DESTINATION_OF_FIRST_DIGIT = {"1": "1", "5": "1", "2": "2", "6": "2", "3": "3", "7": "3"}
_DESTINATION_REJECTION = {"1": "733", "2": "732", "3": "731"}
_GOODS_MOVE = frozenset({"1", "4"})
ABROAD = "EX"


@rule(
    "NF-CFOP-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeição 518 (I08-10)",
    explains=("NF-CFOP-003", "NF-CFOP-005", "NF-CFOP-009", "NF-65-725"),
    pt="CFOP de entrada em nota de saída.", en="A CFOP of entry in a note of exit.",
)  # fmt: skip
def exit_note_has_exit_cfop(note: Note, item: Item) -> Breach | None:
    if note.direction != "1" or not item.cfop or item.cfop[0] not in _INCOMING:
        return None
    return Breach(item.prod, "CFOP", item.cfop, "5xxx, 6xxx, 7xxx", "tpNF 1 (saída)")


@rule(
    "NF-CFOP-002", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeição 519 (I08-20)",
    explains=("NF-CFOP-003", "NF-CFOP-005", "NF-IPI-002"),
    pt="CFOP de saída em nota de entrada.", en="A CFOP of exit in a note of entry.",
)  # fmt: skip
def entry_note_has_entry_cfop(note: Note, item: Item) -> Breach | None:
    if note.direction != "0" or not item.cfop or item.cfop[0] not in _OUTGOING:
        return None
    return Breach(item.prod, "CFOP", item.cfop, "1xxx, 2xxx, 3xxx", "tpNF 0 (entrada)")


@rule(
    "NF-CFOP-003", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE,
    valid_from=LAYOUT_3_10, reference="Rejeições 731, 732 e 733",
    pt="O primeiro dígito do CFOP não combina com o destino da operação (idDest).",
    en="The first digit of the CFOP does not fit the destination of the operation (idDest).",
)  # fmt: skip
def cfop_fits_destination(note: Note, item: Item) -> Breach | None:
    destination = note.ide.text("idDest")
    if destination is None or not item.cfop:
        return None
    expected = _DESTINATION_OF_FIRST_DIGIT.get(item.cfop[0])
    if expected is None or expected == destination or is_sold_as_export(item):
        return None
    return Breach(
        item.prod, "CFOP", item.cfop, f"idDest {expected}",
        lambda: f"CFOP {item.cfop} com idDest {destination} (rejeição {_DESTINATION_REJECTION[expected]})",
    )  # fmt: skip


@rule(
    "NF-CFOP-004", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE,
    valid_from=MOC_4_01, reference="Rejeição 520 (I08-30)",
    explains=("NF-CFOP-003", "NF-CFOP-009", "NF-EXP-001", "NF-IMP-001"),
    pt="CFOP de operação com o exterior e destinatário em estado brasileiro.",
    en="A CFOP of foreign trade with a recipient in a Brazilian state.",
)  # fmt: skip
def foreign_cfop_has_foreign_recipient(note: Note, item: Item) -> Breach | None:
    if not item.cfop or item.cfop[0] not in _FOREIGN or note.recipient_uf in {ABROAD, ""}:
        return None
    if is_sold_as_export(item):
        return None
    return Breach(item.prod, "CFOP", item.cfop, f"UF {ABROAD}", f"UF do destinatário: {note.recipient_uf}")


@rule(
    "NF-CFOP-005", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE,
    valid_from=MOC_4_01, reference="Rejeições 521, 522 e 523 (I08-40, I08-50, I08-60)",
    pt="CFOP interno ou interestadual em desacordo com os estados do emitente e do destinatário.",
    en="An internal or interstate CFOP against the states of issuer and recipient.",
)  # fmt: skip
def cfop_fits_states(note: Note, item: Item) -> Breach | None:
    issuer, recipient = note.issuer_uf, note.recipient_uf
    if not item.cfop or not issuer or recipient in {ABROAD, ""}:
        return None
    first = item.cfop[0]
    wrong = first in _INTERSTATE if issuer == recipient else first in _INTERNAL and note.dest.text("indIEDest") == "1"
    if not wrong or is_delivered_elsewhere(note, item) or is_in_presence(note) or is_to_itself(note):
        return None
    expected = "1xxx ou 5xxx" if issuer == recipient else "2xxx ou 6xxx"
    return Breach(item.prod, "CFOP", item.cfop, expected, f"emitente em {issuer}, destinatário em {recipient}")


@rule(
    "NF-CFOP-006", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE, purposes=_GOODS_MOVE,
    valid_from=LAYOUT_3_10, reference="Rejeições 771, 772 e 773",
    explains=("NF-CFOP-003", "NF-CFOP-005", "CFOP-GEO-01", "CFOP-GEO-02", "NF-DIFAL-001", "NF-DIFAL-003",
              "NF-PRD-009", "NF-PRD-010"),
    pt="Destino da operação (idDest) em desacordo com os estados do emitente e do destinatário.",
    en="The destination (idDest) goes against the states of issuer and recipient.",
)  # fmt: skip
def destination_fits_states(note: Note) -> Breach | None:
    destination, issuer, recipient = note.ide.text("idDest"), note.issuer_uf, note.recipient_uf
    if destination not in {"1", "2"} or not issuer or not recipient:
        return None
    if destination == "2" and recipient == ABROAD:
        return Breach(note.ide, "idDest", "2", "3", "rejeição 771: destinatário no exterior")
    if (issuer == recipient) == (destination == "1"):
        return None
    if any(is_delivered_elsewhere(note, item) for item in note.items) or is_to_itself(note):
        return None
    if destination == "1" and is_in_presence(note):
        return None
    rejection = "772" if destination == "2" else "773"
    expected = "1" if issuer == recipient else ("3" if recipient == ABROAD else "2")
    states = f"emitente em {issuer}, destinatário em {recipient}"
    return Breach(note.ide, "idDest", destination, expected, f"rejeição {rejection}: {states}")

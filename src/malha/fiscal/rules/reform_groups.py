"""Tax reform: groups that the indicators of CST and cClassTrib demand or forbid (NT 2025.002, UB)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._reform import STOCK_LOSS, classification_of, parts_of, public_purchase, situation_of
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import NT_2025_002, NT_2025_002_V1_51
from malha.fiscal.tables.ibscbs import Cst
from malha.fiscal.tree import Group

_SINGLE_PHASE_SINCE = date(2027, 1, 1)
_DEBIT_CLASSES = {"01": "800002", "02": "811001", "03": "811002", "05": "800001", "07": "410030", "08": "811003"}
_CREDIT_CLASSES = {"02": "810001", "05": "800001"}


@rule(
    "RTC-004", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="NT 2025.002 (UB13-20 a UB13-45, UB22, UB26, UB40, UB45, UB59, UB64, UB68, UB112, UB116, UB131)",
    pt="Grupo de IBS e CBS em desacordo com os indicadores do CST.",
    en="A group of IBS and CBS goes against the indicators of the CST.",
)  # fmt: skip
def groups_fit_situation(note: Note, item: Item) -> Sequence[Breach] | None:
    if not item.ibscbs:
        return None
    situation = situation_of(item)
    if situation is None:
        return None
    return [*_main_groups(note, item, situation), *_part_groups(note, item, situation), *_by_classification(note, item)]


def _main_groups(note: Note, item: Item, situation: Cst) -> Iterator[Breach]:
    group, lost = item.ibscbs, note.ide.text("tpNFDebito") == STOCK_LOSS
    single_phase_counts = note.issued_at is not None and note.issued_at.date() >= _SINGLE_PHASE_SINCE
    wanted = (
        ("gIBSCBS", situation.regular, "1022", "1021", not lost),
        ("gIBSCBSMono", situation.single_phase, "1116", "1151", single_phase_counts and not lost),
        ("gTransfCred", situation.transfer, "1132", "1131", True),
        ("gAjusteCompet", situation.adjustment, "1170", "1169", True),
        ("gCredPresIBSZFM", situation.zfm_credit, "1135", "1134", True),
    )
    for tag, needed, missing, undue, is_enforced in wanted:
        is_there = tag in group
        if is_there and not needed:
            yield _undue(group, tag, situation.code, undue)
        elif needed and not is_there and is_enforced:
            yield _missing(group, tag, situation.code, missing)


def _part_groups(note: Note, item: Item, situation: Cst) -> Iterator[Breach]:
    purchase = public_purchase(note)
    for part, group in parts_of(item):
        is_deferred, is_reduced = "gDif" in group, "gRed" in group
        if is_deferred and not situation.deferral:
            yield _undue(group, "gDif", situation.code, part.forbids_deferral)
        elif situation.deferral and not is_deferred:
            yield _missing(group, "gDif", situation.code, part.needs_deferral)
        if is_reduced and not situation.reduction:
            if not (purchase and not group.group("gRed").amount("pRedAliq")):
                yield _undue(group, "gRed", situation.code, part.forbids_reduction)
        elif (situation.reduction or purchase) and not is_reduced and group.amount(part.rate):
            yield _missing(group, "gRed", situation.code, part.needs_reduction)


def _by_classification(note: Note, item: Item) -> Iterator[Breach]:
    found, taxed = classification_of(item), item.ibscbs.group("gIBSCBS")
    if found is None:
        return
    if note.ide.text("tpNFDebito") != STOCK_LOSS and found.needs_reversal != ("gEstornoCred" in item.ibscbs):
        report, number = (_missing, "1173") if found.needs_reversal else (_undue, "1172")
        yield report(item.ibscbs, "gEstornoCred", found.code, number)
    if not taxed:
        return
    is_there = "gTribRegular" in taxed
    if found.needs_regular_taxation and not is_there:
        yield _missing(taxed, "gTribRegular", found.code, "1065")
    elif is_there and not found.needs_regular_taxation:
        yield _undue(taxed, "gTribRegular", found.code, "1114")


def _missing(group: Group, tag: str, code: str, rejection: str) -> Breach:
    return Breach(group, tag, formula=f"código {code} exige {tag} (rejeição {rejection})",
                  pt=f"Falta o grupo {tag}, que o código {code} exige.",
                  en=f"The group {tag} is missing, which code {code} demands.")  # fmt: skip


def _undue(group: Group, tag: str, code: str, rejection: str) -> Breach:
    return Breach(group, tag, formula=f"código {code} não permite {tag} (rejeição {rejection})",
                  pt=f"O grupo {tag} não cabe com o código {code}.",
                  en=f"The group {tag} does not belong with code {code}.")  # fmt: skip


@rule(
    "RTC-017", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, purposes=frozenset({"5", "6"}),
    valid_from=NT_2025_002_V1_51, reference="Rejeições 1200, 1201 e 1202 (UB14-60, UB14-70, UB14-80)",
    pt="cClassTrib em desacordo com o tipo da nota de débito ou de crédito.",
    en="The cClassTrib does not fit the kind of debit or credit note.",
)  # fmt: skip
def classification_fits_debit_or_credit(note: Note, item: Item) -> Breach | None:
    code = item.ibscbs.text("cClassTrib")
    if not code:
        return None
    tag, classes = ("tpNFCredito", _CREDIT_CLASSES) if note.purpose == "5" else ("tpNFDebito", _DEBIT_CLASSES)
    kind = note.ide.text(tag) or ""
    expected = classes.get(kind)
    if expected == code or (expected is None and code not in classes.values()):
        return None
    return Breach(item.ibscbs, "cClassTrib", code, expected, f"{tag} {kind}")


@rule(
    "RTC-013", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE, valid_from=NT_2025_002,
    reference="Rejeições 1001, 1009, 1139, 1161 a 1164 (B25-80, B25-110, B25-120, B25.1, B25.2)",
    pt="Nota de débito ou de crédito com tributos que não são IBS e CBS.",
    en="A debit or credit note with taxes other than IBS and CBS.",
)  # fmt: skip
def debit_and_credit_notes_are_of_the_reform(note: Note) -> Breach | None:
    debit, credit = note.ide.text("tpNFDebito"), note.ide.text("tpNFCredito")
    if note.purpose in {"5", "6"}:
        return _kind_breach(note, debit, credit) or _old_taxes(note, debit, credit)
    if debit or credit:
        tag = "tpNFDebito" if debit else "tpNFCredito"
        return Breach(note.ide, tag, debit or credit, formula=f"finNFe {note.purpose}, rejeição 1139 ou 1163",
                      pt="Tipo de nota de débito ou crédito em nota de outra finalidade.",
                      en="A kind of debit or credit note in a note of another purpose.")  # fmt: skip
    if public_purchase(note).text("tpOperGov") == "2":
        return _old_taxes(note, debit, credit)
    return None


def _kind_breach(note: Note, debit: str | None, credit: str | None) -> Breach | None:
    tag, kind, direction, rejections = (
        ("tpNFCredito", credit, "0", ("1164", "1161")) if note.purpose == "5"
        else ("tpNFDebito", debit, "1", ("1009", "1162"))
    )  # fmt: skip
    if not kind:
        return Breach(note.ide, tag, formula=f"finNFe {note.purpose}, rejeição {rejections[0]}",
                      pt="Falta o tipo da nota de débito ou de crédito.",
                      en="The kind of debit or credit note is missing.")  # fmt: skip
    if note.direction != direction:
        return Breach(note.ide, "tpNF", note.direction, direction, f"finNFe {note.purpose}, rejeição {rejections[1]}",
                      pt="Nota de crédito é de entrada e nota de débito é de saída.",
                      en="A credit note is of entry and a debit note of exit.")  # fmt: skip
    return None


_OLD_TAXES = ("ICMS", "ISSQN", "IPI", "II", "PIS", "PISST", "COFINS", "COFINSST", "ICMSUFDest")
_CONTRIBUTIONS = frozenset({"PIS", "PISST", "COFINS", "COFINSST"})


def _old_taxes(note: Note, debit: str | None, credit: str | None) -> Breach | None:
    if credit in {"03", "04", "06"} or debit == STOCK_LOSS:
        return None
    allowed: frozenset[str] = frozenset()
    if debit == "06":
        in_2026 = note.issued_at is not None and note.issued_at.year == 2026
        allowed = _CONTRIBUTIONS | {"IPI"} if in_2026 else frozenset({"IPI"})
    for item in note.items:
        for tag in _OLD_TAXES:
            if tag in item.imposto and tag not in allowed:
                return Breach(item.imposto, tag, formula=f"finNFe {note.purpose}, rejeição 1001")
        if "impostoDevol" in item.group:
            return Breach(item.group, "impostoDevol", formula=f"finNFe {note.purpose}, rejeição 1001")
    return None

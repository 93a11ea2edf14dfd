"""Tax reform: duty to inform IBS and CBS, and the codes that say how (NT 2025.002; LC 214/2025)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.keys import parse_key
from malha.fiscal.references import referenced_keys
from malha.fiscal.rules._reform import SIMPLES, classification_of
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import NT_2025_002, NT_2025_002_DUTY
from malha.fiscal.tables import annexes, ibscbs


@dataclass(frozen=True, slots=True)
class Duty:
    """From ``since`` on, issuers of these CRT must inform; HIGH once the authoriser refuses what lacks it."""

    since: date
    crts: frozenset[str]
    severity: Severity


DUTIES = (
    Duty(date(2027, 1, 4), frozenset({"1", "2", "4"}), Severity.HIGH),
    Duty(date(2026, 1, 1), frozenset({"3"}), Severity.MEDIUM),
)
"""UB12-10 of NT 2025.002 v1.51 (2026-07) and LC 214/2025 art. 348; the latest first.

The refusal that v1.51 set for CRT 3 from 2026-08-03 on was suspended on 2026-07-31 (Ato Técnico Conjunto CGIBS/RFB 1);
the duty stands (Ato Conjunto RFB/CGIBS 4/2026). So what lacks the group in 2026 is authorised, and breaks the law.
"""
_OLD_NOTES_UNTIL = 26
"""Returns and complements of notes issued up to this year (two digits) need no IBS and CBS."""


@rule(
    "RTC-001", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002_DUTY,
    reference="Rejeição 1115 (UB12-10); LC 214/2025 art. 348",
    explains=("RTC-010", "RTC-011"),
    pt="Item sem o grupo de IBS e CBS.", en="An item without the IBS and CBS group.",
)  # fmt: skip
def item_informs_ibs_and_cbs(note: Note, item: Item) -> Breach | None:
    if item.ibscbs or note.issued_at is None:
        return None
    day = note.issued_at.date()
    duty = next((one for one in DUTIES if one.since <= day and note.crt in one.crts), None)
    if duty is None or "cProdANP" in item.prod.group("comb") or _undoes_an_old_note(note):
        return None
    return Breach(
        item.imposto, "IBSCBS", formula=f"CRT {note.crt}, emissão em {day}, dever desde {duty.since}",
        severity=duty.severity,
    )  # fmt: skip


def _undoes_an_old_note(note: Note) -> bool:
    if note.purpose not in {"2", "4"}:
        return False
    years = [int(parts.year_month[:2]) for key in referenced_keys(note) if (parts := parse_key(key))]
    return not years or min(years) <= _OLD_NOTES_UNTIL


@rule(
    "RTC-002", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="Rejeições 1020, 1023, 1025, 1066 e 1067 (UB13-10, UB14-10, UB14-25, UB69-10, UB70-10)",
    explains=("RTC-003", "RTC-004", "RTC-005", "RTC-006", "RTC-017"),
    pt="Código de IBS e CBS (CST ou cClassTrib) inexistente.", en="An unknown IBS and CBS code (CST or cClassTrib).",
)  # fmt: skip
def codes_are_known(note: Note, item: Item) -> Breach | None:
    group = item.ibscbs
    if not group:
        return None
    situation, code = group.text("CST"), group.text("cClassTrib")
    if situation not in ibscbs.situations():
        return Breach(group, "CST", situation, formula="rejeição 1020")
    found = classification_of(item)
    if found is None:
        return Breach(group, "cClassTrib", code, formula="rejeição 1023")
    if not found.is_in_force(note.issued_at.date() if note.issued_at else None) and found.until:
        return Breach(group, "cClassTrib", code, f"até {found.until}", pt="cClassTrib fora de vigência.",
                      en="The cClassTrib was no longer in force.")  # fmt: skip
    if note.model not in found.models:
        return Breach(group, "cClassTrib", code, formula=f"rejeição 1025: modelo {note.model}",
                      pt="cClassTrib que não cabe neste modelo de documento.",
                      en="A cClassTrib that does not belong in this document model.")  # fmt: skip
    regular = group.group("gIBSCBS").group("gTribRegular")
    if regular and regular.text("CSTReg") not in ibscbs.situations():
        return Breach(regular, "CSTReg", regular.text("CSTReg"), formula="rejeição 1066")
    if regular and regular.text("cClassTribReg") not in ibscbs.classifications():
        return Breach(regular, "cClassTribReg", regular.text("cClassTribReg"), formula="rejeição 1067")
    return None


@rule(
    "RTC-003", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="Rejeição 1024 (UB14-20)",
    explains=("RTC-004", "RTC-005", "RTC-006", "RTC-017", "RTC-019"),
    pt="cClassTrib que não pertence ao CST informado.", en="The cClassTrib does not belong to the stated CST.",
)  # fmt: skip
def classification_fits_situation(_: Note, item: Item) -> Breach | None:
    group = item.ibscbs
    situation, code = group.text("CST"), group.text("cClassTrib")
    if not situation or not code or code.startswith(situation):
        return None
    return Breach(group, "cClassTrib", code, f"{situation}...", f"CST {situation}")


@rule(
    "RTC-019", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, valid_from=NT_2025_002,
    reference="LC 214/2025, anexos I, IV, V, VI, VII, VIII, XII, XIII e XV",
    explains=("RTC-004", "RTC-006"),
    pt="O cClassTrib é de um anexo que não tem produtos desta NCM.",
    en="The cClassTrib is of an annex that has no goods of this NCM.",
)  # fmt: skip
def classification_fits_the_goods(_: Note, item: Item) -> Breach | None:
    code = item.ncm or ""
    annex = annexes.of_class(item.ibscbs.text("cClassTrib") or "")
    if annex is None or len(code) != 8 or annex.covers(code):
        return None
    formula = f"anexo {annex.number}: {annex.goods}; NCM {code}"
    other = annexes.that_names_food(code) if annexes.is_of_foods(annex) else None
    if other is not None:
        return Breach(
            item.ibscbs, "cClassTrib", item.ibscbs.text("cClassTrib"), formula=f"{formula} (anexo {other.number})",
            severity=Severity.INFO, pt="A NCM é de outro anexo de alimentos que não o do cClassTrib.",
            en="The NCM is of another annex of foods than the cClassTrib's.",
        )  # fmt: skip
    if not annex.may_cover(code):
        return Breach(item.ibscbs, "cClassTrib", item.ibscbs.text("cClassTrib"), formula=formula)
    return Breach(
        item.ibscbs, "cClassTrib", item.ibscbs.text("cClassTrib"), formula=formula, severity=Severity.INFO,
        pt="O anexo do cClassTrib não traz esta NCM na lei: confira se um ato conjunto a incluiu.",
        en="The cClassTrib's annex does not name this NCM in the law: check whether a joint act has added it.",
    )  # fmt: skip


@rule(
    "RTC-015", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, crts=SIMPLES, valid_from=NT_2025_002,
    valid_to=date(2026, 12, 31), reference="LC 214/2025 art. 348; NT 2025.002, cronograma",
    explains=("RTC-004", "RTC-009", "RTC-010", "RTC-011"),
    pt="Optante do Simples Nacional ou MEI informa IBS e CBS antes de 2027.",
    en="A Simples Nacional or MEI issuer informs IBS and CBS before 2027.",
)  # fmt: skip
def simples_informs_too_early(note: Note) -> Breach | None:
    first = next((item for item in note.items if item.ibscbs), None)
    return Breach(first.imposto, "IBSCBS", formula=f"CRT {note.crt}") if first else None

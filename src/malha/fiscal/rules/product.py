"""Product codes: NCM and GTIN."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.identifiers import is_gtin, mend_gtin
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import COMPLETE_NCM, FULL_NCM, MOC_4_01, NT_2017_001, NT_2017_001_FILLED
from malha.fiscal.tables import ncm

_NO_GTIN = "SEM GTIN"
_NO_GOODS = "00"
"""Services, and items that move no goods (MOC, I05)."""
_INTERNAL_USE = ("02", "04", "2")
_COUPONS = ("98", "99")


@rule(
    "NF-PRD-001", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, valid_from=FULL_NCM,
    reference="Rejeições 777 e 471 (I05-10)",
    pt="NCM sem os oito dígitos.", en="An NCM without its eight digits.",
)  # fmt: skip
def ncm_is_complete(_: Note, item: Item) -> Breach | None:
    code = item.ncm
    if code is None or (len(code) == 8 and code.isdecimal()) or code == _NO_GOODS:
        return None
    return Breach(item.prod, "NCM", code, "8 dígitos")


@rule(
    "NF-PRD-002", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=COMPLETE_NCM,
    reference="Rejeições 778 e 793 (I05-20); Resolução Gecex 272/2021",
    explains=("NF-PRD-007",),
    pt="NCM que não existe na nomenclatura.", en="An NCM that is not in the nomenclature.",
)  # fmt: skip
def ncm_is_in_force(note: Note, item: Item) -> Breach | None:
    code = item.ncm
    if code is None or code in ncm.current() or len(code) != 8 or not code.isdecimal() or not int(code):
        return None
    day = note.issued_at.date() if note.issued_at else None
    if ncm.is_known(code, day):
        return None
    if code[:2] not in ncm.chapters():
        return Breach(
            item.prod, "NCM", code, formula=f"rejeição 793: capítulo {code[:2]}",
            pt="Capítulo da NCM inexistente.", en="The NCM chapter does not exist.",
        )  # fmt: skip
    period = ncm.validity(code)
    if period is None:
        return Breach(item.prod, "NCM", code, formula="rejeição 778")
    return Breach(
        item.prod, "NCM", code, _period_text(*period), f"emissão em {day}",
        pt="NCM fora de vigência na data de emissão.", en="The NCM was not in force on the day of issue.",
    )  # fmt: skip


def _period_text(since: date | None, until: date | None) -> str:
    return " ".join(part for part in (f"desde {since}" if since else "", f"até {until}" if until else "") if part)


@rule(
    "NF-PRD-003", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 611, 612 e 883 (I03-10, I12-10)",
    pt="GTIN (código de barras) inválido.", en="An invalid GTIN (bar code).",
)  # fmt: skip
def gtin_is_valid(note: Note, item: Item) -> Breach | Sequence[Breach] | None:
    prod = item.prod
    sold, taxed = prod.text("cEAN"), prod.text("cEANTrib")
    if sold == taxed and sold and (sold == _NO_GTIN or is_gtin(sold)):
        return None
    return [breach for tag, code in (("cEAN", sold), ("cEANTrib", taxed)) if (breach := _gtin(note, item, tag, code))]


def _gtin(note: Note, item: Item, tag: str, code: str | None) -> Breach | None:
    if code is None or code == _NO_GTIN or (code and is_gtin(code)):
        return None
    if code:
        return Breach(item.prod, tag, code, mend_gtin(code) or f"GTIN ou {_NO_GTIN}")
    must_be_filled = note.layout == "4.00" and note.issued_at and note.issued_at.date() >= NT_2017_001_FILLED.day
    if not must_be_filled:
        return None
    return Breach(
        item.prod, tag, "", _NO_GTIN, "rejeição 883",
        pt="Campo de GTIN vazio: produto sem código leva SEM GTIN.",
        en="The GTIN field is empty: a product without one says SEM GTIN.",
    )  # fmt: skip


@rule(
    "NF-PRD-004", severity=Severity.LOW, scope=Scope.ITEM, models=NFE_NFCE,
    valid_from=NT_2017_001, reference="Rejeições 882 e 884 (I03-20); prefixos GS1",
    pt="GTIN com prefixo de uso interno ou de cupom, que não identifica produto.",
    en="A GTIN with a prefix for internal use or coupons, which names no product.",
)  # fmt: skip
def gtin_prefix_names_a_product(_: Note, item: Item) -> Breach | None:
    code = item.prod.text("cEAN")
    if not code or code == _NO_GTIN or len(code) < 12:
        return None
    prefix = code.zfill(14)[1:4]
    if not prefix.startswith(_INTERNAL_USE + _COUPONS) or not is_gtin(code):
        return None
    return Breach(item.prod, "cEAN", code, formula=f"prefixo GS1 {prefix}")

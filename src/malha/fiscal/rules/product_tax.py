"""Product data that taxes hang on: CEST, benefit code, origin and content of import."""

from __future__ import annotations

from datetime import date

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import CEST, CONVENIO_142_18, FCI, LAYOUT_3_10, NT_2019_001, SENATE_13_12
from malha.fiscal.tables import cest, cfop, uf

_SUBSTITUTION = frozenset({"10", "30", "60", "70", "201", "202", "203", "500"})
_SUBSTITUTION_IF_CHARGED = frozenset({"90", "900"})
_PASSED_ON = frozenset({"ICMSPart", "ICMSST"})
_NO_BENEFIT_CODE = "SEM CBENEF"
_BENEFITS = frozenset({"20", "30", "40", "41", "50", "51", "70"})
_STATES_WITH_BENEFIT_CODE = {"PR": date(2019, 9, 2), "RJ": date(2019, 9, 2), "RS": date(2019, 9, 2),
                             "DF": date(2024, 1, 1), "GO": date(2024, 1, 1), "SC": date(2024, 5, 1)}  # fmt: skip
_PRODUCED_WITH_IMPORTS = frozenset("358")
_IMPORTED_RATE = 4
_FREE_ZONE = "7"
_FREE_ZONE_CFOPS = frozenset({"5109", "5110", "6109", "6110", "5120", "6120", "5122", "6122", "5123", "6123", "6151",
                              "6152", "6401", "6403", "6404", "6408", "6409", "6923", "5923"})  # fmt: skip
"""What goes to the Zone: its own two codes, and deliveries to order, transfers and substitution, which have theirs."""


@rule(
    "NF-PRD-006", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE_NFCE, valid_from=CEST,
    reference="Rejeição 806 (N23-10); Convênio ICMS 142/18",
    pt="Item com substituição tributária sem o CEST.", en="An item under tax substitution without its CEST.",
)  # fmt: skip
def substitution_has_cest(_: Note, item: Item) -> Breach | None:
    code = item.icms_code
    if code in _SUBSTITUTION:
        if "CEST" in item.prod or item.icms.tag in _PASSED_ON:
            return None
    elif code not in _SUBSTITUTION_IF_CHARGED or "CEST" in item.prod or not item.icms.amount("vICMSST"):
        return None
    field = "CSOSN" if item.is_simples else "CST"
    return Breach(item.prod, "CEST", formula=f"{field} {code}")


@rule(
    "NF-PRD-007", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, valid_from=CONVENIO_142_18,
    reference="Convênio ICMS 142/18, anexos",
    pt="CEST que não existe na tabela.", en="A CEST that is not in the table.",
)  # fmt: skip
def cest_fits_ncm(_: Note, item: Item) -> Breach | None:
    code, ncm = item.prod.text("CEST"), item.ncm
    if not code:
        return None
    entry = cest.describe(code)
    if entry is None:
        return Breach(item.prod, "CEST", code)
    if entry.segment == cest.DOOR_TO_DOOR or not ncm or len(ncm) < 8 or cest.covers(code, ncm):
        return None
    return Breach(
        item.prod, "CEST", code, _covered(entry), f"NCM {ncm}",
        pt="O CEST não abrange a NCM do item.", en="The CEST does not cover the item's NCM.",
    )  # fmt: skip


def _covered(entry: cest.Cest) -> str:
    return "NCM " + ", ".join(entry.ncms)


@rule(
    "NF-PRD-008", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, facultative=True,
    valid_from=NT_2019_001, reference="Rejeições 928, 930 e 931 (NT 2019.001)",
    pt="Código de benefício fiscal (cBenef) de outro estado que não o do emitente.",
    en="A tax benefit code (cBenef) of another state than the issuer's.",
)  # fmt: skip
def benefit_code_fits(note: Note, item: Item) -> Breach | None:
    code = item.prod.text("cBenef")
    if code is not None:
        if code[:2] == note.issuer_uf or code == _NO_BENEFIT_CODE or not uf.is_known(code[:2]):
            return None
        return Breach(item.prod, "cBenef", code, f"{note.issuer_uf}...")
    since = _STATES_WITH_BENEFIT_CODE.get(note.issuer_uf)
    if since is None or item.icms_code not in _BENEFITS or note.purpose != "1" or note.crt != "3":
        return None
    if note.issued_at is None or note.issued_at.date() < since or note.direction != "1":
        return None
    return Breach(
        item.prod, "cBenef", formula=f"CST {item.icms_code}, emitente em {note.issuer_uf}", severity=Severity.LOW,
        pt="CST com benefício fiscal sem o código do benefício (cBenef) que o estado pede.",
        en="A CST with a tax benefit lacks the benefit code (cBenef) that the state asks for.",
    )  # fmt: skip


@rule(
    "NF-PRD-009", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=frozenset({"1"}),
    valid_from=SENATE_13_12, reference="Rejeição 663 (N16-20); Resolução do Senado 13/2012",
    pt="Produto importado em operação interestadual com ICMS acima de 4%.",
    en="Imported goods across states with ICMS above 4 %.",
)  # fmt: skip
def imported_goods_pay_four(note: Note, item: Item) -> Breach | None:
    rate = item.icms.amount("pICMS")
    if rate is None or rate <= _IMPORTED_RATE or item.icms.text("orig") not in uf.IMPORTED_ORIGINS:
        return None
    if note.ide.text("idDest") != "2" or note.direction != "1":
        return None
    if item.cfop in cfop.returns() or item.cfop in cfop.comebacks():
        return None
    return Breach(item.icms, "pICMS", rate, _IMPORTED_RATE, lambda: f"orig {item.icms.text('orig')}, idDest 2")


@rule(
    "NF-PRD-010", severity=Severity.LOW, scope=Scope.ITEM, models=NFE, valid_from=FCI,
    reference="Convênio ICMS 38/2013, cláusula sétima",
    pt="Produto nacional com conteúdo importado sem o número da FCI.",
    en="National goods with imported content without their FCI number.",
)  # fmt: skip
def imported_content_has_fci(note: Note, item: Item) -> Breach | None:
    if item.icms.text("orig") not in _PRODUCED_WITH_IMPORTS or "nFCI" in item.prod:
        return None
    if note.ide.text("idDest") != "2" or note.direction != "1" or note.purpose != "1":
        return None
    return Breach(item.prod, "nFCI", formula=lambda: f"orig {item.icms.text('orig')}")


@rule(
    "NF-PRD-015", severity=Severity.LOW, scope=Scope.ITEM, models=NFE, valid_from=FCI,
    reference="Convênio ICMS 38/2013, cláusula quinta",
    pt="Número de FCI em produto cuja origem não tem conteúdo importado apurado.",
    en="An FCI number on goods whose origin has no imported content measured.",
)  # fmt: skip
def fci_is_of_imported_content(_: Note, item: Item) -> Breach | None:
    origin = item.icms.text("orig")
    if "nFCI" not in item.prod or origin is None or origin in _PRODUCED_WITH_IMPORTS:
        return None
    return Breach(item.icms, "orig", origin, "3, 5 ou 8", "nFCI informado")


@rule(
    "NF-ICMS-011", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=frozenset({"1"}),
    valid_from=LAYOUT_3_10, reference="Rejeições 625 e 626 (N28-10); Convênio ICM 65/88",
    pt="Isenção da Zona Franca sem a inscrição na Suframa do destinatário, ou com CFOP de outra operação.",
    en="The Free Zone exemption without the recipient's Suframa registration, or under another operation's CFOP.",
)  # fmt: skip
def free_zone_sale_is_identified(note: Note, item: Item) -> Breach | None:
    if item.icms.text("motDesICMS") != _FREE_ZONE or note.direction != "1":
        return None
    if not note.dest.text("ISUF"):
        return Breach(note.dest, "ISUF", formula=f"item {item.number}: motDesICMS 7, rejeição 625")
    if item.cfop in _FREE_ZONE_CFOPS:
        return None
    return Breach(item.prod, "CFOP", item.cfop, ", ".join(sorted(_FREE_ZONE_CFOPS)), "motDesICMS 7, rejeição 626")

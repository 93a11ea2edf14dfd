"""Recipients abroad and foreigners in the country: how they are identified (layouts from 3.10 on)."""

from __future__ import annotations

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFCE, NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import BY_LAYOUT_4_00, LAYOUT_3_10, MOC_4_01
from malha.fiscal.tables import uf

_BRAZIL = "1058"
_TEST_NAME = "AMBIENTE DE HOMOLOGACAO"


@rule(
    "NF-ID-009", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, valid_from=LAYOUT_3_10,
    reference="Rejeições 507, 510, 511, 720 e 790 (E02-10, E03a-10, E14-10, E16a-20)",
    explains=("NF-ID-004", "NF-ID-005"),
    pt="O destinatário no exterior está identificado como se fosse do Brasil, ou o do Brasil como se fosse de fora.",
    en="A recipient abroad is identified as if in Brazil, or one in Brazil as if abroad.",
)  # fmt: skip
def recipient_is_of_its_country(note: Note) -> Breach | None:
    dest, address = note.dest, note.dest.group("enderDest")
    country = address.text("cPais")
    if note.recipient_uf != uf.ABROAD:
        if not country or country == _BRAZIL or not uf.is_known(note.recipient_uf):
            return None
        return Breach(address, "cPais", country, _BRAZIL, f"UF {note.recipient_uf}, rejeição 511")
    if tag := next((tag for tag in ("CNPJ", "CPF") if dest.text(tag)), None):
        return Breach(dest, tag, dest.text(tag), "idEstrangeiro", "UF EX, rejeição 507")
    if country == _BRAZIL:
        return Breach(address, "cPais", country, "outro país", "UF EX, rejeição 510")
    if "idEstrangeiro" not in dest and note.ide.text("idDest") == "3":
        return Breach(dest, "idEstrangeiro", formula="UF EX, rejeição 720")
    if dest.text("indIEDest") == "1":
        return Breach(dest, "indIEDest", "1", "9", "UF EX, rejeição 790")
    return None


@rule(
    "NF-ID-010", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, valid_from=LAYOUT_3_10,
    reference="Rejeições 721, 722 e 723 (E03a-20 a E03a-40)",
    pt="Estrangeiro identificado por documento próprio só compra no país em operação interna, presencial e final.",
    en="A foreigner with a foreign document buys in the country only inside a state, in person and for final use.",
)  # fmt: skip
def foreigner_buys_in_person(note: Note) -> Breach | None:
    if "idEstrangeiro" not in note.dest or note.purpose != "1" or note.direction != "1":
        return None
    ide = note.ide
    destination, presence, final = ide.text("idDest"), ide.text("indPres"), ide.text("indFinal")
    if destination == "2":
        return Breach(note.dest, "idEstrangeiro", note.recipient_id or None, "CNPJ ou CPF", "idDest 2, rejeição 721")
    if destination != "1":
        return None
    if final != "1":
        return Breach(ide, "indFinal", final, "1", "idEstrangeiro em operação interna, rejeição 723")
    if presence not in {"1", "5"}:
        return Breach(ide, "indPres", presence, "1", "idEstrangeiro em operação interna, rejeição 722")
    return None


@rule(
    "NF-ID-011", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, valid_from=MOC_4_01,
    reference="Rejeições 598 e 373 (E04-10, I04-10)",
    pt="Nota de produção com o nome que o ambiente de homologação exige.",
    en="A note of production with the name that the test environment demands.",
)  # fmt: skip
def production_names_are_real(note: Note) -> Breach | None:
    if note.ide.text("tpAmb") != "1":
        return None
    if _TEST_NAME in (note.dest.text("xNome") or ""):
        return Breach(note.dest, "xNome", note.dest.text("xNome"))
    item = note.items[0] if note.items else None
    return Breach(item.prod, "xProd", item.name) if item and _TEST_NAME in (item.name or "") else None


@rule(
    "NF-65-807", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFCE, valid_from=BY_LAYOUT_4_00,
    reference="Rejeição 807", pt="NFC-e com o grupo do DIFAL.", en="An NFC-e with the DIFAL group.",
)  # fmt: skip
def shop_sale_has_no_difal(_: Note, item: Item) -> Breach | None:
    return Breach(item.imposto, "ICMSUFDest") if "ICMSUFDest" in item.imposto else None


@rule(
    "NF-65-789", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFCE, valid_from=LAYOUT_3_10,
    reference="Rejeição 789", pt="NFC-e para contribuinte do ICMS.", en="An NFC-e to an ICMS taxpayer.",
)  # fmt: skip
def consumer_is_no_taxpayer(note: Note) -> Breach | None:
    found = note.dest.text("indIEDest")
    return None if found in {None, "9"} else Breach(note.dest, "indIEDest", found, "9")

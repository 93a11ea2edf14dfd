"""NFC-e (model 65): groups, tax situations and CFOP that its items may not have, each named by its rejection."""

from __future__ import annotations

from collections.abc import Callable

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFCE, Scope, rule
from malha.fiscal.rules._since import BY_LAYOUT_4_00, LAYOUT_3_10, NT_2025_002_SHOP, Since
from malha.fiscal.tree import Group

_SALES = frozenset({"5101", "5102", "5103", "5104", "5115"})
_SUBSTITUTED_SALES = frozenset({"5405", "5656", "5667"})
_ALLOWED = _SALES | _SUBSTITUTED_SALES | {"5933", "5949"}
_TAXED = frozenset({"00", "20", "40", "41", "90"})
_TAXED_SIMPLES = frozenset({"102", "103", "300", "400"})
_STATES_WITH_MORE = {("RS", "90"): "5949", ("CE", "90"): "5405"}


def _medium(
    rejection: str, pt: str, en: str, *, valid_from: Since = LAYOUT_3_10, explains: tuple[str, ...] = ()
) -> Callable[[Callable[..., Breach | None]], Callable[..., object]]:
    return rule(f"NF-65-{rejection}", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFCE,
                reference=f"Rejeição {rejection}", valid_from=valid_from, explains=explains, pt=pt, en=en)  # fmt: skip


def _must_lack(rejection: str, where: Callable[[Item], Group], tag: str, words: tuple[str, str]) -> None:
    """A rule that an item has not a group."""

    @_medium(rejection, *words)
    def check(_: Note, item: Item) -> Breach | None:
        group = where(item)
        return Breach(group, tag) if tag in group else None


def _may_not_be(rejection: str, codes: frozenset[str], words: tuple[str, str]) -> None:
    """A rule that the ICMS situation is none of the codes."""

    @_medium(rejection, *words)
    def check(_: Note, item: Item) -> Breach | None:
        if item.icms_code not in codes:
            return None
        return Breach(item.icms, "CSOSN" if item.is_simples else "CST", item.icms_code)


def _prod(item: Item) -> Group:
    return item.prod


def _imposto(item: Item) -> Group:
    return item.imposto


def _icms(item: Item) -> Group:
    return item.imposto.group("ICMS")


_must_lack("736", _prod, "veicProd", ("NFC-e com veículo novo.", "An NFC-e with a new vehicle."))
_must_lack("738", _prod, "arma", ("NFC-e com armamento.", "An NFC-e with weapons."))
_must_lack("348", _prod, "nRECOPI", ("NFC-e com papel imune (RECOPI).", "An NFC-e with tax-free paper (RECOPI)."))
_must_lack("741", _icms, "ICMSPart", ("NFC-e com partilha de ICMS entre estados.",
                                      "An NFC-e with ICMS shared between states."))  # fmt: skip
_must_lack("742", _imposto, "IPI", ("NFC-e com grupo do IPI.", "An NFC-e with the IPI group."))
_must_lack("743", _imposto, "II", ("NFC-e com imposto de importação.", "An NFC-e with import tax."))
_must_lack("746", _imposto, "PISST", ("NFC-e com PIS por substituição.", "An NFC-e with substituted PIS."))
_must_lack("749", _imposto, "COFINSST", ("NFC-e com COFINS por substituição.", "An NFC-e with substituted COFINS."))
_may_not_be("740", frozenset({"51"}), ("NFC-e com diferimento do ICMS (CST 51).", "An NFC-e with deferred ICMS."))
_may_not_be("766", frozenset({"10", "30", "50", "70"}), ("NFC-e com CST que não cabe na venda a consumidor.",
                                                         "An NFC-e with a CST not for consumers."))  # fmt: skip
_may_not_be("383", frozenset({"101", "201", "202", "203"}), ("NFC-e com CSOSN que não cabe na venda a consumidor.",
                                                             "An NFC-e with a CSOSN not for consumers."))  # fmt: skip


@_medium("774", "NFC-e com item que não compõe o total.", "An NFC-e with an item left out of the total.",
         explains=("NF-TOT-007",))  # fmt: skip
def item_counts_in_the_total(_: Note, item: Item) -> Breach | None:
    return Breach(item.prod, "indTot", "0", "1") if item.prod.text("indTot") == "0" else None


@_medium("725", "CFOP que não cabe em NFC-e.", "A CFOP that does not belong in an NFC-e.",
         valid_from=BY_LAYOUT_4_00, explains=("NF-CFOP-003",))  # fmt: skip
def cfop_is_of_retail(_: Note, item: Item) -> Breach | None:
    if not item.cfop or item.cfop in _ALLOWED:
        return None
    return Breach(item.prod, "CFOP", item.cfop, ", ".join(sorted(_ALLOWED)))


@_medium("382", "CFOP que não cabe com o CST do item da NFC-e.", "A CFOP not allowed for the item's CST.",
         valid_from=BY_LAYOUT_4_00, explains=("NF-CFOP-008",))  # fmt: skip
def cfop_fits_cst(note: Note, item: Item) -> Breach | None:
    code = item.icms_code
    if item.is_simples or code is None:
        return None
    allowed = _SALES if code in _TAXED else _SUBSTITUTED_SALES if code == "60" else None
    if allowed is None or item.cfop in allowed or item.cfop not in _ALLOWED:
        return None
    if _STATES_WITH_MORE.get((note.issuer_uf, code)) == item.cfop:
        return None
    return Breach(item.prod, "CFOP", item.cfop, ", ".join(sorted(allowed)), f"CST {code}")


@_medium("386", "CFOP que não cabe com o CSOSN do item da NFC-e.", "A CFOP not allowed for the item's CSOSN.",
         valid_from=BY_LAYOUT_4_00, explains=("NF-CFOP-008",))  # fmt: skip
def cfop_fits_csosn(_: Note, item: Item) -> Breach | None:
    code = item.icms_code
    if not item.is_simples or code is None:
        return None
    allowed = _SALES if code in _TAXED_SIMPLES else _SUBSTITUTED_SALES if code == "500" else None
    if allowed is None or item.cfop in allowed or item.cfop not in _ALLOWED:
        return None
    return Breach(item.prod, "CFOP", item.cfop, ", ".join(sorted(allowed)), f"CSOSN {code}")


@rule(
    "NF-65-1165", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFCE, valid_from=NT_2025_002_SHOP,
    reference="Rejeição 1165 (I05k-10)",
    pt="NFC-e com classificação para subapuração do IBS na ZFM.",
    en="An NFC-e with the classification for IBS in the Manaus free zone.",
)  # fmt: skip
def no_free_zone_class(_: Note, item: Item) -> Breach | None:
    return Breach(item.prod, "tpCredPresIBSZFM") if "tpCredPresIBSZFM" in item.prod else None

"""What the items of a note add up to, walked once per note and shared by the rules on totals."""

from __future__ import annotations

from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.tree import ZERO, Group

# Only the amounts that enter a total; what each ICMS group may hold, so that absent ones are not looked up.
_OWN = ("vBC", "vICMS", "vFCP")
_ST = ("vBCST", "vICMSST", "vFCPST")
_ICMS_AMOUNTS: dict[str, tuple[str, ...]] = {
    "ICMS00": _OWN,
    "ICMS02": ("qBCMono", "vICMSMono"),
    "ICMS10": _OWN + _ST,
    "ICMS15": ("qBCMono", "vICMSMono", "qBCMonoReten", "vICMSMonoReten"),
    "ICMS20": (*_OWN, "vICMSDeson"),
    "ICMS30": (*_ST, "vICMSDeson"),
    "ICMS40": ("vICMSDeson",),
    "ICMS51": (*_OWN, "vFCPEfet"),
    "ICMS53": ("qBCMono", "vICMSMono"),
    "ICMS60": ("vFCPSTRet",),
    "ICMS61": ("qBCMonoRet", "vICMSMonoRet"),
    "ICMS70": (*_OWN, *_ST, "vICMSDeson"),
    "ICMS90": (*_OWN, *_ST, "vICMSDeson", "vFCPEfet"),
    "ICMSPart": (*_OWN, *_ST, "vICMSDeson"),
    "ICMSST": ("vFCPSTRet",),
    "ICMSSN201": _ST,
    "ICMSSN202": _ST,
    "ICMSSN500": ("vFCPSTRet",),
    "ICMSSN900": (*_OWN, *_ST),
}
_PROD_COSTS = ("vFrete", "vSeg", "vDesc", "vOutro")
_PROD = ("vProd", *_PROD_COSTS)
_PIS, _COFINS, _APPROXIMATE = ("vPIS",), ("vCOFINS",), ("vTotTrib",)
_DIFAL = ("vFCPUFDest", "vICMSUFDest", "vICMSUFRemet")
_ISSQN = ("vBC", "vISSQN", "vDeducao", "vOutro", "vDescIncond", "vDescCond", "vISSRet")


class Sums:
    """Sums by the tag summed: ``goods`` over ICMS items, ``services`` over ISSQN items (prefixed ``ISSQN/``).

    ``goods`` also holds ``vICMSDeson/deducted`` (items with indDeduzDeson 1), ``vFCP/effective`` (after deferral) and
    the PIS-ST and COFINS-ST that the item says are part of the note's value (``vPIS/ST``, ``vCOFINS/ST``). There are
    no sums of a note that has an illegible amount among its items.
    """

    __slots__ = ("goods", "services")

    def __init__(self, note: Note) -> None:
        self.goods: dict[str, Decimal] = {}
        self.services: dict[str, Decimal] = {}
        for item in note.items:
            if item.issqn:
                self._add_item(self.services, item)
                _add(self.services, item.issqn, _ISSQN, "ISSQN/")
            else:
                self._add_item(self.goods, item)
                self._add_taxes(item)

    def _add_item(self, into: dict[str, Decimal], item: Item) -> None:
        prod = item.prod
        _add(into, prod, _PROD if prod.text("indTot") != "0" else _PROD_COSTS)
        _add(into, item.pis, _PIS)
        _add(into, item.cofins, _COFINS)
        _add(into, item.imposto, _APPROXIMATE)

    def _add_taxes(self, item: Item) -> None:
        goods, icms, imposto = self.goods, item.icms, item.imposto
        _add(goods, icms, _ICMS_AMOUNTS.get(icms.tag, ()))
        if "vICMSDeson" in icms and icms.text("indDeduzDeson") == "1":
            _put(goods, "vICMSDeson/deducted", icms.amount_or_zero("vICMSDeson"))
        if "vFCP" in icms:
            _put(goods, "vFCP/effective", icms.amount_or_zero("vFCPEfet" if "vFCPEfet" in icms else "vFCP"))
        _add(goods, item.ipi, ("vIPI",))
        if "II" in imposto:
            _add(goods, imposto.group("II"), ("vII",))
        if "ICMSUFDest" in imposto:
            _add(goods, imposto.group("ICMSUFDest"), _DIFAL)
        if "impostoDevol" in item.group:
            _add(goods, item.group.group("impostoDevol").group("IPI"), ("vIPIDevol",))
        if "PISST" in imposto and imposto.group("PISST").text("indSomaPISST") == "1":
            _put(goods, "vPIS/ST", imposto.group("PISST").amount_or_zero("vPIS"))
        if "COFINSST" in imposto and imposto.group("COFINSST").text("indSomaCOFINSST") == "1":
            _put(goods, "vCOFINS/ST", imposto.group("COFINSST").amount_or_zero("vCOFINS"))

    def of_goods(self, tag: str) -> Decimal:
        return self.goods.get(tag, ZERO)

    def of_services(self, tag: str) -> Decimal:
        return self.services.get(tag, ZERO)

    def of_all(self, tag: str) -> Decimal:
        return self.of_goods(tag) + self.of_services(tag)


def _add(into: dict[str, Decimal], group: Group, tags: tuple[str, ...], prefix: str = "") -> None:
    for tag in tags:
        if tag in group and (value := group.amount_or_zero(tag)):
            name = prefix + tag if prefix else tag
            into[name] = into[name] + value if name in into else value


def _put(into: dict[str, Decimal], name: str, value: Decimal) -> None:
    into[name] = into.get(name, ZERO) + value


def sums(note: Note) -> Sums:
    """The sums of a note, added up once."""
    if note.sums is None:
        note.sums = Sums(note)
    return note.sums

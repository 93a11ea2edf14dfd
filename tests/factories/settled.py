"""Notes whose items are edited and then add up again: totals, IBS and CBS, invoice and payment follow the items.

The sums are those of the manual (W03 to W16, UB16), written here a second time and apart from the rules on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Self

from malha.simulators.nfe import NoteBuilder, xml
from malha.simulators.nfe.amounts import ZERO, apportion, cents, share
from malha.simulators.nfe.xml import Element

_ICMS = {"vBC": "vBC", "vICMS": "vICMS", "vICMSDeson": "vICMSDeson", "vFCP": "vFCP", "vBCST": "vBCST",
         "vST": "vICMSST", "vFCPST": "vFCPST", "vFCPSTRet": "vFCPSTRet"}  # fmt: skip
_SINGLE_PHASE = ("qBCMono", "vICMSMono", "qBCMonoReten", "vICMSMonoReten", "qBCMonoRet", "vICMSMonoRet")
_DIFAL = ("vFCPUFDest", "vICMSUFDest", "vICMSUFRemet")
_REFORM = {"vBCIBSCBS": "vBC", "gIBS/gIBSUF/vIBSUF": "gIBSUF/vIBSUF", "gIBS/gIBSMun/vIBSMun": "gIBSMun/vIBSMun",
           "gIBS/vIBS": "vIBS", "gCBS/vCBS": "gCBS/vCBS"}  # fmt: skip
_COSTS = ("vFrete", "vSeg", "vDesc", "vOutro")


class SettledNote(NoteBuilder):
    """`NoteBuilder` with edits of many items at once, and `settled` to make the sums right after them."""

    def each(self, path: str, value: str) -> Self:
        """Write the leaf ``path`` of every item."""
        return self._record("det", lambda root, _: _do_in_each(root, lambda det: xml.write(det, path, value)))

    def each_add(self, path: str, markup: str) -> Self:
        """Insert elements under ``path`` of every item."""
        return self._record("det", lambda root, _: _do_in_each(root, lambda det: xml.insert(det, path, markup)))

    def each_remove(self, path: str) -> Self:
        """Remove what there is at ``path`` in every item."""
        return self._record("det", lambda root, _: _remove_each(root, path))

    def each_icms(self, markup: str) -> Self:
        """Another ICMS group in every item."""
        return self.each_remove("imposto/ICMS/*").each_add("imposto/ICMS", markup)

    def untaxed(self, pis: str = "08") -> Self:
        """No PIS and no COFINS in any item, under one of the situations 04 to 09."""
        self.each_remove("imposto/PIS").each_remove("imposto/COFINS")
        self.each_add("imposto", f"<PIS><PISNT><CST>{pis}</CST></PISNT></PIS>")
        return self.each_add("imposto", f"<COFINS><COFINSNT><CST>{pis}</CST></COFINSNT></COFINS>")

    def with_own_codes(self) -> Self:
        """A product code of its own for every item."""
        return self._record("det", lambda root, _: _number_codes(root))

    def taxed_at(self, rate: str) -> Self:
        """Another ICMS rate in every item that has a base."""
        return self._record("det", lambda root, _: _tax_anew(root, Decimal(rate)))

    def reformed(self, code: str, inside: str = "") -> Self:
        """Another cClassTrib (its first three digits are the CST) in every item, with ``inside`` as its group."""
        self.each_remove("imposto/IBSCBS")
        group = f"<CST>{code[:3]}</CST><cClassTrib>{code}</cClassTrib>{inside}"
        return self.each_add("imposto", f"<IBSCBS>{group}</IBSCBS>")

    def moving(self, cfop: str, name: str, code: str = "410999") -> Self:
        """Goods that are moved, not sold: nothing to pay, no PIS and COFINS, no IBS and CBS."""
        self.each("prod/CFOP", cfop).set("ide/natOp", name).untaxed()
        return self.reformed(code).unpaid()

    def unpaid(self) -> Self:
        """Nothing to pay and nothing billed (tPag 90)."""
        return self.paid("90")

    def settled(self) -> Self:
        """Add everything up again, as the last edit."""
        return self._record("total", lambda root, _: _settle(root))


def _dets(root: Element) -> list[Element]:
    return root.findall(xml.qualified("det"))


def _do_in_each(root: Element, action: Callable[[Element], None]) -> None:
    for det in _dets(root):
        action(det)


def _remove_each(root: Element, path: str) -> None:
    for det in _dets(root):
        if det.find(xml.qualified(path)) is not None:
            xml.delete(det, path)


def _number_codes(root: Element) -> None:
    for number, det in enumerate(_dets(root), start=1):
        xml.write(det, "prod/cProd", f"C{number:04}")


def _tax_anew(root: Element, rate: Decimal) -> None:
    for det in _dets(root):
        group = det.find(xml.qualified("imposto/ICMS/*"))
        if group is not None and group.find(xml.qualified("pICMS")) is not None:
            xml.write(group, "pICMS", f"{rate:f}")
            xml.write(group, "vICMS", f"{share(_amount(group, 'vBC'), rate):f}")


def _amount(element: Element | None, path: str) -> Decimal:
    found = None if element is None else element.find(xml.qualified(path))
    return Decimal(found.text or "0") if found is not None else ZERO


def _icms(det: Element, tag: str) -> Decimal:
    return _amount(det, f"imposto/ICMS/*/{tag}")


def _is_service(det: Element) -> bool:
    return det.find(xml.qualified("imposto/ISSQN")) is not None


def _put(parent: Element, tag: str, value: Decimal, *, optional: bool = False) -> None:
    if optional and not value and parent.find(xml.qualified(tag)) is None:
        return
    xml.write(parent, tag, f"{cents(value):f}")


def _settle(root: Element) -> None:
    dets, total = _dets(root), xml.locate(root, "total")
    for det in dets:
        _settle_contributions(det)
    sums = xml.locate(total, "ICMSTot")
    goods = [det for det in dets if not _is_service(det)]
    for name, tag in _ICMS.items():
        _put(sums, name, sum((_icms(det, tag) for det in goods), ZERO), optional=True)
    for name in _SINGLE_PHASE:
        _put(sums, name, sum((_icms(det, name) for det in goods), ZERO), optional=True)
    for name in _DIFAL:
        _put(sums, name, sum((_amount(det, f"imposto/ICMSUFDest/{name}") for det in goods), ZERO), optional=True)
    for name in _COSTS:
        _put(sums, name, sum((_amount(det, f"prod/{name}") for det in goods), ZERO))
    _put(sums, "vProd", sum((_amount(det, "prod/vProd") for det in goods if _counts(det)), ZERO))
    for name, path in (("vII", "imposto/II/vII"), ("vIPI", "imposto/IPI/IPITrib/vIPI"),
                       ("vIPIDevol", "impostoDevol/IPI/vIPIDevol"), ("vPIS", "imposto/PIS/*/vPIS"),
                       ("vCOFINS", "imposto/COFINS/*/vCOFINS")):  # fmt: skip
        _put(sums, name, sum((_amount(det, path) for det in goods), ZERO), optional=True)
    value = sum((_contribution(det) for det in dets), ZERO)
    _put(sums, "vNF", value)
    _put(sums, "vTotTrib", sum((_amount(det, "imposto/vTotTrib") for det in dets), ZERO), optional=True)
    _settle_reform(dets, total, value)
    _settle_payment(root, value)


def _settle_contributions(det: Element) -> None:
    """PIS and COFINS by rate on the value of the item less its own ICMS (STF theme 69)."""
    base = sum((_amount(det, f"prod/{name}") for name in ("vProd", "vFrete", "vSeg", "vOutro")), ZERO)
    base -= _amount(det, "prod/vDesc") + _icms(det, "vICMS")
    for tax in ("PIS", "COFINS"):
        group = det.find(xml.qualified(f"imposto/{tax}/{tax}Aliq"))
        if group is not None:
            xml.write(group, "vBC", f"{base:f}")
            xml.write(group, f"v{tax}", f"{share(base, _amount(group, f'p{tax}')):f}")


def _counts(det: Element) -> bool:
    return det.findtext(xml.qualified("prod/indTot")) != "0"


def _contribution(det: Element) -> Decimal:
    """What an item adds to vNF."""
    value = _amount(det, "prod/vProd") if _counts(det) else ZERO
    value += sum((_amount(det, f"prod/{name}") for name in ("vFrete", "vSeg", "vOutro")), ZERO)
    value += sum((_icms(det, name) for name in ("vICMSST", "vFCPST", "vICMSMonoReten")), ZERO)
    value += _amount(det, "imposto/II/vII") + _amount(det, "imposto/IPI/IPITrib/vIPI")
    deducted = det.findtext(xml.qualified("imposto/ICMS/*/indDeduzDeson")) == "1"
    value += _amount(det, "impostoDevol/IPI/vIPIDevol") - _amount(det, "prod/vDesc")
    return value - (_icms(det, "vICMSDeson") if deducted else ZERO)


def _settle_reform(dets: list[Element], total: Element, value: Decimal) -> None:
    groups = [_settle_item(det) for det in dets]
    taxed = [group for group in groups if group is not None]
    reform = total.find(xml.qualified("IBSCBSTot"))
    if reform is None:
        return
    for path, tag in _REFORM.items():
        xml.write(reform, path, f"{sum((_amount(group, tag) for group in taxed), ZERO):f}")
    if total.find(xml.qualified("vNFTot")) is not None:
        xml.write(total, "vNFTot", f"{value:f}")


def _settle_item(det: Element) -> Element | None:
    """The item's gIBSCBS after its base and amounts were taken from the item anew (UB16); vItem too."""
    if det.find(xml.qualified("vItem")) is not None:
        xml.write(det, "vItem", f"{_contribution(det):f}")
    group = det.find(xml.qualified("imposto/IBSCBS/gIBSCBS"))
    if group is None:
        return None
    base = sum((_amount(det, f"prod/{name}") for name in ("vProd", "vFrete", "vSeg", "vOutro")), ZERO)
    base += _amount(det, "imposto/II/vII") - _amount(det, "prod/vDesc") - _amount(det, "imposto/ISSQN/vISSQN")
    base -= sum((_amount(det, f"imposto/{path}") for path in ("PIS/*/vPIS", "COFINS/*/vCOFINS")), ZERO)
    base -= sum((_icms(det, name) for name in ("vICMS", "vFCP", "vICMSMono")), ZERO)
    base -= sum((_amount(det, f"imposto/ICMSUFDest/{name}") for name in ("vICMSUFDest", "vFCPUFDest")), ZERO)
    xml.write(group, "vBC", f"{base:f}")
    for part, tax in (("gIBSUF", "IBSUF"), ("gIBSMun", "IBSMun"), ("gCBS", "CBS")):
        effective = group.find(xml.qualified(f"{part}/gRed/pAliqEfet"))
        rate = Decimal(effective.text or "0") if effective is not None else _amount(group, f"{part}/p{tax}")
        xml.write(group, f"{part}/v{tax}", f"{share(base, rate):f}")
    xml.write(group, "vIBS", f"{_amount(group, 'gIBSUF/vIBSUF') + _amount(group, 'gIBSMun/vIBSMun'):f}")
    return group


def _settle_payment(root: Element, value: Decimal) -> None:
    details = root.findall(xml.qualified("pag/detPag"))
    paid = [detail for detail in details if detail.findtext(xml.qualified("tPag")) != "90"]
    for detail, part in zip(paid, apportion(value, [Decimal(1)] * len(paid)) if paid else [], strict=True):
        xml.write(detail, "vPag", f"{part:f}")
    invoice = root.find(xml.qualified("cobr/fat"))
    if invoice is None:
        return
    for tag in ("vOrig", "vLiq"):
        xml.write(invoice, tag, f"{value:f}")
    instalments = root.findall(xml.qualified("cobr/dup"))
    for instalment, part in zip(instalments, apportion(value, [Decimal(1)] * len(instalments)), strict=True):
        xml.write(instalment, "vDup", f"{part:f}")

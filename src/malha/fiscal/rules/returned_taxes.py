"""Taxes of a return against the note that it returns (the seed system's rules, under its codes).

A return repeats the tax of the original, so a taxed return is only wrong where the original says otherwise. Where the
original is not among the audited files, that is said and nothing is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from malha.fiscal.batch import Batch
from malha.fiscal.briefs import ItemBrief, NoteBrief
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.tables import cfop
from malha.fiscal.tree import Place, parse_amount

_PREFIXES = ("12", "22", "52", "62")
_SALE_CONTRIBUTIONS = frozenset({"01", "02"})
_SALE_ICMS = frozenset({"00", "20"})
_UNTAXED_ICMS = frozenset({"40", "41", "50", "60"})
"""Situations that charge nothing: a return of such goods has no ICMS to give back."""


@dataclass(frozen=True, slots=True)
class _Returned:
    """An item of a return beside the items that it may return: of the original, or of nothing that was audited."""

    note: NoteBrief
    item: ItemBrief
    originals: list[ItemBrief]
    keys: tuple[str, ...]

    def breach(self, group: str, code: str, allowed: set[str]) -> Breach:
        """MEDIUM as the rules are where the original contradicts; else no more than a word to the reader."""
        place = self.place(group)
        if self.originals:
            expected = ", ".join(sorted(allowed))
            return Breach(place, "CST", code, expected, f"CFOP {self.item.cfop}", document=self.note, others=self.keys)
        return Breach(
            place, "CST", code, formula=f"CFOP {self.item.cfop}", document=self.note, severity=Severity.INFO,
            pt="Devolução tributada como venda: confira com a nota de origem, que não está nesta auditoria.",
            en="A return taxed as a sale: compare it with the original note, which is not in this audit.",
        )  # fmt: skip

    def place(self, group: str) -> Place:
        """A tax of the returned item."""
        return self.note.inside(self.item, f"imposto/{group}")


@rule(
    "PIS-COFINS-CST-INV-01", severity=Severity.MEDIUM, scope=Scope.BATCH, legacy_code="PIS-COFINS-CST-INV-01",
    reference="IN RFB 2.121/2022; tabelas de CST de PIS e COFINS",
    pt="Devolução com PIS ou COFINS tributados como venda (CST 01 ou 02), que a nota de origem não tributou.",
    en="A return whose PIS or COFINS is taxed as a sale (CST 01 or 02), which the original note did not tax.",
)  # fmt: skip
def return_has_the_originals_contributions(batch: Batch) -> list[Breach]:
    return [breach for returned in _returned(batch) if (breach := _contribution(returned))]


def _contribution(returned: _Returned) -> Breach | None:
    item, originals = returned.item, returned.originals
    for group, code, stated in (
        (f"PIS/{item.pis_group}", item.pis_cst, {one.pis_cst for one in originals}),
        (f"COFINS/{item.cofins_group}", item.cofins_cst, {one.cofins_cst for one in originals}),
    ):
        if code in _SALE_CONTRIBUTIONS and not stated & _SALE_CONTRIBUTIONS:
            return returned.breach(group, code, stated)
    return None


@rule(
    "ICMS-CST-INV-01", severity=Severity.MEDIUM, scope=Scope.BATCH, legacy_code="ICMS-CST-INV-01",
    reference="Convênio s/nº de 1970, Anexo I; Convênio ICMS 54/2000",
    pt="Devolução com ICMS tributado como venda (CST 00 ou 20), que a nota de origem não tributou assim.",
    en="A return whose ICMS is taxed as a sale (CST 00 or 20), which the original note did not tax so.",
)  # fmt: skip
def return_has_the_originals_icms(batch: Batch) -> list[Breach]:
    return [breach for returned in _returned(batch) if (breach := _icms(returned))]


def _icms(returned: _Returned) -> Breach | None:
    item = returned.item
    group, code, rate = f"ICMS/{item.icms_group}", item.cst, parse_amount(item.icms_rate)
    if code not in _SALE_ICMS:
        return None
    situations = {original.icms_code for original in returned.originals}
    if situations <= _UNTAXED_ICMS:
        return returned.breach(group, code, situations)
    rates = {parse_amount(original.icms_rate) for original in returned.originals}
    if rate is None or rate in rates or None in rates:
        return None
    return Breach(
        returned.place(group), "pICMS", rate, ", ".join(sorted(f"{one}" for one in rates)), f"CFOP {item.cfop}",
        document=returned.note, others=returned.keys, pt="A devolução não repete a alíquota do ICMS da nota de origem.",
        en="The return does not repeat the ICMS rate of the original note.",
    )  # fmt: skip


def _returned(batch: Batch) -> Iterator[_Returned]:
    for note in batch.notes:
        if note.model not in NFE_NFCE:
            continue
        for item in note.items:
            if item.cfop.startswith(_PREFIXES) and item.cfop in cfop.returns():
                keys = _keys(note, item)
                originals = [one for key in keys for one in _items(batch, key, item)]
                yield _Returned(note, item, originals, keys)


def _keys(note: NoteBrief, item: ItemBrief) -> tuple[str, ...]:
    return (item.returned_key,) if item.returned_key else note.references


def _items(batch: Batch, key: str, item: ItemBrief) -> Sequence[ItemBrief]:
    """What the item may return of a note: the item that it names, those of its NCM, or all of them."""
    if key not in batch.notes_by_key:
        return []
    sold = batch.notes_by_key[key][0].items
    named = [one for one in sold if str(one.number) == item.returned_number]
    return named or [one for one in sold if one.ncm == item.ncm] or sold

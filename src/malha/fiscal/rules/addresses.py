"""Addresses against themselves: postcode, city and its code are of one place."""

from __future__ import annotations

from collections.abc import Iterator

from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import MOC_4_01
from malha.fiscal.tables import municipality, postcode, uf
from malha.fiscal.tree import Group


@rule(
    "NF-ID-012", severity=Severity.LOW, scope=Scope.NOTE, models=NFE_NFCE, valid_from=MOC_4_01,
    reference="Correios, faixas de CEP por estado (C13, E13)",
    pt="O CEP do endereço é de outro estado.", en="The address's postcode is of another state.",
)  # fmt: skip
def postcodes_are_of_the_state(note: Note) -> list[Breach]:
    return [
        Breach(address, "CEP", code, address.text("UF"), f"CEP de {found}")
        for address in _addresses(note)
        if (code := address.text("CEP") or "") and (found := postcode.state(code)) and found != address.text("UF")
    ]


@rule(
    "NF-ID-013", severity=Severity.LOW, scope=Scope.NOTE, models=NFE_NFCE, valid_from=MOC_4_01,
    reference="Tabela de municípios do IBGE (C10 e C11, E10 e E11)",
    pt="O nome do município é de outro que não o do código.", en="The city's name is not that of its code.",
)  # fmt: skip
def city_names_are_of_their_codes(note: Note) -> list[Breach]:
    """Only names that another city of the state has: districts and old spellings are no mistake."""
    breaches: list[Breach] = []
    for address in _addresses(note):
        code, name = address.text("cMun") or "", address.text("xMun") or ""
        known = municipality.find(code)
        if known is None or name == known.name or known.uf != address.text("UF"):
            continue
        other = municipality.named(name, known.uf)
        if other is not None and other != code:
            breaches.append(Breach(address, "xMun", name, known.name, f"cMun {code}; {name} é {other}"))
    return breaches


def _addresses(note: Note) -> Iterator[Group]:
    addresses = (
        note.emit.group("enderEmit"), note.dest.group("enderDest"), note.group.group("retirada"),
        note.group.group("entrega"),
    )  # fmt: skip
    return (address for address in addresses if uf.is_known(address.text("UF") or ""))

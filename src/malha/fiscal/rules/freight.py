"""The freight arrangement (modFrete) against the carrier that the note names."""

from __future__ import annotations

from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules._since import NT_2016_002

_NO_TRANSPORT, _OWN_OF_SENDER, _OWN_OF_RECIPIENT = "9", "3", "4"


@rule(
    "NF-TRA-001", severity=Severity.LOW, scope=Scope.NOTE, models=NFE, layouts=frozenset({"4.00"}),
    valid_from=NT_2016_002, reference="Rejeições 845 a 849 (X02)",
    pt="Modalidade de frete em desacordo com o transportador informado.",
    en="The freight arrangement goes against the carrier that the note names.",
)  # fmt: skip
def freight_fits_carrier(note: Note) -> Breach | None:
    mode, carrier = note.transp.text("modFrete"), note.transp.group("transporta")
    carrier_id = carrier.text("CNPJ") or carrier.text("CPF")
    if not carrier_id or mode not in {_NO_TRANSPORT, _OWN_OF_SENDER, _OWN_OF_RECIPIENT}:
        return None
    if mode == _NO_TRANSPORT:
        return Breach(note.transp, "modFrete", mode, formula=f"transportador {carrier_id} informado")
    is_issuer = (mode == _OWN_OF_SENDER) == (note.direction == "1")
    owner = note.issuer_id if is_issuer else note.recipient_id
    if not owner or carrier_id[:8] == owner[:8]:
        return None
    return Breach(carrier, "CNPJ", carrier_id, owner, f"modFrete {mode}: transporte próprio")

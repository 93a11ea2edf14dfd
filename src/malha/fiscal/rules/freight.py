"""Transport: the freight arrangement (modFrete) against the carrier and the amount, weights, the carrier."""

from __future__ import annotations

from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules._since import AS_LONG_AS_NOTES, LAYOUT_4_00, MOC_4_01, NT_2018_005

_NO_TRANSPORT, _OWN_OF_SENDER, _OWN_OF_RECIPIENT = "9", "3", "4"


@rule(
    "NF-TRA-001", severity=Severity.LOW, scope=Scope.NOTE, models=NFE, layouts=frozenset({"4.00"}),
    valid_from=NT_2018_005, reference="Rejeições 845 a 849 (X02)",
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


@rule(
    "NF-TRA-002", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, valid_from=LAYOUT_4_00,
    layouts=frozenset({"4.00"}), reference="MOC, X02 (modFrete)",
    pt="A nota cobra frete e diz que não há transporte (modFrete 9).",
    en="The note charges freight and says that there is no transport (modFrete 9).",
)  # fmt: skip
def freight_charged_has_transport(note: Note) -> Breach | None:
    if note.transp.text("modFrete") != _NO_TRANSPORT:
        return None
    charged = note.total.amount("vFrete")
    return Breach(note.transp, "modFrete", _NO_TRANSPORT, "0 a 4", f"vFrete {charged}") if charged else None


@rule(
    "NF-TRA-003", severity=Severity.LOW, scope=Scope.NOTE, models=NFE, valid_from=AS_LONG_AS_NOTES,
    reference="MOC, X31 e X32",
    pt="O peso bruto dos volumes é menor do que o líquido.",
    en="The gross weight of the volumes is below the net weight.",
)  # fmt: skip
def gross_weight_holds_the_net(note: Note) -> list[Breach]:
    volumes = ((volume, volume.amount("pesoL"), volume.amount("pesoB")) for volume in note.transp.groups("vol"))
    return [
        Breach(volume, "pesoB", gross, f"{net} ou mais", f"pesoL {net}")
        for volume, net, gross in volumes
        if net and gross and gross < net
    ]


@rule(
    "NF-TRA-004", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, valid_from=MOC_4_01,
    reference="Rejeição 559 (X07-10)",
    pt="Transportador com inscrição estadual e sem a UF.", en="A carrier with a state registration and no state.",
)  # fmt: skip
def carrier_registration_has_its_state(note: Note) -> Breach | None:
    carrier = note.transp.group("transporta")
    registration = carrier.text("IE")
    if not registration or registration == "ISENTO" or carrier.text("UF"):
        return None
    return Breach(carrier, "UF", formula=f"IE {registration}")

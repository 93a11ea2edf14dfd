"""Who issues, receives and carries: registrations, addresses, and whether the note is ours at all."""

from __future__ import annotations

from collections.abc import Iterator

from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.identifiers import is_cnpj, is_cpf, mend_tax_id
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_3_10, MOC_4_01
from malha.fiscal.state_registration import is_state_registration
from malha.fiscal.tables import municipality, uf
from malha.fiscal.tree import Group

ABROAD = "EX"
_EXEMPT = frozenset({"", "ISENTO"})


@rule(
    "NF-ID-001", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 207, 208, 237, 489, 490, 512, 514, 542, 543 e 973",
    pt="O dígito verificador do CNPJ ou CPF está errado.", en="The CNPJ's or CPF's check digit is wrong.",
)  # fmt: skip
def tax_ids_are_right(note: Note) -> list[Breach]:
    breaches: list[Breach] = []
    for group in _people(note):
        for tag, is_right in (("CNPJ", is_cnpj), ("CPF", is_cpf)):
            found = group.text(tag)
            if found and not is_right(found):
                breaches.append(Breach(group, tag, found, mend_tax_id(found)))
    return breaches


def _people(note: Note) -> Iterator[Group]:
    info = note.group
    yield note.emit
    yield note.dest
    yield note.transp.group("transporta")
    for tag in ("retirada", "entrega", "infIntermed", "infRespTec"):
        yield info.group(tag)
    yield from info.groups("autXML")
    for payment in note.payments:
        yield payment.group("card")


@rule(
    "NF-ID-002", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 209, 210, 211 e 544",
    pt="A inscrição estadual não é válida na UF.", en="The state registration is not valid in the state.",
)  # fmt: skip
def state_registrations_are_right(note: Note) -> list[Breach]:
    """The substitute's registration (IEST) belongs to the recipient's state."""
    carrier = note.transp.group("transporta")
    registrations = (
        (note.emit, "IE", note.issuer_uf),
        (note.emit, "IEST", note.recipient_uf),
        (note.dest, "IE", note.recipient_uf),
        (carrier, "IE", carrier.text("UF") or ""),
    )
    breaches: list[Breach] = []
    for group, field, state in registrations:
        found = group.text(field) or ""
        if found in _EXEMPT or state == ABROAD or not uf.is_known(state):
            continue
        if not is_state_registration(found, state):
            breaches.append(Breach(group, field, found, state))
    return breaches


@rule(
    "NF-ID-003", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE,
    pt="A nota é de venda da empresa para ela mesma.", en="The note is a sale of the company to itself.",
)  # fmt: skip
def nobody_sells_to_itself(note: Note) -> Breach | None:
    """Transfers, adjustments, write-offs and entry notes do have the issuer as recipient; sales (x101-x125) do not."""
    if not note.issuer_id or note.issuer_id != note.recipient_id or note.direction != "1":
        return None
    sale = next((item for item in note.items if item.cfop and "101" <= item.cfop[1:] <= "125"), None)
    return Breach(sale.prod, "CFOP", sale.cfop, formula=f"emit = dest = {note.issuer_id}") if sale else None


@rule(
    "NF-ID-004", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE,
    valid_from=LAYOUT_3_10, reference="Rejeições 728, 791 e 792",
    pt="A inscrição estadual do destinatário não combina com o indicador (indIEDest).",
    en="The recipient's state registration does not fit its indicator (indIEDest).",
)  # fmt: skip
def registration_fits_its_indicator(note: Note) -> Breach | None:
    indicator, registration = note.dest.text("indIEDest"), note.dest.text("IE") or ""
    is_given = registration not in _EXEMPT
    if indicator == "1" and not is_given:
        return Breach(note.dest, "IE", registration or None, formula="indIEDest 1 (contribuinte) sem IE")
    if indicator == "2" and is_given:
        return Breach(note.dest, "IE", registration, formula="indIEDest 2 (isento) com IE")
    if is_given and note.recipient_uf == ABROAD:
        return Breach(note.dest, "IE", registration, formula="destinatário no exterior com IE")
    return None


@rule(
    "NF-ID-005", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 270 a 279",
    explains=("NF-ID-002", "NF-CFOP-005", "NF-CFOP-006", "CFOP-GEO-01", "CFOP-GEO-02", "NF-DATE-004", "NF-ID-012"),
    pt="O código do município não existe ou é de outra UF.",
    en="The municipality's code does not exist or belongs to another state.",
)  # fmt: skip
def municipalities_fit_states(note: Note) -> list[Breach]:
    info = note.group
    places = (
        (note.ide, "cMunFG", uf.from_code(note.ide.text("cUF") or "")),
        (note.emit.group("enderEmit"), "cMun", None),
        (note.dest.group("enderDest"), "cMun", None),
        (info.group("retirada"), "cMun", None),
        (info.group("entrega"), "cMun", None),
    )
    breaches: list[Breach] = []
    for group, field, state in places:
        code = group.text(field)
        if not code:
            continue
        found, expected = municipality.find(code), state or group.text("UF")
        is_abroad = expected == ABROAD and code == municipality.ABROAD
        if not is_abroad and (found is None or found.uf != expected):
            breaches.append(Breach(group, field, code, expected, found and f"{found.name}/{found.uf}"))
    return breaches


@rule(
    "NF-ID-006", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE,
    valid_from=LAYOUT_3_10, reference="Rejeições 719, 724 e 726",
    pt="A NF-e não identifica o destinatário.", en="The NF-e does not identify the recipient.",
)  # fmt: skip
def recipient_is_identified(note: Note) -> Breach | None:
    if not note.dest:
        return Breach(note.group, expected="dest")
    missing = next((tag for tag in ("xNome", "enderDest") if tag not in note.dest), None)
    return Breach(note.dest, expected=missing) if missing else None


@rule(
    "NF-ID-007", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    pt="A nota não é de nenhuma das empresas auditadas.", en="The note belongs to none of the audited companies.",
)  # fmt: skip
def note_is_ours(note: Note, options: AuditOptions) -> Breach | None:
    """Ours as issuer, recipient or carrier, with any establishment; silent when no company is named."""
    if not options.own_companies:
        return None
    own = {_company(one) for one in options.own_companies}
    carrier = note.transp.group("transporta")
    parties = (note.issuer_id, note.recipient_id, carrier.text("CNPJ") or carrier.text("CPF") or "")
    if any(_company(one) in own for one in parties if one):
        return None
    return Breach(note.group, "@Id", f"{note.issuer_id} / {note.recipient_id}")


def _company(tax_id: str) -> str:
    return tax_id[:8] if len(tax_id) == 14 else tax_id

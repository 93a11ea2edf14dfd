"""ISSQN of a service item in a joint note."""

from __future__ import annotations

from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import rate_breach
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules._since import LC_157_16, MOC_4_01
from malha.fiscal.tables import municipality, services

_LOWEST, _HIGHEST = Decimal(2), Decimal(5)
_DUE = "1"
_SERVICE, _SALES_OF_GOODS = "933", frozenset({"101", "102", "103", "104", "401", "403", "405"})
_BELOW_MINIMUM_ALLOWED = frozenset({"07.02", "07.05", "16.01"})  # LC 116/03 art. 8-A, § 1


@rule(
    "NF-ISS-001", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE,
    valid_from=LC_157_16, reference="LC 116/03 arts. 8º e 8º-A (U04); total na rejeição 607",
    explains=("NF-TOT-011", "RTC-009"),
    pt="O ISSQN não é a base vezes a alíquota, ou a alíquota está fora de 2% a 5%.",
    en="ISSQN is not its base times its rate, or the rate is outside 2% to 5%.",
)  # fmt: skip
def issqn_adds_up(note: Note, item: Item, options: AuditOptions) -> Breach | None:
    issqn = item.issqn
    if not issqn:
        return None
    breach = rate_breach(issqn, ("vBC", "vAliq", "vISSQN"), options.tolerance)
    rate = issqn.amount("vAliq")
    if breach or rate is None or issqn.text("indISS") != _DUE:
        return breach
    lowest = Decimal(0) if issqn.text("cListServ") in _BELOW_MINIMUM_ALLOWED else _LOWEST
    return None if lowest <= rate <= _HIGHEST else Breach(issqn, "vAliq", rate, f"{lowest} a {_HIGHEST}")


@rule(
    "NF-ISS-002", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, valid_from=MOC_4_01,
    reference="Rejeições 530 e 389 (C19-10, U05-10); LC 116/03, lista anexa",
    pt="Serviço (ISSQN) de emitente sem inscrição municipal.",
    en="A service (ISSQN) of an issuer with no city registration.",
)  # fmt: skip
def service_is_identified(note: Note, item: Item) -> Breach | None:
    issqn = item.issqn
    if not issqn:
        return None
    if not note.emit.text("IM"):
        return Breach(note.emit, "IM", formula=f"item {item.number} com ISSQN, rejeição 530")
    if (service := issqn.text("cListServ")) and not services.is_known(service):
        return Breach(
            issqn, "cListServ", service, pt="O código do serviço não está na lista da LC 116/03.",
            en="The service code is not in the list of LC 116/03.",
        )  # fmt: skip
    city = issqn.text("cMunFG")
    if not city or city == municipality.ABROAD or municipality.is_known(city):
        return None
    return Breach(
        issqn, "cMunFG", city, formula="rejeição 389", pt="O município do fato gerador do ISSQN não existe.",
        en="The municipality where ISSQN is due does not exist.",
    )  # fmt: skip


@rule(
    "NF-ISS-003", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=frozenset({"1"}),
    valid_from=MOC_4_01, reference="Convênio s/nº de 1970, Anexo II (5933, 6933)",
    pt="CFOP de venda de mercadoria em item de serviço (ISSQN), ou de serviço em item com ICMS.",
    en="A CFOP of goods sold in an item of service (ISSQN), or of services in an item with ICMS.",
)  # fmt: skip
def service_has_its_own_code(_: Note, item: Item) -> Breach | None:
    code = item.cfop or ""
    if item.issqn and code[1:] in _SALES_OF_GOODS:
        return Breach(item.prod, "CFOP", code, f"{code[0]}933", "ISSQN")
    if item.icms and code[1:] == _SERVICE:
        return Breach(item.prod, "CFOP", code, "CFOP de mercadoria", f"CST {item.icms_code}")
    return None

"""ISSQN of a service item in a joint note."""

from __future__ import annotations

from decimal import Decimal

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._arithmetic import rate_breach
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules._since import LC_157_16

_LOWEST, _HIGHEST = Decimal(2), Decimal(5)
_DUE = "1"
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

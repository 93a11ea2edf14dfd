"""Imports and exports: the groups and amounts that a foreign CFOP asks for."""

from __future__ import annotations

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules._since import MOC_4_01
from malha.fiscal.tables import cfop

_NORMAL = frozenset({"1"})
_NO_EXIT_PLACE = frozenset({"7667", "7552", "7504"})
_SIMPLES = frozenset({"1", "4"})


@rule(
    "NF-IMP-001", severity=Severity.HIGH, scope=Scope.ITEM, models=NFE, purposes=_NORMAL, facultative=True,
    valid_from=MOC_4_01, reference="Rejeições 525, 599 e 597 (I08-110)",
    pt="Importação sem a declaração de importação (DI).", en="An import without its import declaration (DI).",
)  # fmt: skip
def import_has_its_groups(note: Note, item: Item) -> Breach | None:
    code = item.cfop
    if not code or code[0] != "3" or code in cfop.returns() or item.issqn:
        return None
    if "DI" not in item.prod:
        return Breach(item.prod, "DI", formula=f"CFOP {code}, rejeição 525")
    if "II" not in item.imposto:
        return Breach(
            item.imposto, "II", formula=f"CFOP {code}, rejeição 599", severity=Severity.MEDIUM,
            pt="Importação sem o grupo do imposto de importação.", en="An import without the import tax group.",
        )  # fmt: skip
    if "IPI" not in item.imposto and note.crt not in _SIMPLES:
        return Breach(
            item.imposto, "IPI", formula=f"CFOP {code}, rejeição 597", severity=Severity.MEDIUM,
            pt="Importação sem o grupo do IPI.", en="An import without the IPI group.",
        )  # fmt: skip
    return None


@rule(
    "NF-EXP-001", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=_NORMAL,
    valid_from=MOC_4_01, reference="Rejeições 355 e 527; LC 87/96 art. 3, II",
    pt="Exportação sem o local de embarque (grupo exporta).", en="An export without the place of exit (exporta).",
)  # fmt: skip
def export_is_untaxed_and_says_where_from(note: Note, item: Item) -> Breach | None:
    code = item.cfop
    if not code or code[0] != "7" or code in cfop.returns():
        return None
    value = item.icms.amount("vICMS")
    if value:
        return Breach(
            item.icms, "vICMS", value, 0, f"CFOP {code}, rejeição 527",
            pt="Exportação com valor de ICMS.", en="An export that charges ICMS.",
        )  # fmt: skip
    if code in _NO_EXIT_PLACE or "exporta" in note.group:
        return None
    return Breach(note.group, "exporta", formula=f"item {item.number}, CFOP {code}, rejeição 355")

"""Imports and exports: the groups and amounts that a foreign CFOP asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.keys import is_key, parse_key
from malha.fiscal.rules._places import is_sold_as_export
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_3_10, MOC_4_01, TRADE_UNITS
from malha.fiscal.rules._units import COUNTED, MEASURED, common_unit
from malha.fiscal.tables import cfop, ncm
from malha.fiscal.tree import Group

_NORMAL = frozenset({"1"})
_NO_EXIT_PLACE = frozenset({"7667", "7552", "7504"})
_SIMPLES = frozenset({"1", "4"})
_TOWARDS_EXPORT = frozenset(
    {"1501", "2501", "5501", "5502", "5504", "5505", "6501", "6502", "6504", "6505"}
)  # fmt: skip
_BY_SEA, _FOR_OTHERS = "1", frozenset({"2", "3"})


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


@rule(
    "NF-EXP-002", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, valid_from=LAYOUT_3_10,
    reference="Rejeição 356 (ZA01-10)",
    pt="Local de embarque para o exterior em operação que não é exportação.",
    en="A place of exit from the country in an operation that is no export.",
)  # fmt: skip
def only_exports_leave_the_country(note: Note) -> Breach | None:
    destination = note.ide.text("idDest")
    if (
        "exporta" not in note.group
        or destination not in {"1", "2"}
        or any(is_sold_as_export(one) for one in note.items)
    ):
        return None
    return Breach(note.group.group("exporta"), "UFSaidaPais", formula=f"idDest {destination}")


@rule(
    "NF-EXP-003", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, valid_from=TRADE_UNITS,
    reference="Rejeição 817 (I14-10); NT 2016.001",
    pt="A unidade tributável não é a que a NCM tem no comércio exterior.",
    en="The taxable unit is not the NCM's unit of foreign trade.",
)  # fmt: skip
def exported_unit_is_the_ncms(note: Note, item: Item) -> Breach | None:
    if not _goes_abroad(note, item):
        return None
    expected, found = ncm.trade_unit(item.ncm or ""), item.prod.text("uTrib")
    if expected is None or not found or common_unit(found) == expected:
        return None
    return Breach(item.prod, "uTrib", found, expected, f"NCM {item.ncm}")


def _goes_abroad(note: Note, item: Item) -> bool:
    return item.cfop in _TOWARDS_EXPORT or (note.direction == "1" and note.ide.text("idDest") == "3")


@rule(
    "NF-PRD-017", severity=Severity.INFO, scope=Scope.ITEM, models=NFE_NFCE, valid_from=TRADE_UNITS,
    reference="NT 2016.001 (tabela NCM x uTrib)",
    pt="A NCM é contada em unidades e a unidade tributável é uma medida: confira.",
    en="The NCM is counted in units and the taxable unit is a measure: check it.",
)  # fmt: skip
def counted_goods_are_not_weighed(note: Note, item: Item) -> Breach | None:
    """Inside the country the unit is free: cattle is sold by weight, so this is no more than worth knowing."""
    expected, found = ncm.trade_unit(item.ncm or ""), item.prod.text("uTrib")
    if expected not in COUNTED or not found or common_unit(found) not in MEASURED or _goes_abroad(note, item):
        return None
    return Breach(item.prod, "uTrib", found, expected, f"NCM {item.ncm}")


@rule(
    "NF-EXP-004", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, valid_from=LAYOUT_3_10,
    reference="Rejeições 342 e 343 (I53)",
    pt="A nota recebida para exportação tem chave que não pode ser.",
    en="The note received for export has a key that cannot be.",
)  # fmt: skip
def indirect_export_names_a_note(_: Note, item: Item) -> Sequence[Breach] | None:
    if "detExport" not in item.prod:
        return None
    groups = (group.group("exportInd") for group in item.prod.groups("detExport"))
    return [breach for group in groups if (breach := _wrong_note(group))]


def _wrong_note(group: Group) -> Breach | None:
    key = group.text("chNFe")
    if not key:
        return None
    if not is_key(key):
        return Breach(group, "chNFe", key, formula="rejeição 342")
    parts = parse_key(key)
    return Breach(group, "chNFe", parts.model, "55", "rejeição 343") if parts and parts.model != "55" else None


@rule(
    "NF-IMP-002", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=_NORMAL,
    valid_from=LAYOUT_3_10, reference="Rejeições 330, 331, 333 e 376 (I19 a I25)",
    pt="A declaração de importação do item se contradiz ou está incompleta.",
    en="The item's import declaration contradicts itself or is incomplete.",
)  # fmt: skip
def import_declaration_is_complete(note: Note, item: Item) -> Sequence[Breach] | None:
    if "DI" not in item.prod:
        return None
    return [breach for group in item.prod.groups("DI") for breach in _declaration_breaches(note, group)]


def _declaration_breaches(note: Note, group: Group) -> Iterator[Breach]:
    registered, cleared = group.text("dDI"), group.text("dDesemb")
    issued = note.issued_at.date().isoformat() if note.issued_at else None
    if registered and cleared and cleared < registered:
        yield Breach(group, "dDesemb", cleared, f"{registered} ou depois", f"dDI {registered}")
    elif cleared and issued and cleared > issued:
        yield Breach(group, "dDesemb", cleared, f"até {issued}", "rejeição 376")
    if group.text("tpViaTransp") == _BY_SEA and "vAFRMM" not in group:
        yield Breach(group, "vAFRMM", formula="tpViaTransp 1, rejeição 330")
    if group.text("tpIntermedio") in _FOR_OTHERS and not (group.text("CNPJ") or group.text("CPF")):
        yield Breach(group, "CNPJ", formula=f"tpIntermedio {group.text('tpIntermedio')}, rejeição 331")

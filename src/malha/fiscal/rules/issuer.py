"""The issuer's own registration: who sells goods under ICMS has one in its state."""

from __future__ import annotations

from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.keys import STATE_SITE_SERIES
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import MOC_4_01

_WRITTEN_BY_THE_STATE = frozenset({"1", "2"})
_MEI = "4"


@rule(
    "NF-ID-014", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, valid_from=MOC_4_01,
    reference="Rejeição 229 (C17-10); LC 87/96 art. 4º",
    pt="O emitente cobra ou informa ICMS sem inscrição estadual.",
    en="The issuer charges or states ICMS without a state registration.",
)  # fmt: skip
def issuer_is_registered(note: Note) -> Breach | None:
    """Silent on notes that the state writes for others, persons, MEI, and those that hold services alone.

    The layout lets the registration out since 2025, for issuers who are no taxpayers of ICMS.
    """
    registration = note.emit.text("IE")
    if registration is not None and registration.strip("0 "):
        return None
    if not note.emit or "CNPJ" not in note.emit or note.crt == _MEI:
        return None
    if note.ide.text("procEmi") in _WRITTEN_BY_THE_STATE or _series(note) in STATE_SITE_SERIES:
        return None
    if not any(item.icms.amount("vICMS") or item.is_simples or item.icms.amount("vICMSST") for item in note.items):
        return None
    return Breach(note.emit, "IE", registration)


def _series(note: Note) -> int:
    return int(note.series) if note.series.isdecimal() and len(note.series) <= 3 else 0

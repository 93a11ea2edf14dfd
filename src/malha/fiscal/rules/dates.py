"""Dates of issue, exit and authorisation, and contingency."""

from __future__ import annotations

from datetime import datetime, timedelta

from malha.fiscal.documents import Note, parse_instant
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._registry import NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import END_OF_SUMMER_TIME, MOC_4_01

_CLOCK_TOLERANCE = timedelta(minutes=5)
_EXIT_LIMIT_DAYS = 30
_BRASILIA = frozenset({-3})
_OFFSETS = {
    "AC": frozenset({-5}),
    "AM": frozenset({-4, -5}),
    "MS": frozenset({-4}),
    "MT": frozenset({-4}),
    "PE": frozenset({-3, -2}),
    "RO": frozenset({-4}),
    "RR": frozenset({-4}),
}
"""Hours from UTC where they are not Brasília's alone: part of AM follows AC, Fernando de Noronha (PE) is ahead."""


def _received_at(note: Note) -> datetime | None:
    received = note.protocol.text("dhRecbto") if note.protocol else None
    return parse_instant(received) if received else None


@rule(
    "NF-DATE-001", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 212 e 703",
    pt="A nota foi emitida no futuro.", en="The note was issued in the future.",
)  # fmt: skip
def issue_is_not_in_the_future(note: Note, options: AuditOptions) -> Breach | None:
    """After its own authorisation, or after the audit."""
    if note.issued_at is None or "dhEmi" not in note.ide:
        return None
    for limit in (_received_at(note), options.now):
        if limit and note.issued_at > limit + _CLOCK_TOLERANCE:
            return Breach(note.ide, "dhEmi", note.ide.text("dhEmi"), f"até {limit.isoformat()}")
    return None


@rule(
    "NF-DATE-002", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 504, 505 e 506",
    pt="A data de saída ou entrada é anterior à emissão, ou mais de 30 dias depois.",
    en="The date of exit or entry is before the issue, or more than 30 days after it.",
)  # fmt: skip
def exit_follows_issue(note: Note) -> Breach | None:
    """Compared by day, as many systems write midnight; goods of an entry note may have come before it."""
    field = "dhSaiEnt" if "dhSaiEnt" in note.ide else "dSaiEnt"
    text = note.ide.text(field)
    exit_at = parse_instant(text) if text else None
    if exit_at is None or note.issued_at is None:
        return None
    days = (exit_at.date() - note.issued_at.date()).days
    is_early = days < 0 and note.direction == "1"
    if not is_early and days <= _EXIT_LIMIT_DAYS:
        return None
    return Breach(note.ide, field, text, f"{note.issued_at:%Y-%m-%d} + {_EXIT_LIMIT_DAYS} d", f"{days} d")


@rule(
    "NF-DATE-003", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 228 e 526",
    pt="A nota foi autorizada mais de seis meses depois do mês da chave.",
    en="The note was authorised more than six months after the month in its key.",
)  # fmt: skip
def authorisation_is_not_late_by_months(note: Note) -> Breach | None:
    received = _received_at(note)
    if received is None or note.issued_at is None:
        return None
    months = (received.year - note.issued_at.year) * 12 + received.month - note.issued_at.month
    return Breach(note.protocol, "dhRecbto", received.isoformat(), formula=f"{months} meses") if months > 6 else None


@rule(
    "NF-DATE-004", severity=Severity.LOW, scope=Scope.NOTE, models=NFE_NFCE, reference="Rejeição 212",
    valid_from=END_OF_SUMMER_TIME,
    pt="O fuso horário da emissão não é o do estado do emitente.",
    en="The time zone of the issue is not the one of the issuer's state.",
)  # fmt: skip
def offset_is_the_states(note: Note) -> Breach | None:
    """From the end of daylight saving time in Brazil on."""
    offset = note.issued_at.utcoffset() if note.issued_at and "dhEmi" in note.ide else None
    if offset is None or not note.issuer_uf:
        return None
    allowed = _OFFSETS.get(note.issuer_uf, _BRASILIA)
    if offset.total_seconds() / 3600 in allowed:
        return None
    return Breach(note.ide, "dhEmi", note.ide.text("dhEmi"), ", ".join(f"{one:+03}:00" for one in sorted(allowed)))


@rule(
    "NF-CONT-001", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE,
    valid_from=MOC_4_01, reference="Rejeições 556 e 557",
    pt="A justificativa de contingência (dhCont, xJust) não combina com a forma de emissão (tpEmis).",
    en="The contingency's justification (dhCont, xJust) does not fit the kind of emission (tpEmis).",
)  # fmt: skip
def contingency_is_justified(note: Note) -> Breach | None:
    """The special regime NFF (3) is no contingency."""
    kind = note.ide.text("tpEmis")
    is_justified = "dhCont" in note.ide and "xJust" in note.ide
    if kind == "1" and ("dhCont" in note.ide or "xJust" in note.ide):
        return Breach(note.ide, "xJust", note.ide.text("xJust"), formula="tpEmis 1 com justificativa")
    if kind in {"1", "3", None} or is_justified or note.layout.startswith("1."):
        return None
    return Breach(note.ide, "tpEmis", kind, "dhCont, xJust", f"tpEmis {kind} sem justificativa")

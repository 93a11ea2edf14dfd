"""Signals: computed anew when one procurement is read, and kept for lists by the passes that mark values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.kit.clock import utc_now
from malha.procurement.models import Procurement
from malha.procurement.models import Signal as KeptSignal
from malha.procurement.repository import signals
from malha.procurement.repository.signals import SignalFilter
from malha.procurement.rules.limits import DIRECT_LIMITS
from malha.procurement.rules.mark_words import explain_mark
from malha.procurement.rules.signal_words import NOT_COMPUTABLE, WORDINGS, explain_signal
from malha.procurement.rules.signals import SignalRule, Subject, find_signals
from malha.procurement.schemas.signals import (
    NotComputable,
    ProcurementSignals,
    SignalRead,
    SignalRuleRead,
    SignalRulesRead,
    ValueMarkRead,
)
from malha.procurement.service._marks import judge_values
from malha.procurement.service._signal_facts import gather_subjects

__all__ = ["SignalFilter", "keep_signals", "list_rules", "read_signals", "read_signals_of"]


async def keep_signals(session: Session, found: Sequence[Procurement]) -> int:
    """Compute the signals of procurements and keep them for lists; returns how many there are."""
    subjects = await gather_subjects(session, found)
    return await signals.replace_signals(
        session, {subject.control_number: find_signals(subject) for subject in subjects}
    )


async def read_signals_of(
    session: ReadSession, cnpj: str, year: int, sequence: int, language: str
) -> ProcurementSignals:
    """Signals and marks of one procurement, of what is known now; ProcurementNotFoundError."""
    row = await signals.get_procurement(session, cnpj, year, sequence)
    [subject] = await gather_subjects(session, [row])
    now = utc_now()
    found = [
        _show(row.control_number, signal.rule.value, signal.subject, signals.plain(signal.numbers), now, language)
        for signal in find_signals(subject)
    ]
    marks = [
        ValueMarkRead(
            item=mark.item, rule=mark.rule.value, numbers=signals.plain(mark.numbers),
            reason=explain_mark(mark.rule, mark.numbers, language), marked_at=now,
        )
        for mark in (await judge_values(session, [row]))[row.control_number]
    ]  # fmt: skip
    return ProcurementSignals(
        control_number=row.control_number,
        signals=found,
        marks=marks,
        unknown=await _unknown(session, row, subject),
        not_computable=not_computable(language),
    )


async def read_signals(session: ReadSession, wanted: SignalFilter, window: Window, language: str) -> Page[SignalRead]:
    """Kept signals."""

    def show(kept: KeptSignal) -> SignalRead:
        return _show(kept.control_number, kept.rule, kept.subject, kept.numbers, kept.found_at, language)

    return (await signals.list_signals(session, wanted, window)).map(show)


def list_rules(language: str) -> SignalRulesRead:
    """The rules with their formulas and laws."""
    limits = [
        {"since": limit.since, "works": limit.works, "others": limit.others, "source": limit.source}
        for limit in DIRECT_LIMITS
    ]
    rules = [
        SignalRuleRead(
            rule=rule.value,
            title=wording.title_pt if language == "pt" else wording.title_en,
            formula=wording.formula,
            law=wording.law,
        )
        for rule, wording in WORDINGS.items()
    ]
    return SignalRulesRead(rules=rules, direct_limits=limits, not_computable=not_computable(language))


def not_computable(language: str) -> list[NotComputable]:
    """Cardinal's red flags that need what PNCP does not publish."""
    reason = "pt" if language == "pt" else "en"
    return [NotComputable(code=flag["code"], title=flag["title"], reason=flag[reason]) for flag in NOT_COMPUTABLE]


async def _unknown(session: ReadSession, row: Procurement, subject: Subject) -> list[str]:
    lists = await signals.find_sanction_days(session)
    told = {
        "items": row.items_state != "complete",
        "results": subject.awarded_on is None,
        "contracts": not subject.contracts,
        "proposals-close": subject.proposals_close_on is None,
        "supplier-registry": any(supplier.activities is None for supplier in subject.suppliers),
        "sanction-lists": len(lists) < 2,
        "price-spreads": all(item.peers is None for item in subject.items),
    }
    return [name for name, is_so in told.items() if is_so]


def _show(
    control_number: str, rule: str, subject: str, numbers: dict[str, Any], found_at: Any, language: str
) -> SignalRead:
    wording = WORDINGS.get(SignalRule(rule)) if rule in set(SignalRule) else None
    return SignalRead(
        control_number=control_number,
        rule=rule,
        subject=subject,
        title=(wording.title_pt if language == "pt" else wording.title_en) if wording else rule,
        explanation=explain_signal(rule, numbers, language),
        formula=wording.formula if wording else "",
        law=wording.law if wording else "",
        numbers=numbers,
        found_at=found_at,
    )

"""Calculations of the expenses that need no database."""

from malha.expenses.rules._decision import (
    Decision,
    Reason,
    Risk,
    Verdict,
    decide,
    decide_without_supplier,
    describe_reason,
)
from malha.expenses.rules._services import SERVICE_ACTIVITIES, find_activities, fits, normalize_service
from malha.expenses.rules._signals import Signal, Spending, find_signals

__all__ = [
    "SERVICE_ACTIVITIES",
    "Decision",
    "Reason",
    "Risk",
    "Signal",
    "Spending",
    "Verdict",
    "decide",
    "decide_without_supplier",
    "describe_reason",
    "find_activities",
    "find_signals",
    "fits",
    "normalize_service",
]

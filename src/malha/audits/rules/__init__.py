"""Calculations of the audits that need no database."""

from malha.audits.rules._classification import Classification, classify
from malha.audits.rules._cross_validation import CrossValidation, Priced
from malha.audits.rules._planning import human_size, plan_parts, summarize_input

__all__ = [
    "Classification",
    "CrossValidation",
    "Priced",
    "classify",
    "human_size",
    "plan_parts",
    "summarize_input",
]

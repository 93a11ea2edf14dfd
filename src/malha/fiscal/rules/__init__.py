"""The audit rules: every module here without a leading underscore holds some, and is found by its presence."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache, lru_cache

from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._reform import Part as ReformPart
from malha.fiscal.rules._registry import Bound, Rule, Rulebook, Scope, registered
from malha.fiscal.rules._sums import Sums as ItemSums

__all__ = ["Bound", "ItemSums", "ReformPart", "Rule", "Rulebook", "Scope", "all_rules", "get_rule", "rulebook"]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id; imports the rule modules on first use."""
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}")
    return registered()


@cache
def _rules_by_id() -> dict[str, Rule]:
    return {rule.id: rule for rule in all_rules()}


def get_rule(id: str) -> Rule:  # noqa: A002 - as `rule` calls it
    """One rule; KeyError."""
    return _rules_by_id()[id]


@lru_cache(maxsize=64)
def rulebook(options: AuditOptions) -> Rulebook:
    """The rules under these options, kept from file to file."""
    return Rulebook(all_rules(), options)

"""Options narrowed to the two halves of an audit: each file by itself, then what only shows across documents."""

from __future__ import annotations

from dataclasses import replace

from malha.fiscal.rules import all_rules
from malha.fiscal.rules._registry import AuditOptions, Scope


def within_documents(options: AuditOptions) -> AuditOptions:
    """The same audit without the rules that look across documents."""
    return replace(options, skip=options.skip | _batch_rules())


def across_documents(options: AuditOptions) -> AuditOptions | None:
    """The same audit with only those rules; None when none of them is selected."""
    selected = frozenset(one for one in _batch_rules() if not options.only or one.startswith(tuple(options.only)))
    return replace(options, only=selected) if selected else None


def _batch_rules() -> frozenset[str]:
    return frozenset(one.id for one in all_rules() if one.scope is Scope.BATCH)

"""Which rules an audit's options choose, and the two halves of an audit: each file by itself, then across documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from malha.fiscal.options import AuditOptions
from malha.fiscal.rules import Scope, all_rules


def within_documents(options: AuditOptions) -> AuditOptions:
    """The same audit without the rules that look across documents."""
    return replace(options, skip=options.skip | _batch_rules())


def across_documents(options: AuditOptions) -> AuditOptions | None:
    """The same audit with only those rules; None when none of them is selected."""
    selected = frozenset(rule for rule in _batch_rules() if not options.only or rule.startswith(tuple(options.only)))
    return replace(options, only=selected) if selected else None


def unknown_rules(names: Iterable[str]) -> list[str]:
    """Those of these ids and prefixes that no rule has: an audit told to use them would silently check nothing."""
    ids = [rule.id for rule in all_rules()]
    return sorted(name for name in names if not name or not any(rule.startswith(name) for rule in ids))


def _batch_rules() -> frozenset[str]:
    return frozenset(rule.id for rule in all_rules() if rule.scope is Scope.BATCH)

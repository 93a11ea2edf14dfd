"""What comes of asking for many CNPJs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from malha.suppliers.rules.supplier import Supplier


@dataclass(slots=True)
class LookUpResult:
    """Each CNPJ asked for is in exactly one of `found`, `not_found`, `failed` and `pending`.

    `failed` holds reasons: asking again later may help, except for `cnpj-invalid`. `pending` waits for a limit or for
    another process's answer until `retry_at`. `estimate_seconds` is how long all that is pending will take. `away`
    names the providers that do not answer, where all that is pending waits for them alone.
    """

    found: dict[str, Supplier] = field(default_factory=dict)
    not_found: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    retry_at: datetime | None = None
    estimate_seconds: float = 0.0
    away: set[str] = field(default_factory=set)

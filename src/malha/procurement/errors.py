"""Errors of public contracting that callers may see."""

from __future__ import annotations

from malha.errors import NotFoundError


class SyncRunNotFoundError(NotFoundError):
    """No run of this request, or none at all."""

    code = "sync-run-not-found"
    pt = "Nenhuma sincronização encontrada."
    en = "No synchronisation found."


class ProcurementNotFoundError(NotFoundError):
    """Not among what was synchronised."""

    code = "procurement-not-found"
    pt = "Contratação não encontrada entre as sincronizadas."
    en = "Procurement not found among those synchronised."

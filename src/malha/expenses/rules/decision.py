"""The decision on one expense: one precedence, whether it came alone or with a hundred thousand others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from malha.expenses.rules.services import find_activities, fits
from malha.suppliers.rules.supplier import Standing, Status


class Decision(StrEnum):
    """The platform's word on an expense."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CNAE_MISMATCH = "CNAE_MISMATCH"
    MANUAL_REVIEW = "MANUAL_REVIEW"


class Risk(StrEnum):
    """What the registry status means for a payment."""

    OK = "OK"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL_RISK"
    UNKNOWN = "UNKNOWN"


class Reason(StrEnum):
    """Why; a stable code, put into words for people by `describe_reason`."""

    CNPJ_INVALID = "cnpj-invalid"
    SUPPLIER_IS_PERSON = "supplier-is-person"
    SUPPLIER_NOT_FOUND = "supplier-not-found"
    SUPPLIER_CLOSED = "supplier-closed"
    ACTIVITY_MISMATCH = "activity-mismatch"
    SUPPLIER_SUSPENDED = "supplier-suspended"
    STATUS_UNKNOWN = "status-unknown"
    SERVICE_UNMAPPED = "service-unmapped"
    ACTIVITY_FITS = "activity-fits"
    REGISTRY_UNAVAILABLE = "registry-unavailable"
    REGISTRY_IN_DOUBT = "registry-in-doubt"


RISKS: Mapping[Status, Risk] = {
    Status.ATIVA: Risk.OK,
    Status.SUSPENSA: Risk.WARNING,
    Status.INAPTA: Risk.WARNING,
    Status.BAIXADA: Risk.CRITICAL,
    Status.NULA: Risk.CRITICAL,
    Status.UNKNOWN: Risk.UNKNOWN,
}

_WORDS = {
    Reason.CNPJ_INVALID: ("O CNPJ é inválido.", "The CNPJ is not valid."),
    Reason.SUPPLIER_IS_PERSON: (
        "O documento é um CPF: o cadastro de empresas não diz nada de pessoas.",
        "The number is a person's CPF: the registry of companies says nothing of persons.",
    ),
    Reason.SUPPLIER_NOT_FOUND: ("O CNPJ não consta do cadastro da Receita.", "The registry has no such CNPJ."),
    Reason.SUPPLIER_CLOSED: ("A empresa está baixada ou nula.", "The company is closed or its registration void."),
    Reason.ACTIVITY_MISMATCH: (
        "Nenhuma atividade (CNAE) da empresa corresponde ao serviço.",
        "None of the company's activities (CNAE) fits the service.",
    ),
    Reason.SUPPLIER_SUSPENDED: ("A empresa está suspensa ou inapta.", "The company is suspended or unfit."),
    Reason.STATUS_UNKNOWN: ("A situação cadastral é desconhecida.", "The registry status is unknown."),
    Reason.SERVICE_UNMAPPED: (
        "O serviço não está na tabela de atividades.",
        "The service is not in the table of activities.",
    ),
    Reason.ACTIVITY_FITS: ("Empresa ativa e atividade compatível.", "The company is active and its activity fits."),
    Reason.REGISTRY_UNAVAILABLE: (
        "O cadastro não respondeu depois de todas as tentativas.",
        "The registry did not answer in any of the attempts.",
    ),
    Reason.REGISTRY_IN_DOUBT: (
        "O cadastro negou a empresa, mas não merece mais crédito: ela está sendo consultada de novo.",
        "The registry denied the company, and is not believed any more: it is being asked about again.",
    ),
}


def describe_reason(reason: str, *, language: str) -> str:
    """The reason in Portuguese (`pt`) or English."""
    portuguese, english = _WORDS[Reason(reason)]
    return portuguese if language == "pt" else english


_REJECTING = frozenset({Reason.CNPJ_INVALID, Reason.SUPPLIER_NOT_FOUND})


class Verdict(NamedTuple):
    """A decision with what it rests on; `is_cnae_valid` is None where it could not be judged."""

    decision: Decision
    reason: Reason
    risk: Risk
    is_cnae_valid: bool | None
    evidence: dict[str, object]


def decide_without_supplier(reason: Reason) -> Verdict:
    """For a CNPJ that is none or that nobody knows (REJECTED); for a CPF, and what nobody answered (MANUAL_REVIEW)."""
    decision = Decision.REJECTED if reason in _REJECTING else Decision.MANUAL_REVIEW
    return Verdict(decision, reason, Risk.UNKNOWN, None, {})


def decide(supplier: Standing, service: str, activities: Mapping[str, Sequence[str]]) -> Verdict:
    """Judge a company for a service under a table of activities.

    The precedence: closed company, activity that does not fit, suspended company, unknown status, unmapped service.
    """
    risk = RISKS[supplier.status]
    allowed = find_activities(service, activities)
    cnaes = supplier.cnaes
    is_valid = None if allowed is None or not cnaes else fits(cnaes, allowed)
    evidence: dict[str, object] = {
        "status": supplier.status,
        "status_since": supplier.status_since and supplier.status_since.isoformat(),
        "cnaes": cnaes,
        "allowed": allowed,
        "provider": supplier.provider,
        "fetched_at": supplier.fetched_at.isoformat(),
        "is_stale": supplier.is_stale,
    }
    decision, reason = _by_precedence(risk, is_valid)
    return Verdict(decision, reason, risk, is_valid, evidence)


def _by_precedence(risk: Risk, is_cnae_valid: bool | None) -> tuple[Decision, Reason]:  # noqa: FBT001 - three values
    if risk is Risk.CRITICAL:
        return Decision.REJECTED, Reason.SUPPLIER_CLOSED
    if is_cnae_valid is False:
        return Decision.CNAE_MISMATCH, Reason.ACTIVITY_MISMATCH
    if risk is Risk.WARNING:
        return Decision.MANUAL_REVIEW, Reason.SUPPLIER_SUSPENDED
    if risk is Risk.UNKNOWN:
        return Decision.MANUAL_REVIEW, Reason.STATUS_UNKNOWN
    if is_cnae_valid is None:
        return Decision.MANUAL_REVIEW, Reason.SERVICE_UNMAPPED
    return Decision.APPROVED, Reason.ACTIVITY_FITS

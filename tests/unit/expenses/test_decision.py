"""One precedence for every expense."""

from __future__ import annotations

import pytest
from tests.factories.suppliers import make_supplier

from malha.expenses.rules.decision import Decision, Reason, decide
from malha.expenses.rules.services import SERVICE_ACTIVITIES, find_activities, fits, normalize_service
from malha.fiscal.tables import cnae
from malha.suppliers.rules.supplier import Status

CLEANER = make_supplier(main="8121400").standing


@pytest.mark.parametrize(
    ("status", "service", "decision", "reason"),
    [
        (Status.ATIVA, "limpeza", Decision.APPROVED, Reason.ACTIVITY_FITS),
        (Status.ATIVA, "elevador", Decision.CNAE_MISMATCH, Reason.ACTIVITY_MISMATCH),
        (Status.ATIVA, "dança", Decision.MANUAL_REVIEW, Reason.SERVICE_UNMAPPED),
        (Status.SUSPENSA, "limpeza", Decision.MANUAL_REVIEW, Reason.SUPPLIER_SUSPENDED),
        (Status.INAPTA, "elevador", Decision.CNAE_MISMATCH, Reason.ACTIVITY_MISMATCH),
        (Status.BAIXADA, "limpeza", Decision.REJECTED, Reason.SUPPLIER_CLOSED),
        (Status.NULA, "elevador", Decision.REJECTED, Reason.SUPPLIER_CLOSED),
        (Status.UNKNOWN, "limpeza", Decision.MANUAL_REVIEW, Reason.STATUS_UNKNOWN),
    ],
)
def test_the_precedence(status: Status, service: str, decision: Decision, reason: Reason) -> None:
    verdict = decide(CLEANER._replace(status=status), service, SERVICE_ACTIVITIES)
    assert (verdict.decision, verdict.reason) == (decision, reason)


def test_a_secondary_activity_counts() -> None:
    supplier = make_supplier(main="4711302", secondary=("8121400",)).standing
    assert decide(supplier, "limpeza", SERVICE_ACTIVITIES).decision is Decision.APPROVED


def test_a_supplier_without_activities_is_nobodys_mismatch() -> None:
    supplier = CLEANER._replace(main_cnae=None)
    assert decide(supplier, "limpeza", SERVICE_ACTIVITIES).decision is Decision.MANUAL_REVIEW


def test_lighting_is_not_lifts_though_the_class_is_the_same() -> None:
    lighting = CLEANER._replace(main_cnae="4329104")
    assert decide(lighting, "elevador", SERVICE_ACTIVITIES).decision is Decision.CNAE_MISMATCH


def test_the_workspaces_own_table_wins() -> None:
    assert decide(CLEANER, "dança", {"danca": ["8121400"]}).decision is Decision.APPROVED


def test_every_activity_of_the_table_exists_in_cnae() -> None:
    codes = {code for allowed in SERVICE_ACTIVITIES.values() for code in allowed}
    assert {len(code) for code in codes} <= {5, 7}
    assert [code for code in codes if not cnae.is_known(code)] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [("Instalação elétrica", "instalacao_eletrica"), (" LIMPEZA ", "limpeza"), ("ar-condicionado", "ar_condicionado")],
)
def test_service_names_are_forgiving(text: str, name: str) -> None:
    assert normalize_service(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Elevadores", "elevador"),
        ("Manutenção de elevadores", "manutencao_elevador"),
        ("pinturas", "pintura"),
        ("Construções", "construcao"),
        ("jardinagens", "jardinagem"),
        ("Resíduos", "residuos"),
        ("Instalações elétricas", "instalacao_eletrica"),
    ],
)
def test_a_service_is_found_in_the_plural_and_with_joining_words(text: str, name: str) -> None:
    assert find_activities(text, SERVICE_ACTIVITIES) == SERVICE_ACTIVITIES[name]


@pytest.mark.parametrize("text", ["", "s", "consultoria", "de", "elevadorias"])
def test_a_service_that_the_table_does_not_have_finds_nothing(text: str) -> None:
    assert find_activities(text, SERVICE_ACTIVITIES) is None


def test_a_class_covers_its_subclasses_and_no_others() -> None:
    assert fits(["4330404"], ["43304"])
    assert not fits(["4329103"], ["43304"])

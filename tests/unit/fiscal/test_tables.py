"""The official tables: known codes, dates, and the questions that rules ask them."""

from datetime import date
from decimal import Decimal

import pytest

from malha.fiscal.tables import cest, cfop, cnae, cst, ibscbs, municipality, ncm, services, tpag, uf


def test_ncm_knows_codes_on_the_days_on_which_they_were_in_force() -> None:
    assert ncm.is_known("84713012", date(2018, 1, 1))
    assert not ncm.is_known("84713099")
    assert ncm.is_known("04031000", date(2021, 1, 1)), "revoked in 2022, still good before"
    assert not ncm.is_known("04031000", date(2026, 3, 1))
    assert ncm.is_known("97019100", date(2022, 4, 1))
    assert not ncm.is_known("97019100", date(2022, 3, 31)), "came with the 2022 nomenclature"


def test_ncm_describes_a_code_from_its_chapter_down() -> None:
    path = ncm.describe("84713012")
    assert path is not None
    assert path.startswith("Reatores nucleares, caldeiras")
    assert path.endswith("140 cm², mas inferior a 560 cm²")
    assert ncm.describe("99999999") is None


def test_ncm_chapters_are_those_of_the_harmonised_system() -> None:
    assert ncm.chapters() == {f"{number:02}" for number in range(1, 98)} - {"77"}


def test_cfop_carries_the_portal_indicators() -> None:
    sale, goods_return = cfop.describe("5102"), cfop.describe("5202")
    assert sale is not None
    assert sale.name.startswith("Venda de mercadoria adquirida")
    assert not sale.is_return
    assert goods_return is not None
    assert goods_return.is_return
    assert {"1202", "2411", "5921"} <= cfop.returns()
    assert {"5902", "1916"} <= cfop.comebacks()
    assert "5915" in cfop.remittances()
    assert not cfop.is_known("5999")


def test_cest_covers_ncm_by_prefix() -> None:
    assert cest.covers("1600100", "40111000")
    assert not cest.covers("1600100", "84713012")
    assert cest.covers("9999999", "84713012"), "an unknown CEST is another fault"
    assert not cest.is_known("9999999")


def test_cst_knows_each_tax_of_its_own() -> None:
    assert cst.codes("icms") >= {"00", "10", "20", "30", "40", "41", "50", "51", "60", "61", "70", "90"}
    assert cst.codes("csosn") == {"101", "102", "103", "201", "202", "203", "300", "400", "500", "900"}
    assert cst.direction("ipi", "50") == "out"
    assert cst.direction("pis", "50") == "in"
    assert cst.describe("icms", "51") == "Diferimento"
    assert not cst.is_known("ipi", "60")


def test_class_trib_belongs_to_its_situation_and_carries_its_reductions() -> None:
    for code, one in ibscbs.classifications().items():
        assert code.startswith(one.cst)
        assert one.cst in ibscbs.situations()
    prouni = ibscbs.classifications()["200025"]
    assert (prouni.ibs_reduction, prouni.cbs_reduction) == (60, 100)
    assert ibscbs.classifications()["000001"].models == {"55", "65", "57", "NFSe"}
    assert not ibscbs.classifications()["220001"].is_in_force(date(2026, 5, 1))
    assert ibscbs.situations()["620"].single_phase
    assert ibscbs.presumed_credits()["04"].is_deducted


@pytest.mark.parametrize(
    ("day", "state", "city", "cbs"),
    [
        (date(2026, 12, 31), Decimal("0.1"), Decimal(0), Decimal("0.9")),
        (date(2027, 1, 1), Decimal("0.05"), Decimal("0.05"), None),
    ],
)
def test_rates_of_the_transition_change_with_the_year(
    day: date, state: Decimal, city: Decimal, cbs: Decimal | None
) -> None:
    rates = ibscbs.rates(day)
    assert rates is not None
    assert (rates.ibs_state, rates.ibs_city, rates.cbs) == (state, city, cbs)
    assert ibscbs.rates(date(2029, 1, 1)) is None


def test_cnae_names_every_level() -> None:
    assert [code for code, _ in cnae.path("4711302")] == ["47", "471", "47113", "4711302"]
    assert cnae.path("0000000") == []
    assert cnae.describe("62") == "ATIVIDADES DOS SERVIÇOS DE TECNOLOGIA DA INFORMAÇÃO"


def test_municipalities_agree_with_the_state_codes() -> None:
    capital = municipality.find("3550308")
    assert capital is not None
    assert (capital.name, capital.uf) == ("São Paulo", "SP")
    assert all(uf.from_code(code[:2]) == one.uf for code, one in municipality._table().items())
    assert not municipality.is_known(municipality.ABROAD)


def test_service_list_has_the_items_of_the_law() -> None:
    assert services.describe("01.06") == "Assessoria e consultoria em informática."
    assert not services.is_known("03.01"), "vetoed"


def test_payment_means_start_on_their_day() -> None:
    assert tpag.is_known("17", date(2021, 1, 1))
    assert not tpag.is_known("91", date(2025, 11, 2))
    assert tpag.is_known("91", date(2025, 11, 3))
    assert not tpag.is_known("77")


@pytest.mark.parametrize(
    ("origin", "destination", "imported", "rate"),
    [("SP", "BA", False, 7), ("SP", "ES", False, 7), ("ES", "BA", False, 12), ("BA", "SP", False, 12),
     ("SP", "MG", False, 12), ("SP", "BA", True, 4)],
)  # fmt: skip
def test_interstate_rate_depends_on_origin_destination_and_import(
    origin: str, destination: str, imported: bool, rate: int
) -> None:
    assert uf.interstate_rate(origin, destination, imported=imported) == rate


def test_internal_rate_is_that_of_the_day() -> None:
    assert uf.internal_rate("MA", date(2023, 3, 31)) == 18
    assert uf.internal_rate("MA", date(2024, 5, 1)) == 22
    assert uf.internal_rate("MA", date(2026, 1, 1)) == 23
    assert uf.internal_rate("XX", date(2026, 1, 1)) is None
    assert len(uf.UFS) == 27

"""Every signal where it is due, and silence where it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.procurement.rules.activities import expected_activities
from malha.procurement.rules.limits import (
    DIRECT_LIMITS,
    DirectKind,
    business_days_between,
    direct_limit,
    easter,
    is_business_day,
    notice_term,
)
from malha.procurement.rules.signal_words import NOT_COMPUTABLE, WORDINGS, explain_signal
from malha.procurement.rules.signals import (
    AmendmentFact,
    ContractFact,
    SanctionFact,
    Signal,
    SignalItem,
    SignalRule,
    SmallPurchase,
    Subject,
    SupplierFact,
    UnitAwards,
    find_signals,
    shares_of,
)
from malha.procurement.rules.spread import spread_of
from malha.procurement.rules.subjects import direct_kind_of, subjects_of

DAY = date(2026, 3, 2)
CNPJ = "49324221000104"
PAPER = frozenset({"ncm:4802"})
TENDER = Subject("one", modality=6, object="Material de expediente", published_on=DAY)
DIRECT = Subject(
    "one",
    modality=8,
    object="Papel",
    published_on=DAY,
    direct_kind=DirectKind.OTHERS,
    value=Decimal(40000),
    subjects=PAPER,
)


def find(subject: Subject, rule: SignalRule) -> list[Signal]:
    return [signal for signal in find_signals(subject) if signal.rule is rule]


def test_nothing_known_raises_nothing() -> None:
    assert find_signals(Subject("one", None, None, DAY)) == []
    assert find_signals(TENDER) == []


def purchase(value: str, **fields: Any) -> SmallPurchase:
    return replace(SmallPurchase("two", DAY, Decimal(value), DirectKind.OTHERS, PAPER), **fields)


@pytest.mark.parametrize(
    ("others", "fires"),
    [
        ([purchase("25492.11")], True),
        ([purchase("25492.10")], False),
        ([purchase("12746.06"), purchase("12746.06", control_number="three")], True),
        ([purchase("40000", kind=DirectKind.WORKS)], False),
        ([purchase("40000", published_on=date(2025, 12, 31))], False),
        ([purchase("40000", subjects=frozenset({"ncm:8471"}))], False),
        ([purchase("40000", control_number="one")], False),
        ([], False),
    ],
)
def test_purchases_below_the_limit_that_come_to_it_together(others: list[SmallPurchase], *, fires: bool) -> None:
    found = find(replace(DIRECT, small_purchases=others), SignalRule.SPLITTING)
    assert bool(found) is fires
    if fires:
        assert found[0].numbers["limit"] == Decimal("65492.11")
        assert found[0].numbers["limit_source"] == "Decreto 12.807/2025"
        assert found[0].numbers["total"] >= found[0].numbers["limit"]


def test_a_purchase_over_the_limit_by_itself_is_no_splitting() -> None:
    whole = replace(DIRECT, value=Decimal("65492.11"), small_purchases=[purchase("40000")])
    assert find(whole, SignalRule.SPLITTING) == []


@pytest.mark.parametrize(
    ("day", "works", "others"),
    [
        (date(2021, 3, 31), None, None),
        (date(2021, 4, 1), "100000.00", "50000.00"),
        (date(2022, 1, 1), "108040.82", "54020.41"),
        (date(2023, 6, 1), "114416.65", "57208.33"),
        (date(2024, 12, 31), "119812.02", "59906.02"),
        (date(2025, 1, 1), "125451.15", "62725.59"),
        (date(2025, 12, 31), "125451.15", "62725.59"),
        (date(2026, 1, 1), "130984.20", "65492.11"),
        (date(2027, 1, 1), None, None),
    ],
)
def test_limits_are_those_of_the_day(day: date, works: str | None, others: str | None) -> None:
    limit = direct_limit(day)
    if works is None or others is None:
        assert limit is None
    else:
        assert limit is not None
        assert (limit.of(DirectKind.WORKS), limit.of(DirectKind.OTHERS)) == (Decimal(works), Decimal(others))


def test_the_table_of_limits_only_rises() -> None:
    for before, after in pairwise(DIRECT_LIMITS):
        assert (before.since, before.works, before.others) < (after.since, after.works, after.others)
        assert before.others < after.others


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Lei 14.133/2021, Art. 75, I", DirectKind.WORKS),
        ("Lei 14.133/2021, Art. 75, II", DirectKind.OTHERS),
        ("Lei 14.133/2021, Art. 75, III, a", None),
        ("Lei 14.133/2021, Art. 75, IV, a", None),
        ("Lei 14.133/2021, Art. 75, IX", None),
        ("Lei 14.133/2021, Art. 75, VIII", None),
        ("Lei 14.133/2021, Art. 28, I", None),
        (None, None),
    ],
)
def test_the_article_says_which_limit_holds(name: str | None, kind: DirectKind | None) -> None:
    assert direct_kind_of(name) is kind


def test_what_is_bought_is_told_by_codes_and_else_by_the_words() -> None:
    assert subjects_of([("48025610", None), ("48025690", "461652")], "Papel") == {"ncm:4802"}
    assert subjects_of([(None, "461652")], "Papel") == {"catalog:461652"}
    assert subjects_of([(None, None)], "Aquisição  de PAPEL") == {"object:aquisicao de papel"}
    assert subjects_of([], None) == frozenset()


def notice(close: date | None, *criteria: int, is_service: bool = False, modality: int = 6) -> Subject:
    items = [SignalItem(number, criterion=code, is_service=is_service) for number, code in enumerate(criteria, 1)]
    return replace(TENDER, proposals_close_on=close, items=items, modality=modality)


@pytest.mark.parametrize(
    ("subject", "fires"),
    [
        (notice(date(2026, 3, 11), 1), True),  # seven business days
        (notice(date(2026, 3, 12), 1), False),  # eight
        (notice(date(2026, 3, 13), 1, is_service=True), True),
        (notice(date(2026, 3, 16), 1, is_service=True), False),
        (notice(date(2026, 4, 10), 4, is_service=True), True),
        (notice(date(2026, 4, 22), 4, is_service=True), False),
        (notice(date(2026, 3, 20), 5, modality=1), True),
        (notice(date(2026, 3, 23), 5, modality=1), False),
        (notice(date(2026, 3, 3)), False),  # no criterion is known
        (notice(None, 1), False),
        (notice(date(2026, 3, 3), 1, modality=8), False),
        (notice(date(2026, 3, 3), 1, modality=9), False),
    ],
)
def test_a_notice_shorter_than_the_shortest_lawful_term(subject: Subject, *, fires: bool) -> None:
    assert bool(find(subject, SignalRule.SHORT_TERM)) is fires


def test_a_mixture_of_criteria_is_judged_by_the_shortest_term_or_not_at_all() -> None:
    assert notice_term({1, 2}, has_services=False) == notice_term({1}, has_services=False)
    assert notice_term({1, 4}, has_services=True) is None
    assert notice_term({7}, has_services=True) is None
    assert notice_term(set(), has_services=False) is None


def test_business_days_leave_out_weekends_and_national_holidays() -> None:
    assert business_days_between(date(2026, 4, 2), date(2026, 4, 6)) == 1  # Good Friday and a weekend between
    assert business_days_between(date(2026, 4, 20), date(2026, 4, 22)) == 1  # Tiradentes
    assert business_days_between(DAY, DAY) == 0
    assert business_days_between(DAY, DAY - timedelta(days=9)) == 0
    assert not is_business_day(date(2026, 11, 20))
    assert is_business_day(date(2023, 11, 20))


@pytest.mark.parametrize(
    "day", [date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25)]
)
def test_easter_is_when_it_is(day: date) -> None:
    assert easter(day.year) == day


@given(st.dates(date(2021, 1, 1), date(2040, 12, 31)), st.integers(0, 400), st.integers(0, 400))
def test_business_days_add_up(start: date, first: int, second: int) -> None:
    middle = start + timedelta(days=first)
    end = middle + timedelta(days=second)
    assert business_days_between(start, middle) + business_days_between(middle, end) == business_days_between(
        start, end
    )


def supplied(**fields: Any) -> Subject:
    return replace(TENDER, suppliers=[replace(SupplierFact(CNPJ, DAY), **fields)])


@pytest.mark.parametrize(
    ("totals", "awards", "fires"),
    [
        ({CNPJ: "60000", "x": "40000"}, 10, True),
        ({CNPJ: "50000", "x": "50000"}, 10, True),
        ({CNPJ: "49000", "x": "51000"}, 10, False),
        ({CNPJ: "60000", "x": "40000"}, 9, False),
        ({CNPJ: "60000", "x": "39999"}, 10, False),
        ({"x": "90000", "y": "10000"}, 10, False),
    ],
)
def test_a_supplier_with_most_of_what_a_unit_awards(totals: dict[str, str], awards: int, *, fires: bool) -> None:
    by_supplier = {supplier: Decimal(value) for supplier, value in totals.items()}
    unit = UnitAwards(DAY - timedelta(days=365), DAY, by_supplier, awards)
    found = find(replace(supplied(), unit_awards=unit), SignalRule.CONCENTRATION)
    assert bool(found) is fires
    if fires:
        assert found[0].subject == CNPJ
        assert found[0].numbers["hhi"] > 2500


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.decimals(1, 10**6, places=2), min_size=1, max_size=8))
def test_shares_add_up(totals: dict[str, Decimal]) -> None:
    awards = [(supplier, value / 2) for supplier, value in totals.items()] * 2
    assert sum(shares_of(awards).values()) == sum(totals.values())


@pytest.mark.parametrize(
    ("opened_on", "fires"),
    [
        (DAY - timedelta(days=179), True),
        (DAY + timedelta(days=1), True),
        (DAY - timedelta(days=180), False),
        (None, False),
    ],
)
def test_a_supplier_opened_shortly_before(opened_on: date | None, *, fires: bool) -> None:
    assert bool(find(supplied(opened_on=opened_on), SignalRule.YOUNG_SUPPLIER)) is fires


@pytest.mark.parametrize(
    ("text", "activities", "fires"),
    [
        ("Pavimentação da rua 1", ["5611201"], True),
        ("Pavimentação da rua 1", ["5611201", "4211101"], False),
        ("Aquisição de medicamentos", ["4120400"], True),
        ("Aquisição de medicamentos", ["4644301"], False),
        ("Material de expediente", ["4120400"], False),
        ("Pavimentação da rua 1", None, False),
        ("Pavimentação da rua 1", [], False),
        (None, ["5611201"], False),
    ],
)
def test_an_activity_far_from_the_object(text: str | None, activities: list[str] | None, *, fires: bool) -> None:
    subject = replace(supplied(activities=activities), object=text)
    assert bool(find(subject, SignalRule.FAR_ACTIVITY)) is fires


def test_objects_are_told_by_whole_words_without_accents() -> None:
    assert expected_activities("SERVIÇO DE TRANSPORTE ESCOLAR RURAL")
    assert not expected_activities("Papel")


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "fires"),
    [
        (DAY, DAY, True),
        (None, None, True),
        (DAY - timedelta(days=9), None, True),
        (DAY + timedelta(days=1), None, False),
        (None, DAY - timedelta(days=1), False),
    ],
)
def test_a_supplier_under_a_sanction_of_that_day(starts_on: date | None, ends_on: date | None, *, fires: bool) -> None:
    sanction = SanctionFact("CEIS", "Impedimento", starts_on, ends_on, "PREFEITURA", DAY)
    assert bool(find(supplied(sanctions=[sanction]), SignalRule.SANCTIONED)) is fires


def items(*pairs: tuple[str | None, str | None]) -> list[SignalItem]:
    return [
        SignalItem(number, Decimal(estimated) if estimated else None, [Decimal(awarded)] if awarded else [])
        for number, (estimated, awarded) in enumerate(pairs, 1)
    ]


@pytest.mark.parametrize(
    ("pairs", "modality", "fires"),
    [
        ([("10", "10")] * 3, 6, True),
        ([("10", "10.00")] * 3 + [("5", None)], 6, True),
        ([("10", "10")] * 2, 6, False),
        ([("10", "10")] * 3 + [("10", "9.99")], 6, False),
        ([("10", "10")] * 3 + [(None, "9")], 6, False),
        ([("10", "10")] * 3, 8, False),
        ([("10", None)] * 3, 6, False),
    ],
)
def test_every_item_at_its_estimate(pairs: list[tuple[str | None, str | None]], modality: int, *, fires: bool) -> None:
    subject = replace(TENDER, items=items(*pairs), modality=modality)
    assert bool(find(subject, SignalRule.EQUAL_VALUES)) is fires


@pytest.mark.parametrize(("awarded", "fires"), [("12.9", False), ("14", True), ("0.01", False)])
def test_a_price_above_the_fence_of_its_code(awarded: str, *, fires: bool) -> None:
    peers = spread_of([8, 9, 9.5, 10, 10, 10.5, 11, 12])
    item = SignalItem(4, awarded=[Decimal(awarded)], peers=peers, code="48025610")
    found = find(replace(TENDER, items=[item, replace(item, peers=None)]), SignalRule.HIGH_PRICE)
    assert [signal.subject for signal in found] == (["4"] if fires else [])


def contracted(**fields: Any) -> Subject:
    return replace(TENDER, contracts=[replace(ContractFact("c", Decimal(1000), DAY, DAY), **fields)])


@pytest.mark.parametrize(
    ("added", "text", "fires"),
    [
        (["250"], None, False),
        (["250.01"], None, True),
        (["200", "100"], None, True),
        (["200", "100", "-100"], None, True),
        (["300"], "Reforma do edifício", False),
        (["501"], "Reforma do edifício", True),
        ([], None, False),
    ],
)
def test_amendments_over_a_quarter_of_the_contract(added: list[str], text: str | None, *, fires: bool) -> None:
    amendments = [AmendmentFact(number, Decimal(value)) for number, value in enumerate(added, 1)]
    found = find(contracted(amendments=amendments, object=text), SignalRule.AMENDMENTS)
    assert bool(found) is fires
    assert find(contracted(amendments=amendments, initial_value=None), SignalRule.AMENDMENTS) == []


@pytest.mark.parametrize(
    ("awarded_on", "fires"),
    [(DAY + timedelta(days=1), True), (DAY, False), (DAY - timedelta(days=1), False), (None, False)],
)
def test_a_contract_signed_before_the_result(awarded_on: date | None, *, fires: bool) -> None:
    subject = replace(contracted(), awarded_on=awarded_on)
    assert bool(find(subject, SignalRule.EARLY_CONTRACT)) is fires


@pytest.mark.parametrize(
    ("signed_on", "published_on", "modality", "against"),
    [
        (date(2026, 3, 2), date(2026, 3, 30), 6, None),  # twenty business days
        (date(2026, 3, 2), date(2026, 3, 31), 6, "term"),
        (date(2026, 3, 2), date(2026, 3, 16), 8, None),  # ten
        (date(2026, 3, 2), date(2026, 3, 17), 8, "term"),
        (date(2026, 3, 1), date(2026, 3, 2), 6, "notice"),
        (date(2026, 3, 1), date(2026, 3, 2), 9, None),
        (date(2026, 3, 2), None, 6, None),
        (None, date(2026, 9, 2), 6, None),
    ],
)
def test_what_was_published_after_the_signing(
    signed_on: date | None, published_on: date | None, modality: int, against: str | None
) -> None:
    subject = replace(contracted(signed_on=signed_on, published_on=published_on), modality=modality)
    found = find(subject, SignalRule.LATE_PUBLICATION)
    assert [signal.numbers["against"] for signal in found] == ([against] if against else [])


def raised() -> list[Signal]:
    """One of each."""
    peers = spread_of([8, 9, 9.5, 10, 10, 10.5, 11, 12])
    sanction = SanctionFact("CEIS", None, None, None, None, DAY)
    supplier = SupplierFact(CNPJ, DAY, DAY, ["5611201"], [sanction])
    everything = Subject(
        "one", 6, "Pavimentação", DAY, proposals_close_on=DAY, awarded_on=DAY + timedelta(days=5),
        items=[SignalItem(n, Decimal(99), [Decimal(99)], 1, peers=peers) for n in (1, 2, 3)], suppliers=[supplier],
        contracts=[ContractFact("c", Decimal(10), DAY - timedelta(days=3), DAY, [AmendmentFact(1, Decimal(9))])],
        unit_awards=UnitAwards(DAY, DAY, {CNPJ: Decimal(10**6)}, 99),
    )  # fmt: skip
    return find_signals(everything) + find_signals(replace(DIRECT, small_purchases=[purchase("40000")]))


def test_there_are_at_most_twelve_and_each_says_indicio_with_its_numbers_and_its_law() -> None:
    found = raised()
    assert {signal.rule for signal in found} == set(SignalRule) == set(WORDINGS)
    assert len(SignalRule) <= 12
    for signal in found:
        wording = WORDINGS[signal.rule]
        assert signal.numbers
        assert wording.formula
        assert "Lei" in wording.law
        for language in ("pt", "en"):
            told = explain_signal(signal.rule, signal.numbers, language)
            assert "indício" in told.lower()
            assert "{" not in told
    assert explain_signal("of-another-version", {}, "pt") == "of-another-version"


def test_no_sentence_accuses() -> None:
    words = " ".join(
        text.lower() for wording in WORDINGS.values() for text in (wording.pt, wording.en, wording.title_pt)
    )
    assert not any(accusation in words for accusation in ("fraude", "corrup", "crime", "culpa", "fraud", "guilt"))


def test_the_flags_that_need_bids_are_named_with_the_reason() -> None:
    assert {"R024", "R025", "R028", "R035", "R036", "R038", "R058"} <= {flag["code"] for flag in NOT_COMPUTABLE}
    assert all("propostas" in flag["pt"] and "bids" in flag["en"] for flag in NOT_COMPUTABLE)

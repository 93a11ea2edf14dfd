"""The same product across documents."""

from __future__ import annotations

from decimal import Decimal

from malha.fiscal.cross_validation import MAX_COMPARISONS, CrossValidation, Priced


def compared(*items: tuple[str, str, str | None, str | None]) -> list[dict[str, object]]:
    validation = CrossValidation()
    for document, product, ncm, price in items:
        validation.add(Priced(document, product, ncm, None if price is None else Decimal(price)))
    return validation.discrepancies()


def test_one_ncm_and_close_prices_are_silent() -> None:
    assert compared(("a", "Mesa", "94033000", "100"), ("b", "Mesa", "94033000", "115")) == []


def test_another_ncm_names_both_documents() -> None:
    [record] = compared(("a", "Mesa", "94033000", "1"), ("b", "Mesa", "94036000", "1"), ("c", "Mesa", "94033000", "1"))
    assert (record["comparisonKey"], record["attribute"], record["severity"]) == ("Mesa", "NCM", "ALERTA")
    assert record["discrepancies"] == [{"valueA": "94033000", "docA": "a", "valueB": "94036000", "docB": "b"}]


def test_a_price_more_than_15_percent_above_the_lowest_is_told() -> None:
    [record] = compared(("a", "Mesa", None, "100"), ("b", "Mesa", None, "115.01"), ("c", "Mesa", None, "107"))
    assert record["discrepancies"] == [{"valueA": "100", "docA": "a", "valueB": "115.01", "docB": "b"}]
    assert record["description"] == "O preço unitário do mesmo produto varia 15,0 %."


def test_products_differ_by_their_exact_name_and_prices_of_zero_do_not_count() -> None:
    assert compared(("a", "Mesa", "1", "100"), ("b", "mesa", "2", "900"), ("c", "Mesa", None, "0")) == []


def test_the_list_is_bounded() -> None:
    items = [(document, f"p{number}", document, "1") for number in range(MAX_COMPARISONS + 50) for document in "ab"]
    assert len(compared(*items)) == MAX_COMPARISONS

"""What a mark says to people, from its rule and its numbers, in Portuguese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SIDES = {
    "pt": {"estimated": "estimado", "awarded": "homologado"},
    "en": {"estimated": "estimated", "awarded": "awarded"},
}
_WORDS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("total-mismatch", ""): (
        "O total {side} {total} não é a quantidade {quantity} vezes o valor unitário {unit_value} ({product}).",
        "The {side} total {total} is not the quantity {quantity} times the unit value {unit_value} ({product}).",
    ),
    ("filler", "unit"): (
        "O valor unitário {side} {unit_value} parece preenchimento, não preço.",
        "The {side} unit value {unit_value} looks like a filler, not a price.",
    ),
    ("filler", "total"): (
        "O total {side} {total} parece preenchimento, não valor.",
        "The {side} total {total} looks like a filler, not a value.",
    ),
    ("magnitude-jump", "product"): (
        "O total {side} {total} é a quantidade vezes o valor unitário ({product}) deslocada por 10^{power}.",
        "The {side} total {total} is quantity times unit value ({product}) moved by 10^{power}.",
    ),
    ("magnitude-jump", "median"): (
        "O valor unitário {side} {unit_value} está a cerca de 10^{power} da mediana {median} de {peers} valores com o "
        "mesmo código e a mesma unidade.",
        "The {side} unit value {unit_value} is about 10^{power} away from the median {median} of {peers} values with "
        "the same code and unit.",
    ),
    ("magnitude-jump", "estimate"): (
        "O valor homologado {awarded} está a cerca de 10^{power} do estimado {estimated}.",
        "The awarded value {awarded} is about 10^{power} away from the estimated {estimated}.",
    ),
    ("magnitude-jump", "sum"): (
        "O total estimado {estimated_total} é a soma dos {items} itens ({sum_of_items}) deslocada por 10^{power}.",
        "The estimated total {estimated_total} is the sum of the {items} items ({sum_of_items}) moved by 10^{power}.",
    ),
    ("award-ratio", ""): (
        "O valor homologado {awarded} é {ratio} vezes o estimado {estimated}; o usual fica entre {least} e {most}.",
        "The awarded value {awarded} is {ratio} times the estimated {estimated}; usual is between {least} and {most}.",
    ),
    ("far-from-median", ""): (
        "O valor unitário {side} {unit_value} é {ratio} vezes a mediana {median} de {peers} valores com o mesmo código "
        "e a mesma unidade ({distance} desvios robustos; limite {limit}).",
        "The {side} unit value {unit_value} is {ratio} times the median {median} of {peers} values with the same code "
        "and unit ({distance} robust deviations; limit {limit}).",
    ),
    ("sum-mismatch", ""): (
        "O total estimado {estimated_total} não é a soma dos {items} itens ({sum_of_items}).",
        "The estimated total {estimated_total} is not the sum of the {items} items ({sum_of_items}).",
    ),
    ("discount-not-price", ""): (
        "O critério é maior desconto: o que consta como valor pode ser um percentual.",
        "The criterion is the greatest discount: what stands as a value may be a percentage.",
    ),
}  # fmt: skip


def explain_mark(rule: str, numbers: Mapping[str, Any], language: str) -> str:
    """The reason as a sentence: Portuguese for `pt`, English otherwise."""
    variant = str(numbers.get("against", ""))
    if rule == "filler":
        variant = "total" if "total" in numbers else "unit"
    words = _WORDS.get((rule, variant))
    if words is None:  # a rule that an older or newer version knew
        return rule
    chosen = "pt" if language == "pt" else "en"
    sides = _SIDES[chosen]
    told = {name: sides.get(str(value), value) for name, value in numbers.items()}
    return words[0 if chosen == "pt" else 1].format_map(told)

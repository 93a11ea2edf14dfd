"""What a fixed price reference says to the people who read its document, in Portuguese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

METHODS = {"mean": "média", "median": "mediana", "lowest": "menor preço"}
REMOVALS = {
    "by-hand": "excluído manualmente",
    "inconsistent": "inconsistente",
    "unfeasible": "inexequível",
    "excessive": "excessivamente elevado",
}
RULES = {"mad": "mediana e desvio absoluto mediano", "fences": "cercas dos quartis"}
_MARKS: Mapping[str, str] = {
    "total-mismatch": "o total não é a quantidade vezes o valor unitário",
    "filler": "o valor parece preenchimento",
    "magnitude-jump": "o valor está deslocado por uma potência de dez",
    "award-ratio": "o valor homologado está longe do estimado",
    "far-from-median": "o valor está longe da mediana do mesmo código e unidade",
    "discount-not-price": "o critério é maior desconto: o valor pode ser um percentual",
}
_WARNINGS = {
    "period-older-than-a-year": "O período começa há mais de um ano (art. 5º, I e II).",
    "period-not-over": "O período vai além da data da pesquisa.",
    "prices-without-uf": "há preços sem UF, mostrados e não descartados",
    "package-without-content": "a unidade é uma embalagem sem conteúdo declarado",
    "unit-unknown": "a unidade não está na tabela de unidades; só foi comparada com a mesma grafia",
    "prices-in-other-units": "há preços em outras unidades, que não entraram no cálculo",
    "prices-too-few": "há menos de três preços válidos",
    "prices-dated-by-publication": "há preços sem data de resultado, datados pela publicação da contratação",
}
FORMULAS = {
    "mad": "Limites: exp(mediana dos logaritmos ± 3,5 × 1,4826 × c(n) × MAD dos logaritmos), com a correção c(n) de "
    "Croux e Rousseeuw para amostras pequenas e desvio mínimo de 0,1.",
    "fences": "Limites: exp(Q1 − 1,5 × AIQ) e exp(Q3 + 1,5 × AIQ) dos logaritmos, com AIQ mínimo de 0,1349.",
    "correction": "Preço corrigido = preço × produto de (1 + taxa/100) dos meses após o mês do preço até {until}, com "
    "quatro casas, metade para cima.",
}


def explain_removal(price: Mapping[str, Any]) -> str:
    """Why a price does not count, or by whose word it does; empty for one that simply counts."""
    if price["is_kept"]:
        return f"mantido manualmente: {price['justification']}" if price["justification"] else ""
    word = REMOVALS.get(price["removal"], price["removal"])
    if price["removal"] == "by-hand":
        return f"{word}: {price['justification']}"
    if price["removal"] == "inconsistent":
        marks: Sequence[str] = price["marks"]
        return f"{word}: {'; '.join(_MARKS.get(mark, mark) for mark in marks)}"
    numbers = price["numbers"]
    limits = f"{show_amount(numbers['value'])} fora de {show_amount(numbers['low'])} a {show_amount(numbers['high'])}"
    return f"{word}: {limits} ({RULES.get(price['rule'], price['rule'])})"


def explain_warning(warning: str) -> str:
    """A warning as a sentence."""
    if warning.startswith("index-only-until-"):
        return f"O índice só tem taxas até {warning.removeprefix('index-only-until-')}."
    place, colon, name = warning.rpartition(":")
    words = _WARNINGS.get(name, name)
    return f"Item {place.removeprefix('item-')}: {words}." if colon else words


def show_amount(value: str | Decimal | None) -> str:
    """An amount as people in Brazil write it: `1.234,5600`, with the digits that it has."""
    if value is None:
        return "-"
    return f"{Decimal(value):,f}".translate(str.maketrans(",.", ".,"))


def show_day(day: str | None) -> str:
    """`2026-03-10` or an instant's day as `10/03/2026`."""
    if not day:
        return "-"
    year, month, rest = day[:10].split("-")
    return f"{rest}/{month}/{year}"

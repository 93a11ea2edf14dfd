"""Which activities (CNAE divisions, groups, classes) can be expected of who supplies an object, where words tell it.

Only objects that few trades can deliver are listed, and trade in goods counts for every good: the table is there to
find a bakery that builds a road, not to judge a close call.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

_TRADE = ("45", "46", "47")
_BUILDING = ("41", "42", "43", "71", "81", "33")

# What the object says, folded: the beginnings of CNAE codes of which a supplier has at least one.
OBJECT_ACTIVITIES: Mapping[str, tuple[str, ...]] = {
    r"pavimentac|recapeamento|terraplenagem|drenagem": (*_BUILDING, "08", "23", "49", "77"),
    r"construcao de (escola|creche|predio|ponte|quadra|unidade|praca)|reforma d[aeo]": _BUILDING,
    r"medicamento": (*_TRADE, "20", "21", "32", "49", "52"),
    r"combustive|gasolina|oleo diesel": (*_TRADE, "06", "19", "20", "49", "66", "82", "62", "63"),
    r"limpeza urbana|coleta de (lixo|residuos)|residuos solidos": ("38", "37", "81", "42", "43", "39", "49"),
    r"vigilancia (armada|desarmada|patrimonial)|seguranca patrimonial": ("80", "81", "78"),
    r"transporte escolar": ("49", "77", "78", "79", "82"),
    r"servicos? advocaticios|assessoria juridica|consultoria juridica": ("69", "70", "74", "82"),
    r"assessoria contabil|servicos? contabeis|contabilidade publica": ("69", "70", "74", "82", "62"),
    r"show (musical|artistico)|apresentacao artistica|banda musical": ("90", "82", "59", "73", "74", "93", "85", "94"),
    r"passagens? aereas?": ("79", "51", "82"),
    r"exames? laboratoria|analises clinicas": ("86", "71", "72", "85"),
    r"servicos? medicos|plantoes? medicos?|consultas medicas": ("86", "85", "78", "87", "88", "94"),
    r"dedetizacao|controle de pragas": ("81", "01", "43", "75"),
    r"refeic(ao|oes) pront|marmitex": ("56", "10", "47", "46"),
    r"servicos? graficos|material grafico": ("18", "17", "58", "73", "82", "74", *_TRADE),
}
_COMPILED = [(re.compile(rf"\b(?:{pattern})"), codes) for pattern, codes in OBJECT_ACTIVITIES.items()]


def expected_activities(text: str | None) -> tuple[str, ...]:
    """The beginnings of CNAE codes that fit an object; empty where its words tell nothing."""
    folded = fold(text or "")
    return tuple({code for pattern, codes in _COMPILED if pattern.search(folded) for code in codes})


def fits(activities: Iterable[str], expected: Sequence[str]) -> bool:
    """Whether one of a company's codes begins with one of the expected."""
    return any(activity.startswith(tuple(expected)) for activity in activities)


def fold(text: str) -> str:
    """Small letters without accents, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character)).lower()
    return " ".join(plain.split())

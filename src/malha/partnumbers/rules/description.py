"""The description of goods that a declaration asks, and what is missing in it.

Decreto 6.759/2009, art. 711, § 1º, III: all characteristics that the classification needs, species, commercial brand,
model, commercial or scientific name, and other attributes that identify the goods.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from malha.fiscal.tables import ncm as nomenclature

MOST_CHARACTERS = 2_000
"""Of a description in the catalogue of products."""

MOST_DENOMINATION = 120

CHARACTERISTICS: Mapping[str, str] = {
    "function": "função",
    "capacitance": "capacitância",
    "resistance": "resistência",
    "inductance": "indutância",
    "voltage_v": "tensão (V)",
    "relay_voltage_v": "tensão de operação (V)",
    "current_a": "corrente (A)",
    "power_w": "potência (W)",
    "frequency_mhz": "frequência (MHz)",
    "tolerance": "tolerância",
    "memory": "tipo de memória",
    "kind": "tipo",
    "mounting": "montagem",
    "package": "encapsulamento",
    "wavelength_nm": "comprimento de onda (nm)",
    "contacts": "contatos",
    "load": "carga",
    "material": "material",
    "dimensions": "dimensões",
    "layers": "camadas",
    "radio": "rádio",
    "drivers": "controladores (drivers)",
    "fits_45x45x30_mm": "até 45 x 45 x 30 mm",
}
"""What is asked of goods, in the order in which it is written. Other names are written as they are, after these."""

BY_HEADING: Mapping[str, tuple[str, ...]] = {
    "8482": ("load", "dimensions"),
    "8504": ("power_w", "voltage_v"),
    "8517": ("function",),
    "8523": ("memory", "mounting"),
    "8532": ("capacitance", "voltage_v", "mounting"),
    "8533": ("resistance", "power_w", "mounting"),
    "8534": ("layers", "material"),
    "8535": ("voltage_v", "current_a"),
    "8536": ("voltage_v", "current_a"),
    "8537": ("voltage_v",),
    "8541": ("mounting", "package"),
    "8542": ("function", "mounting", "package"),
    "7318": ("material", "dimensions"),
    "7320": ("material", "dimensions"),
}
"""What the subheadings and items of a heading turn on, and what tells its goods apart."""

_VALUES = {"smd": "superfície (SMD)", "pth": "inserção (PTH)", "unmounted": "não montado", "yes": "sim", "no": "não"}
_OTHERS = re.compile(r"^outr[oa]s\b[:.]?$", re.IGNORECASE)
_MEASURES: Mapping[str, re.Pattern[str]] = {
    "capacitance": re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)?\s?[pnuµμm]F\b", re.IGNORECASE),
    "resistance": re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)?\s?[kMm]?\s?(?:ohms?|Ω|Ω)(?!\w)|(?<![\w.,])\d+[kKMR]\d*\b"),
    "inductance": re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)?\s?[nuµμm]H\b"),
    "tolerance": re.compile(r"(?<![\w.,])(?:\+/-|±)?\s?\d+(?:[.,]\d+)?\s?%"),
}
_HEADING_OF = {"capacitance": "8532", "resistance": "8533", "inductance": "8504"}


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a field, and where from: `person`, `answer`, `document`, `nomenclature`."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Goods:
    """All that is known of goods. `ncm` is the code that holds."""

    ncm: str | None
    fields: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """`species`, `brand`, `model`, `commercial_name`, `scientific_name`."""
    characteristics: Mapping[str, Value] = field(default_factory=dict[str, Value])
    question: str | None = None
    """The characteristic whose value would close the code."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the description lacks."""

    field: str
    pt: str
    en: str


def species_of(ncm: str) -> str | None:
    """What the nomenclature calls the goods: the names from the heading down, without those that say “Outros”."""
    path = (nomenclature.describe(ncm) or "").split(" > ")[1:]
    names = [name.rstrip(" .:") for name in path if not _OTHERS.match(name.strip())]
    distinct = [
        name for place, name in enumerate(names) if name.casefold() not in {n.casefold() for n in names[:place]}
    ]
    return " - ".join(distinct) or None


def measures_of(description: str, ncm: str | None) -> dict[str, str]:
    """Values and tolerances that a component's text states, where goods of the heading have them."""
    found: dict[str, str] = {}
    for name, pattern in _MEASURES.items():
        heading = _HEADING_OF.get(name)
        if (heading is None or (ncm or "").startswith(heading)) and (match := pattern.search(description)):
            found[name] = match[0].strip()
    return found


def compose(goods: Goods) -> str:
    """The description in the order in which it is read at the customs: what it is, how it is, whose it is."""
    said = goods.fields
    names = [said[name].text for name in ("species", "commercial_name", "scientific_name") if name in said]
    known = [name for name in CHARACTERISTICS if name in goods.characteristics]
    known += [name for name in goods.characteristics if name not in CHARACTERISTICS]
    shown = [f"{CHARACTERISTICS.get(name, name)}: {_shown(goods.characteristics[name].text)}" for name in known]
    marks = [f"{word} {said[name].text}" for name, word in (("brand", "marca"), ("model", "modelo")) if name in said]
    return "; ".join(filter(None, ["; ".join(names), ", ".join(shown), *marks]))


def _shown(value: str) -> str:
    return _VALUES.get(value.lower(), value)


def find_gaps(goods: Goods, description: str) -> list[Gap]:
    """What the description lacks before it may be declared."""
    gaps: list[Gap] = []
    if goods.ncm is None or len(goods.ncm) != 8:
        gaps.append(Gap("ncm", "código NCM completo, de oito dígitos", "whole NCM code of eight digits"))
    for name, pt, en in (
        ("species", "espécie", "species"),
        ("brand", "marca comercial", "commercial brand"),
        ("model", "modelo", "model"),
    ):
        if name not in goods.fields:
            gaps.append(Gap(name, pt, en))
    if not {"commercial_name", "scientific_name"} & goods.fields.keys():
        gaps.append(Gap("commercial_name", "nome comercial ou científico", "commercial or scientific name"))
    wanted = list(BY_HEADING.get((goods.ncm or "")[:4], ()))
    if goods.question is not None and goods.question not in wanted:
        wanted.append(goods.question)
    for name in wanted:
        if name not in goods.characteristics:
            label = CHARACTERISTICS.get(name, name)
            gaps.append(Gap(f"characteristics.{name}", f"característica: {label}", f"characteristic: {name}"))
    if not wanted and not goods.characteristics:
        gaps.append(Gap("characteristics", "alguma característica da mercadoria", "some characteristic of the goods"))
    if len(description) > MOST_CHARACTERS:
        gaps.append(
            Gap(
                "description",
                f"descrição de até {MOST_CHARACTERS} caracteres (tem {len(description)})",
                f"description of at most {MOST_CHARACTERS} characters (it has {len(description)})",
            )
        )
    return gaps

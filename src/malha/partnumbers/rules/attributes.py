"""Attributes of DUIMP: which a code asks on a day, under which conditions, and whether values are what they should be.

Wire facts: the public file of Portal Único's register of attributes (`cadatributos`, profile PUBLICO).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

IMPORT = "Importação"
NOBODY_ENDS = date(9999, 12, 31)

Stored = str | list[str] | dict[str, str]
"""A value as it is kept: of a multivalued attribute a list, of a composite one an object."""

_SAID = re.compile(r"'(?P<code>[^']+)'\s*(?P<operator>Igual|Diferente|Maior ou igual|Menor ou igual|Maior|Menor)\s*"
                   r"(?:a\s*)?'(?P<value>[^']*)'", re.IGNORECASE)  # fmt: skip
_OPERATORS = {
    "igual": "==",
    "diferente": "!=",
    "maior": ">",
    "menor": "<",
    "maior ou igual": ">=",
    "menor ou igual": "<=",
}


@dataclass(frozen=True, slots=True)
class Link:
    """That a code asks an attribute."""

    attribute: str
    since: date
    until: date | None
    is_required: bool
    is_multivalued: bool


@dataclass(slots=True)
class FormField:
    """One attribute in the form of a code."""

    code: str
    name: str
    kind: str
    """`LISTA_ESTATICA`, `BOOLEANO`, `TEXTO`, `NUMERO_INTEIRO`, `NUMERO_REAL`, `COMPOSTO`."""
    is_required: bool
    is_multivalued: bool = False
    is_asked: bool = True
    """False while its condition does not hold."""
    condition: str | None = None
    required_from: date | None = None
    """The day from which an attribute that is optional today is asked."""
    choices: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    help: str | None = None
    organs: list[str] = field(default_factory=list[str])
    value: Stored | None = None
    source: str | None = None
    """`person` or `evidence`."""
    problem: str | None = None
    """In Portuguese; None for a value that may be sent."""
    most_characters: int | None = None
    decimals: int | None = None
    parts: list[FormField] = field(default_factory=list)  # type: ignore[valid-type] - fields of a composite one


def build_form(
    links: Iterable[Link], definitions: Mapping[str, Mapping[str, Any]], values: Mapping[str, Stored], on: date
) -> list[FormField]:
    """The fields that a code asks on a day, each followed by those that depend on it."""
    fields: dict[str, FormField] = {}
    for link in sorted(links, key=lambda link: (not link.is_required, link.attribute)):
        if link.since > on or (link.until is not None and link.until < on):
            continue
        definition = definitions.get(link.attribute)
        if definition is not None and link.attribute not in fields:
            _add(fields, definition, link, values)
    for link in links:
        if link.is_required and link.since > on and (known := fields.get(link.attribute)) and not known.is_required:
            known.required_from = min(filter(None, (known.required_from, link.since)))
    return list(fields.values())


def _add(fields: dict[str, FormField], definition: Mapping[str, Any], link: Link, values: Mapping[str, Stored]) -> None:
    made = _field(definition, is_required=link.is_required, is_multivalued=link.is_multivalued)
    if not link.is_required and link.until is not None and link.until < NOBODY_ENDS:
        made.required_from = link.until  # what is optional until a day is asked from then on
    fields[made.code] = made
    _add_conditioned(fields, definition, values, is_open=True)


def _add_conditioned(
    fields: dict[str, FormField], definition: Mapping[str, Any], values: Mapping[str, Stored], *, is_open: bool
) -> None:
    parent = str(definition["codigo"])
    for entry in definition.get("condicionados") or ():
        inner = entry.get("atributo") or entry
        code = str(inner.get("codigo", ""))
        if not code or code in fields:
            continue
        told = entry.get("condicao") or read_condition(entry.get("descricaoCondicao") or entry.get("descricao"))
        holds = is_open and told is not None and any(meets(told, value) for value in _all(values.get(parent)))
        made = _field(
            inner, is_required=bool(entry.get("obrigatorio")), is_multivalued=bool(entry.get("multivalorado"))
        )
        made.is_asked = holds
        made.condition = entry.get("descricaoCondicao") or entry.get("descricao") or _told(parent, told)
        fields[code] = made
        _add_conditioned(fields, inner, values, is_open=holds)


def _field(definition: Mapping[str, Any], *, is_required: bool, is_multivalued: bool) -> FormField:
    kind = str(definition.get("formaPreenchimento") or "TEXTO")
    parts = [
        _field(part, is_required=bool(part.get("obrigatorio")), is_multivalued=False)
        for part in definition.get("listaSubatributos") or ()
    ]
    return FormField(
        code=str(definition["codigo"]),
        name=str(definition.get("nomeApresentacao") or definition.get("nome") or definition["codigo"]),
        kind="COMPOSTO" if parts else kind,
        is_required=is_required,
        is_multivalued=is_multivalued or bool(definition.get("multivalorado")),
        choices=[
            {"code": str(choice.get("codigo")), "description": str(choice.get("descricao") or "")}
            for choice in definition.get("dominio") or ()
        ],
        help=definition.get("orientacaoPreenchimento") or None,
        organs=[str(organ) for organ in definition.get("orgaos") or ()],
        most_characters=int(definition["tamanhoMaximo"]) if definition.get("tamanhoMaximo") else None,
        decimals=int(definition["casasDecimais"]) if definition.get("casasDecimais") is not None else None,
        parts=parts,
    )


def read_condition(text: str | None) -> dict[str, str] | None:
    """A condition as the file says it in words: `'ATT_1' Igual '01'`."""
    found = _SAID.search(text or "")
    return {"operador": _OPERATORS[found["operator"].lower()], "valor": found["value"]} if found else None


def _told(parent: str, condition: Mapping[str, Any] | None) -> str | None:
    return f"{parent} {condition.get('operador')} {condition.get('valor')}" if condition else None


def meets(condition: Mapping[str, Any], value: str) -> bool:
    """Whether a value meets a condition and those composed with it."""
    first = _compares(str(condition.get("operador") or "=="), value, str(condition.get("valor", "")))
    further = condition.get("condicao")
    if not isinstance(further, Mapping):
        return first
    is_or = str(condition.get("composicao") or "").strip().upper() in {"||", "OU", "OR"}
    rest = meets(further, value)  # type: ignore[arg-type] - an object of the same shape
    return first or rest if is_or else first and rest


def _compares(operator: str, value: str, wanted: str) -> bool:
    if operator in {"==", "="}:
        return value.casefold() == wanted.casefold()
    if operator in {"!=", "<>"}:
        return value.casefold() != wanted.casefold()
    try:
        left, right = Decimal(value.replace(",", ".")), Decimal(wanted.replace(",", "."))
    except InvalidOperation:
        return False
    match operator:
        case ">":
            return left > right
        case "<":
            return left < right
        case ">=":
            return left >= right
        case "<=":
            return left <= right
        case _:
            return False


def fill(form: Sequence[FormField], said: Mapping[str, Stored], guessed: Mapping[str, Stored]) -> None:
    """Put values into the fields, those of a person before those of evidence, and say what is wrong with them."""
    for one in form:
        value = said.get(one.code)
        one.source = "person" if value is not None else "evidence" if one.code in guessed else None
        one.value = value if value is not None else guessed.get(one.code)
        one.problem = _problem(one) if one.is_asked else None


def _problem(one: FormField) -> str | None:
    if one.value is None or one.value in ("", [], {}):
        return "falta o valor" if one.is_required else None
    if one.parts:
        if not isinstance(one.value, dict):
            return "o valor tem partes"
        for part in one.parts:
            part.value = one.value.get(part.code)
            part.problem = _problem(part)
        return next((f"{part.name}: {part.problem}" for part in one.parts if part.problem), None)
    if isinstance(one.value, list) and not one.is_multivalued:
        return "aceita um valor só"
    return next((told for value in _all(one.value) if (told := _fault(one, value))), None)


def _fault(one: FormField, value: str) -> str | None:
    match one.kind:
        case "LISTA_ESTATICA":
            return None if value in {choice["code"] for choice in one.choices} else "não é um dos valores da lista"
        case "BOOLEANO":
            return None if value in {"true", "false"} else "é true ou false"
        case "NUMERO_INTEIRO":
            return None if re.fullmatch(r"-?[0-9]+", value) else "não é um número inteiro"
        case "NUMERO_REAL":
            found = re.fullmatch(r"-?[0-9]+(?:[.,]([0-9]+))?", value)
            if found is None:
                return "não é um número"
            is_too_exact = one.decimals is not None and len(found[1] or "") > one.decimals
            return f"tem mais de {one.decimals} casas" if is_too_exact else None
        case _:
            most = one.most_characters
            return f"tem mais de {most} caracteres" if most is not None and len(value) > most else None


def _all(value: Stored | None) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    return [str(entry) for entry in (value if isinstance(value, list) else value.values())]

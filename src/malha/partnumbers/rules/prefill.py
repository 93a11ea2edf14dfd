"""Values of attributes that evidence already says, found by what an attribute is called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from malha.kit.titles import bare_words
from malha.partnumbers.rules.attributes import FormField, Stored

_NAMES: Mapping[str, tuple[str, ...]] = {
    "brand": ("marca", "marca comercial", "marca do produto", "nome da marca"),
    "model": ("modelo", "modelo do produto", "modelo referencia", "modelo comercial", "part number", "referencia",
              "codigo do fabricante", "codigo do produto", "modelo tipo"),
    "commercial_name": ("nome comercial", "nome comercial do produto", "denominacao comercial", "nome do produto"),
    "scientific_name": ("nome cientifico",),
    "manufacturer": ("fabricante", "nome do fabricante", "produtor fabricante", "fabricante produtor"),
    "voltage_v": ("tensao", "tensao nominal", "tensao v", "tensao de operacao", "tensao nominal v", "voltagem"),
    "current_a": ("corrente", "corrente nominal", "corrente a", "corrente nominal a"),
    "power_w": ("potencia", "potencia nominal", "potencia w", "capacidade de dissipacao", "potencia nominal w",
                "potencia de dissipacao", "dissipacao"),
    "frequency_mhz": ("frequencia", "frequencia mhz", "frequencia de operacao"),
    "mounting": ("montagem", "tipo de montagem", "forma de montagem", "modo de montagem"),
    "package": ("encapsulamento", "tipo de encapsulamento", "invólucro", "involucro"),
    "capacitance": ("capacitancia", "capacidade nominal"),
    "resistance": ("resistencia", "resistencia nominal", "resistencia eletrica"),
    "tolerance": ("tolerancia",),
    "memory": ("tipo de memoria", "memoria"),
    "function": ("funcao", "aplicacao", "finalidade"),
    "material": ("material", "material de fabricacao", "materia constitutiva", "material constitutivo"),
}  # fmt: skip
"""How attributes that ask a characteristic are called, as `bare_words` has it."""

_SAID_AS: Mapping[str, tuple[str, ...]] = {
    "smd": ("smd", "superficie", "smt", "montagem em superficie"),
    "pth": ("pth", "insercao", "furo", "through hole", "tht"),
    "unmounted": ("nao montado", "nao montados", "pastilha"),
    "yes": ("sim",),
    "no": ("nao",),
    "steel": ("aco", "ferro"),
}
_BY_NAME = {name: key for key, names in _NAMES.items() for name in names}


def guess_values(form: Sequence[FormField], evidence: Mapping[str, str]) -> dict[str, Stored]:
    """What evidence says of the fields whose names ask for it; only values that the field can take."""
    found: dict[str, Stored] = {}
    for one in form:
        key = _BY_NAME.get(_plain(one.name))
        text = evidence.get(key) if key else None
        value = _fit(one, text) if text else None
        if value is not None:
            found[one.code] = [value] if one.is_multivalued else value
    return found


def _plain(name: str) -> str:
    """Without what stands in brackets."""
    return bare_words(re.sub(r"\([^)]*\)", " ", name))


def _fit(one: FormField, text: str) -> str | None:
    match one.kind:
        case "LISTA_ESTATICA":
            return _choice(one, text)
        case "BOOLEANO":
            return {"yes": "true", "no": "false"}.get(text)
        case "NUMERO_INTEIRO":
            return text if re.fullmatch(r"[0-9]+", text) else None
        case "NUMERO_REAL":
            return text.replace(",", ".") if re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?", text) else None
        case "TEXTO":
            return text
        case _:
            return None


def _choice(one: FormField, text: str) -> str | None:
    """The one choice that says it; None where several do, or none."""
    words = _SAID_AS.get(text.lower(), (bare_words(text),))
    fitting = [
        choice["code"]
        for choice in one.choices
        if any(
            re.search(rf"(?<!nao )\b{re.escape(word)}\b", bare_words(choice["description"])) for word in words if word
        )
    ]
    return fitting[0] if len(fitting) == 1 else None

"""Why a field is refused: every sentence that Pydantic has, in Portuguese."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_core._pydantic_core import list_all_errors

from malha.kit.refusals import ValueRefusedError
from malha.wording import explain_validation
from malha.wording.validation import ANY_OTHER, PORTUGUESE

KNOWN: dict[str, dict[str, Any]] = {entry["type"]: dict(entry) for entry in list_all_errors()}


def test_there_is_a_sentence_for_every_type_and_for_nothing_else() -> None:
    assert PORTUGUESE.keys() == KNOWN.keys()


@pytest.mark.parametrize("kind", KNOWN)
def test_a_sentence_is_complete_and_says_nothing_in_english(kind: str) -> None:
    context = {name: 2 if isinstance(value, int) or value is None else value for name, value in example(kind).items()}
    sentence = explain_validation({"type": kind, "msg": "Input should be", "ctx": context}, "pt")
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert not {"should", "Input", "error", "valid", "must"} & set(sentence.replace(".", "").split())


def example(kind: str) -> dict[str, Any]:
    return KNOWN[kind]["example_context"] or {}


@pytest.mark.parametrize("kind", [kind for kind in KNOWN if KNOWN[kind]["example_context"]])
def test_what_pydantic_would_say_beside_it_may_be_missing(kind: str) -> None:
    assert explain_validation({"type": kind, "msg": "x"}, "pt").endswith(".")


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def refuse(value: str) -> str:
    if value == "plain":
        raise ValueError("no plain ones")
    if value == "custom":
        raise PydanticCustomError("our_own", "not this one")
    raise ValueRefusedError(pt="Assim não.", en="Not like this.")


class Form(BaseModel, extra="forbid"):
    count: Annotated[int, Field(ge=1, le=9)] = 1
    name: Annotated[str, Field(min_length=3, max_length=5)] = "abc"
    initial: Annotated[str, Field(max_length=1)] = "a"
    amount: Annotated[Decimal, Field(max_digits=5, decimal_places=2)] = Decimal(1)
    items: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    colour: Colour = Colour.RED
    size: Literal["s", "m"] = "s"
    checked: Annotated[str, AfterValidator(refuse)] | None = None


@pytest.mark.parametrize(
    ("values", "portuguese", "english"),
    [
        ({"count": 0}, "Deve ser maior ou igual a 1.", "Input should be greater than or equal to 1"),
        ({"count": "x"}, "Esperado um número inteiro.", "Input should be a valid integer"),
        ({"name": "ab"}, "Deve ter pelo menos 3 caracteres.", "String should have at least 3 characters"),
        ({"initial": "ab"}, "Deve ter no máximo 1 caractere.", "String should have at most 1 character"),
        ({"amount": "1.234"}, "Deve ter no máximo 2 casas decimais.", "no more than 2 decimal places"),
        ({"items": []}, "Deve ter pelo menos 1 item, e não 0.", "List should have at least 1 item"),
        ({"items": [1, 2, 3]}, "Deve ter no máximo 2 itens.", "List should have at most 2 items"),
        ({"colour": "x"}, "Deve ser 'red' ou 'blue'.", "Input should be 'red' or 'blue'"),
        ({"size": "x"}, "Deve ser 's' ou 'm'.", "Input should be 's' or 'm'"),
        ({"checked": "x"}, "Assim não.", "Not like this."),
        ({"checked": "plain"}, ANY_OTHER, "no plain ones"),
        ({"checked": "custom"}, ANY_OTHER, "not this one"),
        ({"colr": 1}, "Campo desconhecido.", "Extra inputs are not permitted"),
    ],
)
def test_an_answer_is_in_the_language_of_the_caller(values: dict[str, Any], portuguese: str, english: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Form.model_validate(values)
    (error,) = raised.value.errors()
    assert explain_validation(dict(error), "pt") == portuguese
    assert english in explain_validation(dict(error), "en")
    assert not explain_validation(dict(error), "en").startswith("Value error")

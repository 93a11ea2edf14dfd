"""Why a field is refused, by Pydantic's type of error: its own sentence in English, ours in Portuguese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from malha.kit.refusals import ValueRefusedError
from malha.wording.templates import fill

ANY_OTHER = "O valor não é válido."

PORTUGUESE: Mapping[str, str] = {
    "no_such_attribute": "O objeto não tem o atributo {attribute}.",
    "json_invalid": "O texto não é JSON válido.",
    "json_type": "Esperado JSON como texto.",
    "needs_python_object": "O valor não pode vir de JSON.",
    "recursion_loop": "O valor contém a si mesmo.",
    "recursion_depth_exceeded": "O valor tem níveis demais.",
    "missing": "Campo obrigatório.",
    "frozen_field": "O campo não pode ser alterado.",
    "frozen_instance": "O objeto não pode ser alterado.",
    "extra_forbidden": "Campo desconhecido.",
    "invalid_key": "As chaves devem ser textos.",
    "get_attribute_error": "Um atributo do objeto não pôde ser lido.",
    "model_type": "Esperado um objeto.",
    "model_attributes_type": "Esperado um objeto.",
    "dataclass_type": "Esperado um objeto.",
    "dataclass_exact_type": "Esperado um objeto.",
    "named_tuple_type": "Esperada uma lista ou um objeto.",
    "default_factory_not_called": "O valor padrão depende de campos inválidos.",
    "none_required": "Esperado null.",
    "greater_than": "Deve ser maior que {gt}.",
    "greater_than_equal": "Deve ser maior ou igual a {ge}.",
    "less_than": "Deve ser menor que {lt}.",
    "less_than_equal": "Deve ser menor ou igual a {le}.",
    "multiple_of": "Deve ser múltiplo de {multiple_of}.",
    "finite_number": "Esperado um número finito.",
    "too_short": "Deve ter pelo menos {min_length:item/itens}, e não {actual_length}.",
    "too_long": "Deve ter no máximo {max_length:item/itens}.",
    "iterable_type": "Esperada uma lista.",
    "iteration_error": "A lista não pôde ser lida.",
    "string_type": "Esperado um texto.",
    "string_unicode": "O texto não é Unicode válido.",
    "string_too_short": "Deve ter pelo menos {min_length:caractere/caracteres}.",
    "string_too_long": "Deve ter no máximo {max_length:caractere/caracteres}.",
    "string_pattern_mismatch": "O texto não segue o padrão {pattern}.",
    "string_not_ascii": "Só são aceitos caracteres ASCII.",
    "enum": "Deve ser {expected}.",
    "dict_type": "Esperado um objeto.",
    "frozen_dict_type": "Esperado um objeto.",
    "ordered_dict_type": "Esperado um objeto.",
    "counter_type": "Esperado um objeto.",
    "mapping_type": "Esperado um objeto.",
    "list_type": "Esperada uma lista.",
    "deque_type": "Esperada uma lista.",
    "tuple_type": "Esperada uma lista.",
    "set_type": "Esperada uma lista sem repetições.",
    "set_item_not_hashable": "A lista tem um item que não pode ser comparado.",
    "bool_type": "Esperado verdadeiro ou falso.",
    "bool_parsing": "Esperado verdadeiro ou falso.",
    "int_type": "Esperado um número inteiro.",
    "int_parsing": "Esperado um número inteiro.",
    "int_parsing_size": "O número inteiro é grande demais.",
    "int_from_float": "Esperado um número inteiro, sem casas decimais.",
    "float_type": "Esperado um número.",
    "float_parsing": "Esperado um número.",
    "bytes_type": "Esperados bytes.",
    "bytes_too_short": "Deve ter pelo menos {min_length:byte/bytes}.",
    "bytes_too_long": "Deve ter no máximo {max_length:byte/bytes}.",
    "bytes_invalid_encoding": "Os bytes não estão em {encoding}.",
    "value_error": ANY_OTHER,
    "assertion_error": ANY_OTHER,
    "literal_error": "Deve ser {expected}.",
    "missing_sentinel_error": ANY_OTHER,
    "ellipsis_error": ANY_OTHER,
    "date_type": "Esperada uma data.",
    "date_parsing": "Esperada uma data no formato AAAA-MM-DD.",
    "date_from_datetime_parsing": "Esperada uma data no formato AAAA-MM-DD.",
    "date_from_datetime_inexact": "Esperada uma data sem horário.",
    "date_past": "A data deve estar no passado.",
    "date_future": "A data deve estar no futuro.",
    "time_type": "Esperado um horário.",
    "time_parsing": "Esperado um horário no formato HH:MM:SS.",
    "datetime_type": "Esperados data e horário.",
    "datetime_parsing": "Esperados data e horário no formato AAAA-MM-DDTHH:MM:SS.",
    "datetime_object_invalid": "A data com horário não existe.",
    "datetime_from_date_parsing": "Esperada uma data, com ou sem horário, no formato AAAA-MM-DDTHH:MM:SS.",
    "datetime_past": "O instante deve estar no passado.",
    "datetime_future": "O instante deve estar no futuro.",
    "timezone_naive": "O horário não deve ter fuso.",
    "timezone_aware": "O horário deve ter fuso.",
    "timezone_offset": "O fuso deve estar a {tz_expected} s de UTC, e não a {tz_actual} s.",
    "time_delta_type": "Esperada uma duração.",
    "time_delta_parsing": "Esperada uma duração.",
    "frozen_set_type": "Esperada uma lista sem repetições.",
    "is_instance_of": ANY_OTHER,
    "is_subclass_of": ANY_OTHER,
    "callable_type": ANY_OTHER,
    "union_tag_invalid": "O tipo {tag} de {discriminator} não é um destes: {expected_tags}.",
    "union_tag_not_found": "Falta o tipo, em {discriminator}.",
    "arguments_type": "Esperada uma lista ou um objeto de argumentos.",
    "missing_argument": "Argumento obrigatório.",
    "unexpected_keyword_argument": "Argumento desconhecido.",
    "missing_keyword_only_argument": "Argumento obrigatório.",
    "unexpected_positional_argument": "Argumento a mais.",
    "missing_positional_only_argument": "Argumento obrigatório.",
    "multiple_argument_values": "Argumento repetido.",
    "url_type": "Esperado um endereço (URL).",
    "url_parsing": "Esperado um endereço (URL) válido.",
    "url_syntax_violation": "Esperado um endereço (URL) válido.",
    "url_too_long": "O endereço deve ter no máximo {max_length:caractere/caracteres}.",
    "url_scheme": "O endereço deve começar por {expected_schemes}.",
    "uuid_type": "Esperado um UUID.",
    "uuid_parsing": "Esperado um UUID válido.",
    "uuid_version": "Esperado um UUID da versão {expected_version}.",
    "decimal_type": "Esperado um número decimal.",
    "decimal_parsing": "Esperado um número decimal.",
    "decimal_max_digits": "Deve ter no máximo {max_digits:algarismo/algarismos}.",
    "decimal_max_places": "Deve ter no máximo {decimal_places:casa decimal/casas decimais}.",
    "decimal_whole_digits": "Deve ter no máximo {whole_digits:algarismo/algarismos} antes da vírgula.",
    "fraction_type": "Esperada uma fração.",
    "fraction_parsing": "Esperada uma fração válida.",
    "complex_type": "Esperado um número complexo.",
    "complex_str_parsing": "Esperado um número complexo.",
}


def explain_validation(error: Mapping[str, Any], language: str) -> str:
    """The sentence for one of the entries of `ValidationError.errors()`."""
    kind: str = error["type"]
    context: Mapping[str, Any] = error.get("ctx") or {}
    cause = context.get("error")
    if isinstance(cause, ValueRefusedError):
        return cause.message(language)
    if language != "pt":
        return str(cause) if kind in {"value_error", "assertion_error"} and cause else str(error["msg"])
    try:
        return fill(
            PORTUGUESE.get(kind, ANY_OTHER), "pt", **{name: _portuguese(value) for name, value in context.items()}
        )
    except KeyError:  # raised by hand, without what Pydantic itself would say beside it
        return ANY_OTHER


def _portuguese(value: Any) -> Any:
    """Pydantic joins what it expects as `'a', 'b' or 'c'`."""
    return value.replace(" or ", " ou ") if isinstance(value, str) else value

"""Sentences with gaps: `str.format`, with sizes and numbers of things in the language of the sentence."""

from __future__ import annotations

from string import Formatter
from typing import Any

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def fill(template: str, language: str, /, **fields: Any) -> str:
    """Fill a template in `pt` or `en`. `{limit:size}` reads 25 MB, `{count:item/itens}` 1 item or 2 itens."""
    return _Sentence(language).vformat(template, (), fields)


def show_size(size: int, language: str) -> str:
    """Bytes as people say them, by powers of 1,024 as the settings count them: 25 MB, 1,5 MB in Portuguese."""
    amount, unit = float(size), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    number = f"{amount:.1f}".removesuffix(".0")
    return f"{number.replace('.', ',') if language == 'pt' else number} {_UNITS[unit]}"


class _Sentence(Formatter):
    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "size":
            return show_size(value, self._language)
        singular, is_count, plural = format_spec.partition("/")
        if is_count:
            return f"{value} {singular if value == 1 else plural}"
        return super().format_field(value, format_spec)

"""Columns that PostgreSQL computes, so that records are found: their words, and keys of what they are filtered by."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ARRAY, Computed, Index, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from malha.procurement.rules.folding import folded_sql
from malha.procurement.rules.periods import BLOCK_DAYS, EPOCH

_SEPARATORS = " ./-–_\\ºª,:;()"


def words(column: str, configuration: str = "portuguese") -> Mapped[str]:
    """The words of a text column, folded."""
    text = folded_sql(f"coalesce({column}, '')")
    vector = f"to_tsvector('{configuration}'::regconfig, {text})"
    return mapped_column(TSVECTOR, Computed(vector, persisted=True), deferred=True)


def facets(instant: str, keys: Mapping[str, str]) -> Mapped[list[str]]:
    """Keys to find a record by: the day of `instant` and its block of days, and a letter with each expression."""
    day = f"floor(extract(epoch FROM {instant} - '{EPOCH:%Y-%m-%d %H:%M}+00'::timestamptz) / 86400)::int"
    block = f"floor(({day}) / {BLOCK_DAYS}.0)::int"
    dated = [f"'d' || ({day})::text", f"'w' || ({block})::text"]
    array = ", ".join([*dated, *(f"'{letter}' || {expression}" for letter, expression in keys.items())])
    computed = Computed(f"array_remove(ARRAY[{array}], NULL)", persisted=True)
    return mapped_column(ARRAY(Text), computed, deferred=True)


def bare(column: str) -> str:
    """The expression of a number without its punctuation, as `number_key` makes it."""
    literal = _SEPARATORS.replace("\\", "\\\\")
    return f"translate(upper({column}), E'{literal}', '')"


def magnitude(column: str) -> str:
    """The expression of how many digits an amount has before its point."""
    return f"length(trunc(abs({column}))::text)::text"


def index(table: str) -> Index:
    """Both in one index: a word of a day, of a state, of an organ is found without visiting the word's other rows."""
    return Index(f"ix_{table}_search", "search", "facets", postgresql_using="gin")

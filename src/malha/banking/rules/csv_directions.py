"""How a CSV file tells money in from money out; where it does not, a mapping is asked for instead of guessing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from malha.banking.rules.amounts import Written
from malha.banking.rules.csv_columns import Columns
from malha.banking.rules.csv_mapping import CsvMapping, read_word
from malha.banking.rules.csv_survey import Survey, word_key
from malha.banking.rules.csv_table import Row
from malha.banking.rules.entries import Direction
from malha.banking.rules.remarks import MappingNeededError

_AMBIGUOUS_LETTERS = frozenset({"E", "S", "IN", "OUT"})
"""Under a title that names a direction these are Entrada and Saída; under any other they may be anything."""

_HINT_EN = "give a mapping with `positive_is`, to go by the signs alone, or with the column `direction`"
_HINT_PT = "informe um mapping com `positive_is`, para seguir só os sinais, ou com a coluna `direction`"


@dataclass(frozen=True, slots=True)
class DirectionRule:
    """Reads one row's direction: by the words of a column, where there is one, else by the sign."""

    positive: Direction = Direction.CREDIT
    place: int | None = None
    words: Mapping[str, Direction] = field(default_factory=dict)
    has_plain_debits: bool = False
    is_unconfirmed: bool = False
    """Whether every amount is positive and only the mapping's naming of their column says that this is right."""

    def read(self, row: Row, written: Written) -> Direction | None:
        """None where the row does not tell it, or its sign contradicts its word."""
        if written.mark in {"C", "D"}:
            return Direction.CREDIT if written.mark == "C" else Direction.DEBIT
        if self.place is None:
            return _turn(self.positive) if written.is_negative else self.positive
        told = self.words.get(word_key(row.get(self.place)))
        if not written.is_negative:
            return told
        if told is None:
            return Direction.DEBIT
        return None if told is Direction.CREDIT or self.has_plain_debits else told


def choose_rule(columns: Columns, survey: Survey, mapping: CsvMapping) -> DirectionRule:
    """The rule for all rows; MappingNeededError, naming the column, where nothing tells the directions apart."""
    if "amount" not in columns.places or not survey.rows:
        return DirectionRule()
    if "direction" in mapping.columns:
        return _given_column(columns, survey, mapping)
    if mapping.positive_is is not None:
        return DirectionRule(mapping.positive_is)
    place = _find_column(columns, survey, mapping)
    if place is not None:
        return _checked_column(place, columns, survey, mapping)
    title = columns.title("amount")
    if survey.contradicted and not survey.told:
        raise MappingNeededError(
            title,
            f"column {title!r}: what was received is negative, or what was sent positive, as on cards: {_HINT_EN}",
            f"coluna {title!r}: recebidos negativos ou enviados positivos, como em cartões: {_HINT_PT}",
        )
    if survey.marked or survey.is_all_inward:
        return DirectionRule()
    if "amount" in mapping.columns:
        return DirectionRule(is_unconfirmed=True)
    title = columns.title("direction") if "direction" in columns.places else title
    raise MappingNeededError(
        title,
        f"column {title!r}: no amount has a sign and nothing says which are debits: {_HINT_EN}",
        f"coluna {title!r}: nenhum valor tem sinal e nada diz quais são débitos: {_HINT_PT}",
    )


def _find_column(columns: Columns, survey: Survey, mapping: CsvMapping) -> int | None:
    """The column whose texts are all directions: the one with a title for that, else the only other one."""
    for place in columns.places.get("direction", ()):
        if _words(place, survey, mapping) is not None:
            return place
    found = [place for place in columns.unplaced if _is_unmistakable(place, survey, mapping)]
    return found[0] if len(found) == 1 else None


def _is_unmistakable(place: int, survey: Survey, mapping: CsvMapping) -> bool:
    words = _words(place, survey, mapping)
    return words is not None and not words.keys() & _AMBIGUOUS_LETTERS


def _words(place: int, survey: Survey, mapping: CsvMapping) -> dict[str, Direction] | None:
    given = {word_key(word): direction for word, direction in mapping.directions.items()}
    found = {word: given.get(word) or read_word(word) for word in survey.words.get(place) or {}}
    known = {word: direction for word, direction in found.items() if direction is not None}
    return known if known and len(known) == len(found) else None


def _given_column(columns: Columns, survey: Survey, mapping: CsvMapping) -> DirectionRule:
    place = columns.places["direction"][0]
    words = _words(place, survey, mapping)
    if words is None:
        title = columns.title("direction")
        texts = sorted(survey.words.get(place) or {})[:5]
        raise MappingNeededError(
            title,
            f"column {title!r}: {texts} are no directions: give `directions` in the mapping",
            f"coluna {title!r}: {texts} não são direções: informe `directions` no mapping",
        )
    return _rule(place, words, survey)


def _checked_column(place: int, columns: Columns, survey: Survey, mapping: CsvMapping) -> DirectionRule:
    """Signs and words must not contradict each other: then the column may be none of directions."""
    words = _words(place, survey, mapping) or {}
    rule = _rule(place, words, survey)
    signs = survey.words.get(place) or {}
    negative_credits = any(True in signs[word] for word, told in words.items() if told is Direction.CREDIT)
    negative_debits = any(True in signs[word] for word, told in words.items() if told is Direction.DEBIT)
    if negative_credits or (negative_debits and rule.has_plain_debits):
        title = columns.title_at(place)
        raise MappingNeededError(
            title,
            f"column {title!r} contradicts the signs of the amounts: {_HINT_EN}",
            f"a coluna {title!r} contradiz os sinais dos valores: {_HINT_PT}",
        )
    return rule


def _rule(place: int, words: dict[str, Direction], survey: Survey) -> DirectionRule:
    signs = survey.words.get(place) or {}
    plain = any(False in signs[word] for word, told in words.items() if told is Direction.DEBIT)
    return DirectionRule(place=place, words=words, has_plain_debits=plain)


def _turn(direction: Direction) -> Direction:
    return Direction.CREDIT if direction is Direction.DEBIT else Direction.DEBIT

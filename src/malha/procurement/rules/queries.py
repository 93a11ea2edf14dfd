"""What somebody looks for, in their own words: words, "phrases", and -exclusions. Any text at all is a query."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from malha.fiscal.identifiers import is_cpf
from malha.procurement.rules.folding import fold

MOST_TERMS = 32
_QUOTES = str.maketrans("“”„«»", '"' * 5)
_TERM = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z./ -]{2,48}[0-9A-Za-z]")
_SEPARATORS = re.compile(r"[^0-9A-Z]")
_CPF = re.compile(r"(?<!\d)\d{3}[^\w]?\d{3}[^\w]?\d{3}[^\w]?\d{2}(?!\d)")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand in a text, next to one another where it is a phrase, or must not where it is excluded."""

    text: str
    is_phrase: bool = False
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class TextQuery:
    """A query's terms, folded as the texts are. Without a term that is wanted it lets through what excludes none."""

    terms: tuple[Term, ...]

    @property
    def wanted(self) -> tuple[Term, ...]:
        """The terms that must be there."""
        return tuple(term for term in self.terms if not term.is_excluded)


def read_query(text: str) -> TextQuery:
    """The terms of a text, those beyond the 32nd left out. A quote that is not closed ends with the text."""
    terms: list[Term] = []
    for match in _TERM.finditer(text.replace("\x00", " ").translate(_QUOTES)):
        phrase = match["phrase"]
        words = fold(match["word"] if phrase is None else phrase).strip()
        if words:
            terms.append(Term(words, is_phrase=phrase is not None, is_excluded=match["minus"] is not None))
    return TextQuery(tuple(terms[:MOST_TERMS]))


def number_key(text: str) -> str | None:
    """A number of a process, a purchase, a company or a record as it is compared: without punctuation.

    None for a text that is none: it has four digits at least, and no more letters than digits.
    """
    stripped = text.strip().strip('"')
    if not _NUMBER.fullmatch(stripped):
        return None
    key = _SEPARATORS.sub("", stripped.upper())
    digits = sum(character.isdigit() for character in key)
    return key if digits >= 4 and digits * 2 >= len(key) else None


def find_cpfs(text: str) -> Sequence[str]:
    """The CPFs in a text, as they are written there."""
    return [match[0] for match in _CPF.finditer(text) if is_cpf("".join(filter(str.isdigit, match[0])))]

"""Text as it is searched: small plain letters, words apart by spaces, plurals that the stemmer misses made singular.

The database's stemmer takes "aquisição" and "aquisições" for two words, and knows none of them without its accents.
Every step keeps the length of the text, so that a place in the folded text is the same place in the text itself.
"""

from __future__ import annotations

_ACCENTED = "áàâãäåéèêëíìîïóòôõöúùûüçñýÁÀÂÃÄÅÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑÝ"
_PLAIN = "aaaaaaeeeeiiiiooooouuuucny" * 2
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What joins words to one token of the database's parser: a path, an address, a compound, a number with its sign.
_JOINTS = "/\\.,;:()[]{}<>|-_–—+=*&@#!?~^`´¨'\"“”‘’•°$\t\n\r\f\v\u00a0"
_SIGNS, _LETTERS = "ºª²³", "oa23"

FROM = _ACCENTED + _CAPITALS + _JOINTS + _SIGNS
TO = _PLAIN + _CAPITALS.lower() + " " * len(_JOINTS) + _LETTERS
ENDINGS = (
    ("oes ", "ao  "), ("aes ", "ao  "), ("ais ", "al  "), ("eis ", "el  "), ("ois ", "ol  "), ("ns ", "m  "),
    ("as ", "a  "), ("os ", "o  "), ("us ", "u  "),
)  # fmt: skip
"""At the end of a word, in this order."""

TABLE = str.maketrans(FROM, TO)


def fold(text: str) -> str:
    """The text as it is searched, with one space more at its end. `folded_sql` is the same for the database."""
    folded = text.translate(TABLE) + " "
    for plural, singular in ENDINGS:
        folded = folded.replace(plural, singular)
    return folded


def folded_sql(expression: str) -> str:
    """The SQL expression that folds another one, from functions that every PostgreSQL has."""
    sql = f"translate({expression}, {_literal(FROM)}, {_literal(TO)}) || ' '"
    for plural, singular in ENDINGS:
        sql = f"replace({sql}, '{plural}', '{singular}')"
    return sql


def _literal(text: str) -> str:
    escaped = "".join(_escape(character) for character in text)
    return f"E'{escaped}'"


def _escape(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    return character if character.isprintable() else f"\\u{ord(character):04x}"

"""Check digits of the inscrição estadual (IE) in the 27 states, as published by each for SINTEGRA.

Leading zeros may be missing or added in a file: a length that the state does not use is brought to one that it does.
Prefixes are not judged: states have opened new ranges (GO 20-29, PA 75-79, MS 50) without changing the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from malha.fiscal.identifiers import modulo_11, weighted, weights

Scheme: TypeAlias = Callable[[str], bool]


def _simple(by: tuple[int, ...]) -> Scheme:
    return lambda ie: modulo_11(weighted(ie[:-1], by)) == ie[-1]


def _double(first: tuple[int, ...], second: tuple[int, ...]) -> Scheme:
    def check(ie: str) -> bool:
        return modulo_11(weighted(ie[:-2], first)) == ie[-2] and modulo_11(weighted(ie[:-1], second)) == ie[-1]

    return check


def _modulo_11_less_10(total: int) -> str:
    return str((11 - total % 11) % 10)


def _amapa(ie: str) -> bool:
    number = int(ie[:8])
    if number <= 3_017_000:
        extra, eleven = 5, "0"
    elif number <= 3_019_022:
        extra, eleven = 9, "1"
    else:
        extra, eleven = 0, "0"
    digit = 11 - (weighted(ie[:8], weights(8)) + extra) % 11
    return ie[8] == ("0" if digit == 10 else eleven if digit == 11 else str(digit))


def _bahia(ie: str) -> bool:
    body, deciding = ie[:-2], ie[-8]
    modulus = 11 if deciding in "679" else 10

    def digit(text: str) -> str:
        remainder = weighted(text, weights(len(text))) % modulus
        return "0" if modulus - remainder >= 10 else str(modulus - remainder)

    last = digit(body)
    return ie[-1] == last and ie[-2] == digit(body + last)


def _goias(ie: str) -> bool:
    body = ie[:8]
    if body == "11094402":
        return ie[8] in "01"
    remainder = weighted(body, weights(8)) % 11
    if remainder == 1:
        return ie[8] == ("1" if 10_103_105 <= int(body) <= 10_119_997 else "0")
    return ie[8] == ("0" if remainder == 0 else str(11 - remainder))


def _minas_gerais(ie: str) -> bool:
    spread = ie[:3] + "0" + ie[3:11]
    products = "".join(str(int(digit) * (1 + position % 2)) for position, digit in enumerate(spread))
    first = str(-sum(map(int, products)) % 10)
    return ie[11] == first and ie[12] == modulo_11(weighted(ie[:12], weights(12, 11)))


def _pernambuco_old(ie: str) -> bool:
    return ie[13] == _modulo_11_less_10(weighted(ie[:13], (5, 4, 3, 2, 1, 9, 8, 7, 6, 5, 4, 3, 2)))


def _rondonia_old(ie: str) -> bool:
    return ie[8] == _modulo_11_less_10(weighted(ie[3:8], weights(5)))


def _rondonia(ie: str) -> bool:
    return ie[13] == _modulo_11_less_10(weighted(ie[:13], weights(13)))


def _roraima(ie: str) -> bool:
    return ie[8] == str(weighted(ie[:8], (1, 2, 3, 4, 5, 6, 7, 8)) % 9)


_SP_FIRST = (1, 3, 4, 5, 6, 7, 8, 10)


def _sao_paulo(ie: str) -> bool:
    first = str(weighted(ie[:8], _SP_FIRST) % 11)[-1]
    return ie[8] == first and ie[11] == str(weighted(ie[:11], weights(11, 10)) % 11)[-1]


def _tocantins_old(ie: str) -> bool:
    return ie[2:4] in {"01", "02", "03", "99"} and ie[10] == modulo_11(weighted(ie[:2] + ie[4:10], weights(8)))


_NINE = {9: _simple(weights(8))}
_THIRTEEN = {13: _double(weights(11), weights(12))}

SCHEMES: dict[str, dict[int, Scheme]] = {
    "AC": _THIRTEEN,
    "AL": _NINE,
    "AM": _NINE,
    "AP": {9: _amapa},
    "BA": {8: _bahia, 9: _bahia},
    "CE": _NINE,
    "DF": _THIRTEEN,
    "ES": _NINE,
    "GO": {9: _goias},
    "MA": _NINE,
    "MG": {13: _minas_gerais},
    "MS": _NINE,
    "MT": {11: _simple(weights(10))},
    "PA": _NINE,
    "PB": _NINE,
    "PE": {9: _double(weights(7), weights(8)), 14: _pernambuco_old},
    "PI": _NINE,
    "PR": {10: _double(weights(8, 7), weights(9, 7))},
    "RJ": {8: _simple(weights(7, 7))},
    "RN": {9: _simple(weights(8)), 10: _simple(weights(9, 10))},
    "RO": {9: _rondonia_old, 14: _rondonia},
    "RR": {9: _roraima},
    "RS": {10: _simple(weights(9))},
    "SC": _NINE,
    "SE": _NINE,
    "SP": {12: _sao_paulo},
    "TO": {9: _simple(weights(8)), 11: _tocantins_old},
}

_LONGEST = 20


def is_state_registration(text: str, uf: str) -> bool:
    """Whether ``text`` (digits; a rural producer's of São Paulo starts with P) is right for the state ``uf``."""
    return len(text) <= _LONGEST and _is_right(text, uf)


@lru_cache(maxsize=1 << 14)
def _is_right(text: str, uf: str) -> bool:
    schemes = SCHEMES.get(uf)
    if schemes is None:
        return False
    if uf == "SP" and text[:1] == "P":
        return _is_rural_sao_paulo(text)
    if not (text.isascii() and text.isdigit()):
        return False
    if len(text) in schemes:
        return schemes[len(text)](text)
    significant = text.lstrip("0")
    return bool(significant) and any(
        len(significant) <= length and check(significant.zfill(length)) for length, check in schemes.items()
    )


def _is_rural_sao_paulo(text: str) -> bool:
    digits = text[1:]
    if len(digits) != 12 or not (digits.isascii() and digits.isdigit()):
        return False
    return digits[8] == str(weighted(digits[:8], _SP_FIRST) % 11)[-1]

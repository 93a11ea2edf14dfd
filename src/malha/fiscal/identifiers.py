"""Check digits of CNPJ (also alphanumeric), CPF and GTIN; texts are as in the layouts, without punctuation."""

from __future__ import annotations

import re
from functools import lru_cache
from operator import mul

_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}", re.ASCII)
_CPF = re.compile(r"[0-9]{11}", re.ASCII)
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}", re.ASCII)
_ZERO = ord("0")


def weights(length: int, highest: int = 9) -> tuple[int, ...]:
    """Modulo 11 weights for ``length`` characters: 2 to ``highest`` from the right, again and again."""
    cycle = highest - 1
    return tuple(2 + (length - 1 - position) % cycle for position in range(length))


def weighted(text: str, by: tuple[int, ...]) -> int:
    """Sum of character values times weights; a character is worth its ASCII code less 48 (NT Conjunta 2025.001)."""
    return sum(map(mul, by, text.encode("ascii"))) - _ZERO * sum(by)


def modulo_11(total: int) -> str:
    """11 minus the remainder, with 10 and 11 written as 0: the usual closing of CNPJ, CPF, keys and most IEs."""
    remainder = total % 11
    return "0" if remainder < 2 else str(11 - remainder)


_W12, _W13 = weights(12), weights(13)
_W9, _W10 = weights(9, 10), weights(10, 11)


def cnpj_check_digits(base: str) -> str:
    """The two digits that follow the 12 characters of ``base``."""
    first = modulo_11(weighted(base, _W12))
    return first + modulo_11(weighted(base + first, _W13))


def cpf_check_digits(base: str) -> str:
    """The two digits that follow the nine of ``base``."""
    first = modulo_11(weighted(base, _W9))
    return first + modulo_11(weighted(base + first, _W10))


def is_cnpj(text: str) -> bool:
    """Fourteen characters with right check digits; one character repeated is refused."""
    return len(text) == 14 and _is_cnpj(text)


def is_cpf(text: str) -> bool:
    """Eleven digits with right check digits; one digit repeated is refused."""
    return len(text) == 11 and _is_cpf(text)


# Lengths are checked outside the caches, which would otherwise keep whatever a hostile file holds.
@lru_cache(maxsize=1 << 14)
def _is_cnpj(text: str) -> bool:
    return bool(_CNPJ.fullmatch(text)) and len(set(text)) > 1 and cnpj_check_digits(text[:12]) == text[12:]


@lru_cache(maxsize=1 << 14)
def _is_cpf(text: str) -> bool:
    return bool(_CPF.fullmatch(text)) and len(set(text)) > 1 and cpf_check_digits(text[:9]) == text[9:]


def is_tax_id(text: str) -> bool:
    """A CNPJ or a CPF, told apart by length."""
    return is_cnpj(text) if len(text) == 14 else is_cpf(text)


def mend_tax_id(text: str) -> str | None:
    """The CNPJ or CPF with the check digits that its other characters ask for; None where there is no such number."""
    if _CNPJ.fullmatch(text):
        mended = text[:12] + cnpj_check_digits(text[:12])
    elif _CPF.fullmatch(text):
        mended = text[:9] + cpf_check_digits(text[:9])
    else:
        return None
    return mended if is_tax_id(mended) else None


def mend_gtin(text: str) -> str | None:
    """The GTIN with the digit that the others ask for; None for what has not the pattern of one."""
    return text[:-1] + gtin_check_digit(text[:-1]) if _GTIN.fullmatch(text) else None


def gtin_check_digit(base: str) -> str:
    """GS1's digit: weights 3 and 1 from the right, up to the next ten."""
    total = sum((3 if position % 2 == 0 else 1) * int(digit) for position, digit in enumerate(reversed(base)))
    return str(-total % 10)


def is_gtin(text: str) -> bool:
    """8, 12, 13 or 14 digits with a right check digit."""
    return len(text) <= 14 and _is_gtin(text)


@lru_cache(maxsize=1 << 14)
def _is_gtin(text: str) -> bool:
    return bool(_GTIN.fullmatch(text)) and gtin_check_digit(text[:-1]) == text[-1]

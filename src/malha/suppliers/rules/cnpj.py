"""A CNPJ as people and spreadsheets write it, turned into the fourteen characters that the registry knows."""

from __future__ import annotations

import re

from malha.fiscal.identifiers import is_cnpj, is_cpf
from malha.kit.refusals import ValueRefusedError
from malha.kit.text import plain

CNPJ_LENGTH, CPF_LENGTH = 14, 11
_SHORTEST_CPF = 9
"""A number of so many digits or more may be a CPF whose zeros are lost; a shorter one is hardly anybody's."""

_PUNCTUATION = re.compile(r"[\s./-]+")
_LABEL = re.compile(r"C\.?N\.?P\.?J\.?(?:/(?:MF|CPF))?\s*(?:N[.ºO]*)?\s*:?\s*(?=[0-9])|C\.?P\.?F\.?\s*:?\s*(?=[0-9])")
_WITH_DECIMALS = re.compile(r"([0-9]{1,14})[.,]0+", re.ASCII)
"""`13186091000143.0`, as programs write a column that they took for numbers."""

_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?E[+-]?[0-9]+", re.ASCII)
_SHAPE = re.compile(r"[0-9A-Z]{12}[0-9]{2}", re.ASCII)
_ROUNDED = "000000"
"""So many zeros at the end, where the check digits do not fit, are those of a number that lost its digits."""


def normalize_cnpj(text: str) -> str | None:
    """Upper case, without punctuation, with the zeros that it lost; None where that is no valid CNPJ.

    Letters stay: they are digits since July 2026.
    """
    try:
        found = read_tax_id(text)
    except ValueRefusedError:
        return None
    return found if is_cnpj(found) else None


def read_tax_id(text: str) -> str:
    """The CNPJ (14 characters) or CPF (11 digits) that a text means; digits that are neither, as they are.

    Zeros in front that a spreadsheet dropped come back where the check digits then fit. Raises ValueRefusedError for
    what is no such number, for one that lost digits, and for one that may be a CPF as well as a CNPJ.
    """
    if is_cnpj(text):
        return text
    bare = _bare(text)
    if bare.isascii() and bare.isdecimal():
        return _read_digits(bare)
    if _SHAPE.fullmatch(bare):
        return bare
    if _SCIENTIFIC.fullmatch(bare):
        raise _precision_lost()
    shown = plain(text)[:40]
    raise ValueRefusedError(pt=f"“{shown}” não é um CNPJ", en=f"“{shown}” is no CNPJ")


def _bare(text: str) -> str:
    upper = plain(text).upper()
    if decimal := _WITH_DECIMALS.fullmatch(upper):
        return decimal[1]
    if _SCIENTIFIC.fullmatch(upper):  # 1.23457E+13 without its punctuation would be something else
        return upper
    label = _LABEL.match(upper)
    return _PUNCTUATION.sub("", upper[label.end() :] if label else upper)


def _read_digits(digits: str) -> str:
    if len(digits) > CNPJ_LENGTH:
        raise ValueRefusedError(
            pt=f"“{digits[:40]}” tem mais de 14 dígitos", en=f"“{digits[:40]}” has more than 14 digits"
        )
    cnpj, cpf = digits.zfill(CNPJ_LENGTH), digits.zfill(CPF_LENGTH)
    is_person = _SHORTEST_CPF <= len(digits) <= CPF_LENGTH and is_cpf(cpf)
    if is_cnpj(cnpj):
        if is_person:
            raise ValueRefusedError(
                pt=f"“{digits}” pode ser um CPF ou um CNPJ que perdeu os zeros: escreva todos os dígitos",
                en=f"“{digits}” may be a CPF, or a CNPJ that lost its zeros: write all digits",
            )
        return cnpj
    if is_person:
        return cpf
    if len(digits) > CPF_LENGTH and digits.endswith(_ROUNDED):
        raise _precision_lost()
    return digits


def _precision_lost() -> ValueRefusedError:
    return ValueRefusedError(
        pt="o número perdeu dígitos (notação científica): formate a coluna como texto e preencha de novo",
        en="the number lost digits (scientific notation): format the column as text and fill it in again",
    )

"""Check digits of invented identifiers; shares no code with the auditor, so that neither hides the other's error."""

from __future__ import annotations

import random
import string


def _mod11(text: str, weights: list[int]) -> int:
    rest = sum((ord(char) - 48) * weight for char, weight in zip(text, weights, strict=True)) % 11
    return 0 if rest < 2 else 11 - rest


def cnpj(rng: random.Random, *, alphanumeric: bool = False) -> str:
    """A CNPJ of branch 0001; with letters in its root when ``alphanumeric`` (NT Conjunta 2025.001)."""
    alphabet = string.digits + string.ascii_uppercase if alphanumeric else string.digits
    root = "".join(rng.choice(alphabet) for _ in range(8))
    if alphanumeric:
        root = root[:2] + "".join(rng.choice(string.ascii_uppercase) for _ in range(3)) + root[5:]
    return close_cnpj(root + "0001")


def close_cnpj(base: str) -> str:
    """The 12 characters of a CNPJ with their two check digits."""
    first = _mod11(base, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
    return f"{base}{first}{_mod11(f'{base}{first}', [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])}"


def cpf(rng: random.Random) -> str:
    return close_cpf("".join(rng.choice(string.digits) for _ in range(9)))


def close_cpf(base: str) -> str:
    """The nine digits of a CPF with their two check digits."""
    first = _mod11(base, list(range(10, 1, -1)))
    return f"{base}{first}{_mod11(f'{base}{first}', list(range(11, 1, -1)))}"


def access_key(base: str) -> str:
    """The 43 characters of an access key with their check digit."""
    return base + str(_mod11(base, [2 + (42 - position) % 8 for position in range(43)]))


def gtin13(rng: random.Random) -> str:
    """A GTIN-13 with the Brazilian prefix 789."""
    base = "789" + "".join(rng.choice(string.digits) for _ in range(9))
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(base))
    return f"{base}{-total % 10}"


def state_registration(rng: random.Random, uf: str) -> str:
    """An inscrição estadual valid by the algorithm of ``uf`` (SINTEGRA); KeyError for states not drawn here."""
    return _REGISTRATIONS[uf](rng)


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def _sao_paulo(rng: random.Random) -> str:
    base = "1" + _digits(rng, 7)
    base += str(_weighted(base, [1, 3, 4, 5, 6, 7, 8, 10]) % 11 % 10) + _digits(rng, 2)
    return base + str(_weighted(base, [3, 2, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11 % 10)


def _minas_gerais(rng: random.Random) -> str:
    base = "062" + _digits(rng, 6) + "00"
    padded = base[:3] + "0" + base[3:]
    products = "".join(str(int(digit) * (2 if position % 2 else 1)) for position, digit in enumerate(padded))
    base += str(-sum(int(digit) for digit in products) % 10)
    return base + str(_mod11(base, [3, 2, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]))


def _bahia(rng: random.Random) -> str:
    base = "1" + rng.choice("01234") + _digits(rng, 5)  # a second digit 0-5 or 8 selects modulus 10
    last = -_weighted(base, [8, 7, 6, 5, 4, 3, 2]) % 10
    return f"{base}{-_weighted(f'{base}{last}', [9, 8, 7, 6, 5, 4, 3, 2]) % 10}{last}"


def _parana(rng: random.Random) -> str:
    base = "90" + _digits(rng, 6)
    base += str(_mod11(base, [3, 2, 7, 6, 5, 4, 3, 2]))
    return base + str(_mod11(base, [4, 3, 2, 7, 6, 5, 4, 3, 2]))


def _pernambuco(rng: random.Random) -> str:
    base = "0" + _digits(rng, 6)
    base += str(_mod11(base, [8, 7, 6, 5, 4, 3, 2]))
    return base + str(_mod11(base, [9, 8, 7, 6, 5, 4, 3, 2]))


def _rio_de_janeiro(rng: random.Random) -> str:
    base = "8" + _digits(rng, 6)
    return base + str(_mod11(base, [2, 7, 6, 5, 4, 3, 2]))


def _rio_grande_do_sul(rng: random.Random) -> str:
    base = "096" + _digits(rng, 6)
    return base + str(_mod11(base, [2, 9, 8, 7, 6, 5, 4, 3, 2]))


def _santa_catarina(rng: random.Random) -> str:
    base = "25" + _digits(rng, 6)
    return base + str(_mod11(base, [9, 8, 7, 6, 5, 4, 3, 2]))


def _weighted(text: str, weights: list[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True))


_REGISTRATIONS = {
    "SP": _sao_paulo,
    "MG": _minas_gerais,
    "BA": _bahia,
    "PR": _parana,
    "PE": _pernambuco,
    "RJ": _rio_de_janeiro,
    "RS": _rio_grande_do_sul,
    "SC": _santa_catarina,
}

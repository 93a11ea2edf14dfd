"""Invented companies and buyers; every name says that it is made up."""

from __future__ import annotations

import random
from dataclasses import dataclass

from malha.simulators.nfe import check_digits
from malha.simulators.nfe.places import Place

_KINDS = ("Comercial", "Distribuidora", "Indústria", "Atacado", "Mercantil", "Oficina")
_WORDS = ("Imaginária", "Fictícia", "Inventada", "de Exemplo", "Simulada", "de Amostra", "Hipotética")
_SUFFIXES = ("Aurora", "Boreal", "Celeste", "Dunas", "Esmeralda", "Figueira", "Gaivota", "Horizonte")


@dataclass(frozen=True)
class Party:
    """A company (14-character ``tax_id``) or an individual (11 digits, no state registration)."""

    tax_id: str
    name: str
    place: Place
    registration: str | None = None

    @property
    def id_tag(self) -> str:
        return "CPF" if len(self.tax_id) == 11 else "CNPJ"


def company(rng: random.Random, place: Place, *, alphanumeric: bool = False) -> Party:
    name = f"{rng.choice(_KINDS)} {rng.choice(_WORDS)} {rng.choice(_SUFFIXES)} Ltda"
    tax_id = check_digits.cnpj(rng, alphanumeric=alphanumeric)
    return Party(tax_id, name, place, check_digits.state_registration(rng, place.uf))


def individual(rng: random.Random, place: Place) -> Party:
    return Party(check_digits.cpf(rng), "Consumidor de Exemplo", place)

"""Invented organs with their units, places and CNPJs; a few of them do much of the buying."""

from __future__ import annotations

from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

from malha.simulators.nfe.check_digits import close_cnpj
from malha.simulators.pncp.dice import Dice

GROUPS = 32
PER_GROUP = 64
SHARES = tuple(accumulate(10_000 // (rank + 1) for rank in range(PER_GROUP)))
"""Running weights inside a group: its first organ holds a fifth of what the group has (Zipf)."""

CITIES = (
    ("Porto Velho", "1100205", "RO", "Rondônia"),
    ("Rio Branco", "1200401", "AC", "Acre"),
    ("Manaus", "1302603", "AM", "Amazonas"),
    ("Boa Vista", "1400100", "RR", "Roraima"),
    ("Belém", "1501402", "PA", "Pará"),
    ("Macapá", "1600303", "AP", "Amapá"),
    ("Palmas", "1721000", "TO", "Tocantins"),
    ("São Luís", "2111300", "MA", "Maranhão"),
    ("Teresina", "2211001", "PI", "Piauí"),
    ("Fortaleza", "2304400", "CE", "Ceará"),
    ("Natal", "2408102", "RN", "Rio Grande do Norte"),
    ("João Pessoa", "2507507", "PB", "Paraíba"),
    ("Recife", "2611606", "PE", "Pernambuco"),
    ("Maceió", "2704302", "AL", "Alagoas"),
    ("Aracaju", "2800308", "SE", "Sergipe"),
    ("Salvador", "2927408", "BA", "Bahia"),
    ("Belo Horizonte", "3106200", "MG", "Minas Gerais"),
    ("Vitória", "3205309", "ES", "Espírito Santo"),
    ("Rio de Janeiro", "3304557", "RJ", "Rio de Janeiro"),
    ("São Paulo", "3550308", "SP", "São Paulo"),
    ("Curitiba", "4106902", "PR", "Paraná"),
    ("Florianópolis", "4205407", "SC", "Santa Catarina"),
    ("Porto Alegre", "4314902", "RS", "Rio Grande do Sul"),
    ("Campo Grande", "5002704", "MS", "Mato Grosso do Sul"),
    ("Cuiabá", "5103403", "MT", "Mato Grosso"),
    ("Goiânia", "5208707", "GO", "Goiás"),
    ("Brasília", "5300108", "DF", "Distrito Federal"),
)
_KINDS = ("Secretaria", "Fundo", "Instituto", "Universidade", "Autarquia", "Prefeitura", "Câmara", "Hospital")
_UNITS = ("Departamento de Compras", "Unidade de Saúde", "Educação", "Obras", "Administração Central")


class Organ(NamedTuple):
    """Who buys; `number` is its place in the simulator's list."""

    number: int
    cnpj: str
    name: str
    power: str
    sphere: str
    city: tuple[str, str, str, str]
    """Name, IBGE code, UF and the UF's name."""
    units: int

    @property
    def group(self) -> int:
        """Organs of a group share the places of a day, see `sequences`."""
        return self.number % GROUPS

    def entity(self) -> dict[str, Any]:
        """As `orgaoEntidade`."""
        return {"cnpj": self.cnpj, "razaoSocial": self.name, "poderId": self.power, "esferaId": self.sphere}

    def unit(self, place: int) -> dict[str, Any]:
        """As `unidadeOrgao`; codes are unique inside one organ only, as the real ones."""
        city, code, uf, uf_name = self.city
        return {
            "ufNome": uf_name,
            "codigoUnidade": f"{place + 1:02d}" if self.sphere == "M" else f"{154000 + place}",
            "nomeUnidade": f"{_UNITS[place % len(_UNITS)]} {place + 1} (simulada)",
            "ufSigla": uf,
            "municipioNome": city,
            "codigoIbge": code,
        }


@cache
def organ(number: int) -> Organ:
    """The organ of a number below GROUPS x PER_GROUP; every name says that it is made up."""
    dice = Dice("organ", number)
    sphere, city = dice.pick("FEMMMM"), dice.pick(CITIES)
    name = f"{dice.pick(_KINDS)} simulada nº {number} de {city[0]}".upper()
    cnpj = close_cnpj(f"{(number * 48_611 + 10_007) % 100_000_000:08d}0001")
    return Organ(number, cnpj, name, dice.pick("EEEELN"), sphere, city, 1 + dice.below(9))


@cache
def organs_by_cnpj() -> dict[str, Organ]:
    """All of them."""
    return {organ(number).cnpj: organ(number) for number in range(GROUPS * PER_GROUP)}

"""Companies as the simulated registry has them: each made from its CNPJ alone, or set by a test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

_ACTIVITIES = (
    ("8121400", "Limpeza em prédios e em domicílios"),
    ("8130300", "Atividades paisagísticas"),
    ("8011101", "Atividades de vigilância e segurança privada"),
    ("8111700", "Serviços combinados para apoio a edifícios, exceto condomínios prediais"),
    ("4329103", "Instalação, manutenção e reparação de elevadores, escadas e esteiras rolantes"),
    ("4321500", "Instalação e manutenção elétrica"),
    ("4330404", "Serviços de pintura de edifícios em geral"),
)
_PLACES = (
    ("São Paulo", "3550308", "SP", "01001000"),
    ("Rio de Janeiro", "3304557", "RJ", "20040002"),
    ("Curitiba", "4106902", "PR", "80010000"),
    ("Recife", "2611606", "PE", "50010000"),
)
_WORDS = ("Aurora", "Horizonte", "Ipê", "Jatobá", "Serra", "Vale", "Atlântica", "Central")
STATUS_CODES = {"NULA": 1, "ATIVA": 2, "SUSPENSA": 3, "INAPTA": 4, "BAIXADA": 8}
_FIRST_DAY = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Company:
    """One registered establishment."""

    cnpj: str
    legal_name: str
    trade_name: str
    status: str
    status_since: date
    opened_on: date
    activities: tuple[tuple[str, str], ...]
    city: str
    city_code: str
    uf: str
    zip_code: str
    partners: tuple[str, ...]
    capital_cents: int

    def changed(self, **fields: Any) -> Company:
        """A copy with other values."""
        return replace(self, **fields)

    @property
    def masked(self) -> str:
        """The CNPJ with its punctuation."""
        c = self.cnpj
        return f"{c[:2]}.{c[2:5]}.{c[5:8]}/{c[8:12]}-{c[12:]}"


def imagine_company(cnpj: str) -> Company:
    """The same company for the same CNPJ, always active."""
    noise = hashlib.sha256(cnpj.encode()).digest()
    city, city_code, uf, zip_code = _PLACES[noise[0] % len(_PLACES)]
    first = noise[1] % len(_ACTIVITIES)
    opened = _FIRST_DAY + timedelta(days=int.from_bytes(noise[2:4]) % 12_000)
    name = f"{_WORDS[noise[4] % len(_WORDS)]} {_WORDS[noise[5] % len(_WORDS)]}"
    return Company(
        cnpj=cnpj,
        legal_name=f"{name} Serviços Ltda".upper(),
        trade_name=name,
        status="ATIVA",
        status_since=opened,
        opened_on=opened,
        activities=tuple(_ACTIVITIES[(first + step) % len(_ACTIVITIES)] for step in range(1 + noise[6] % 3)),
        city=city,
        city_code=city_code,
        uf=uf,
        zip_code=zip_code,
        partners=(f"SOCIO {cnpj[:8]}",),
        capital_cents=1_000_00 + int.from_bytes(noise[7:10]),
    )

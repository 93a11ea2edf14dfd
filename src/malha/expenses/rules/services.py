"""Which activities (CNAE 2.3) fit which service: five digits name a class, seven a subclass.

Lifts are 4329-1/03 (4329-1/04 is street lighting), doormen 8111-7/00; both are often confused.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

_CLEANING = ("8121400", "8129000", "8111700")
_SECURITY = ("8011101", "8020001", "8020002")
_ELECTRICITY = ("4321500",)
_PLUMBING = ("4322301",)
_LIFTS = ("4329103",)
_BUILDING = ("4120400", "43991", "7112000")

SERVICE_ACTIVITIES: Mapping[str, tuple[str, ...]] = {
    "administracao": ("6822600",),
    "advocacia": ("6911701",),
    "agua": ("3600601",),
    "ar_condicionado": ("4322302",),
    "conservacao": _CLEANING,
    "construcao": _BUILDING,
    "contabilidade": ("6920601",),
    "dedetizacao": ("8122200",),
    "elevador": _LIFTS,
    "eletrica": _ELECTRICITY,
    "encanamento": _PLUMBING,
    "energia": ("3514000", "3513100"),
    "engenharia": ("7112000",),
    "hidraulica": _PLUMBING,
    "incendio": ("4322303",),
    "instalacao_eletrica": _ELECTRICITY,
    "internet": ("6110803",),
    "jardinagem": ("8130300",),
    "limpeza": _CLEANING,
    "manutencao_elevador": _LIFTS,
    "obra": _BUILDING,
    "paisagismo": ("8130300",),
    "pintura": ("4330404",),
    "portaria": ("8111700", "8011101"),
    "reforma": ("43304", "4120400", "43991"),
    "residuos": ("3811400",),
    "seguranca": _SECURITY,
    "seguro": ("6512000",),
    "vigilancia": _SECURITY,
}


@lru_cache(maxsize=1_000)
def normalize_service(text: str) -> str:
    """Lower case without accents, words joined by `_`: "Instalação elétrica" is `instalacao_eletrica`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "_".join("".join(c if c.isalnum() else " " for c in plain).split())


def find_activities(service: str, table: Mapping[str, Sequence[str]]) -> Sequence[str] | None:
    """The activities of a service by its very name, else by its telling words in the singular; None without any.

    "Manutenção de elevadores" finds `manutencao_elevador`.
    """
    name = normalize_service(service)
    found = table.get(name)
    if found is not None:
        return found
    return table.get("_".join(_singular(word) for word in name.split("_") if word not in _JOINING))


_JOINING = frozenset({"da", "das", "de", "do", "dos", "e"})
_PLURALS = (("oes", "ao"), ("ns", "m"), ("res", "r"), ("zes", "z"), ("is", "l"), ("s", ""))


def _singular(word: str) -> str:
    """As Portuguese forms most plurals: construcoes, jardinagens, elevadores, prediais, pinturas."""
    for plural, singular in _PLURALS:
        if word.endswith(plural) and len(word) > len(plural) + 2:
            return word.removesuffix(plural) + singular
    return word


def fits(cnaes: Iterable[str], allowed: Iterable[str]) -> bool:
    """Whether any of the supplier's subclasses (seven digits) is an allowed subclass or lies in an allowed class."""
    prefixes = tuple(allowed)
    return any(cnae.startswith(prefixes) for cnae in cnaes)

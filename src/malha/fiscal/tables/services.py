"""The service list of LC 116/2003 as cListServ of an NF-e writes it (``01.07``)."""

from __future__ import annotations

from functools import cache

from malha.fiscal.tables import _data


@cache
def _names() -> dict[str, str]:
    return _data.names("services")


def is_known(code: str) -> bool:
    return code in _names()


def describe(code: str) -> str | None:
    return _names().get(code)

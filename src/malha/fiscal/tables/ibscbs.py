"""IBS and CBS: situation and classification codes with their indicators, presumed credits, rates of the transition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

from malha.fiscal.tables import _data


@dataclass(frozen=True, slots=True)
class Cst:
    """A True indicator demands the group in the XML, a False one forbids it (NT 2025.002)."""

    code: str
    name: str
    regular: bool
    """gIBSCBS"""
    single_phase: bool
    """gIBSCBSMono"""
    reduction: bool
    """gRed"""
    deferral: bool
    """gDif"""
    transfer: bool
    """gTransfCred"""
    zfm_credit: bool
    """gCredPresIBSZFM"""
    adjustment: bool
    """gAjusteCompet"""
    base_reduction: bool


@dataclass(frozen=True, slots=True)
class ClassTrib:
    """cClassTrib: reductions are per cent of the rate; the document indicators say where it may be used."""

    code: str
    cst: str
    name: str
    rate_kind: str
    ibs_reduction: Decimal
    cbs_reduction: Decimal
    needs_regular_taxation: bool
    """gTribRegular, and rates of zero"""
    allows_presumed_credit: bool
    needs_reversal: bool
    models: frozenset[str]
    """55, 65, 57 and NFSe"""
    since: date | None
    until: date | None

    def is_in_force(self, on: date | None) -> bool:
        return _data.in_force(self.since, self.until, on)


@dataclass(frozen=True, slots=True)
class PresumedCredit:
    code: str
    name: str
    is_deducted: bool
    """From the tax of the same item (ind_DeduzCredPres)."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Per cent, general case of the period; None while no act has set the rate."""

    since: date
    until: date
    ibs_state: Decimal
    ibs_city: Decimal
    cbs: Decimal | None


RATES = (
    Rates(date(2025, 1, 1), date(2026, 12, 31), Decimal("0.1"), Decimal(0), Decimal("0.9")),
    Rates(date(2027, 1, 1), date(2028, 12, 31), Decimal("0.05"), Decimal("0.05"), None),
)
"""LC 214/2025, art. 343, 344 and 346, as NT 2025.002 (UB18-10, UB37-10, UB56-10) reads them."""


@cache
def situations() -> dict[str, Cst]:
    return {code: Cst(code, name, *(mark == "1" for mark in marks)) for code, *marks, name in _data.rows("ibscbs-cst")}


@cache
def classifications() -> dict[str, ClassTrib]:
    return {row[0]: _class_trib(row) for row in _data.rows("class-trib")}


def _class_trib(row: list[str]) -> ClassTrib:
    code, cst, ibs, cbs, regular, presumed, reversal, *marks, since, until, rate_kind, name = row
    used = zip(("55", "65", "57", "NFSe"), marks, strict=True)
    return ClassTrib(
        code=code, cst=cst, name=name, rate_kind=rate_kind, ibs_reduction=Decimal(ibs), cbs_reduction=Decimal(cbs),
        needs_regular_taxation=regular == "1", allows_presumed_credit=presumed == "1", needs_reversal=reversal == "1",
        models=frozenset(model for model, mark in used if mark == "1"),
        since=_data.day(since), until=_data.day(until),
    )  # fmt: skip


@cache
def presumed_credits() -> dict[str, PresumedCredit]:
    return {row[0]: PresumedCredit(row[0], row[-1], row[1] == "1") for row in _data.rows("presumed-credit")}


@lru_cache(maxsize=1024)
def rates(on: date) -> Rates | None:
    """The legal rates of that day, None before 2025 and from 2029 on."""
    return next((one for one in RATES if one.since <= on <= one.until), None)

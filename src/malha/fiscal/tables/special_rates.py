"""Internal ICMS rates that states have besides the general one, for goods or operations of their own.

No table tells for which goods: a rate that stands here is one that the state's law has, and says nothing of the item.
From the tax definitions of `odoo-addon-l10n-br-fiscal` 19.0.2.10.0.1, by state; 7 and 12 % (basic food, public
contracts) and 25 % (luxuries, energy) are in nearly all of these laws.
"""

from __future__ import annotations

from decimal import Decimal

_EVERYWHERE = "7 12 25"
_RATES = {
    "AC": "12 19 25", "AL": "19 25", "AM": "7 12 20 25", "AP": "12 18 25", "BA": "7 12 17 20.5 25 38",
    "CE": "4 12 17 20 25", "DF": "12 20 21 25", "ES": "12 17 25 27 30", "GO": "12 19 25 27 29", "MA": "12 22 25",
    "MG": "7 12 18 19 25 27 30", "MS": "12 17 20 25 27", "MT": "10 12 17 25 27 30", "PA": "7 12 19 21 25 30",
    "PB": "20 28", "PE": "1 4 7 8.5 12 17 20 20.5 25 27 28", "PI": "12 17 20 21 25 30", "PR": "7 12 19.5 25 29",
    "RJ": "6 7 12 18 22 25 30 35 37", "RN": "13 17 18 25", "RO": "9 12 19.5 25 35", "RR": "4 12 20 25",
    "RS": "12 17 20 25", "SC": "7 12 17 25", "SE": "7 12 14 17 19 25 27", "SP": "4 7 12 18 25", "TO": "4 12 20 25",
}  # fmt: skip
_BY_STATE = {
    state: frozenset(Decimal(rate) for rate in f"{_EVERYWHERE} {rates}".split()) for state, rates in _RATES.items()
}


def is_known(state: str, rate: Decimal) -> bool:
    """Whether the state's law has the rate for some goods or operation."""
    return rate in _BY_STATE.get(state, frozenset())

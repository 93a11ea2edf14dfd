"""Hypothesis strategies of valid notes."""

from __future__ import annotations

from hypothesis import strategies as st

from malha.simulators.nfe import NoteBuilder
from malha.simulators.nfe.icms import NORMAL_CODES, SIMPLES_CODES
from malha.simulators.nfe.places import PLACES

_STATES = st.sampled_from(sorted(PLACES))
_AMOUNTS = st.decimals("0.01", "20.00", places=2).map(str)
_SHOP_CODES = ("00", "20", "40", "41", "60", "61")


@st.composite
def sales(draw: st.DrawFn) -> NoteBuilder:
    """NF-e of any regime, buyer, pair of states, mix of taxes, costs and form of payment that the generator knows."""
    note = NoteBuilder(draw(st.integers(0, 10**6)))
    simples, buyer = draw(st.booleans()), draw(st.sampled_from(["company", "consumer", "individual", "user"]))
    codes = _simples_codes(buyer) if simples else (*NORMAL_CODES, "ISSQN")
    note.with_items(draw(st.integers(1, 6)), *draw(st.lists(st.sampled_from(codes), min_size=1, max_size=4)))
    note.from_state(draw(_STATES))
    if simples:
        note.simples()
    elif draw(st.booleans()):
        note.manufactured(draw(st.sampled_from(["3.25", "9.75", "15.00"])))
    if draw(st.booleans()):
        note.interstate(draw(_STATES))
    _buyer(note, buyer)
    _costs(note, draw(st.dictionaries(st.sampled_from(["freight", "insurance", "discount", "other_costs"]), _AMOUNTS)))
    if draw(st.booleans()):
        return note.in_instalments(draw(st.integers(1, 12)))
    return note.paid(*draw(st.lists(st.sampled_from(["01", "03", "17", "99"]), min_size=1, max_size=3)))


@st.composite
def shop_sales(draw: st.DrawFn) -> NoteBuilder:
    """NFC-e."""
    note = NoteBuilder(draw(st.integers(0, 10**6)), model="65").from_state(draw(_STATES))
    note.with_items(draw(st.integers(1, 6)), *draw(st.lists(st.sampled_from(_SHOP_CODES), min_size=1, max_size=3)))
    if draw(st.booleans()):
        note.to_consumer(individual=True)
    return note.paid("01", "04", change=draw(_AMOUNTS))


def _simples_codes(buyer: str) -> tuple[str, ...]:
    """Credit and substitution are for buyers who are taxpayers."""
    if buyer in {"company", "user"}:
        return SIMPLES_CODES
    return tuple(code for code in SIMPLES_CODES if code not in {"101", "201", "202"})


def _buyer(note: NoteBuilder, kind: str) -> None:
    if kind == "user":
        note.to_final_use()
    elif kind != "company":
        note.to_consumer(individual=kind == "individual")


def _costs(note: NoteBuilder, amounts: dict[str, str]) -> None:
    for name, amount in amounts.items():
        getattr(note, f"with_{name}")(amount)

"""Payment means (tPag) with the days on which they came into use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from malha.fiscal.tables import _data

_PIX_SPLIT = date(2024, 7, 1)
_PAID_LATER = date(2025, 11, 3)
_OPEN_FINANCE = date(2026, 5, 4)


@dataclass(frozen=True, slots=True)
class PaymentMeans:
    code: str
    name: str
    since: date | None = None


_TABLE = {
    one.code: one
    for one in (
        PaymentMeans("01", "Dinheiro"),
        PaymentMeans("02", "Cheque"),
        PaymentMeans("03", "Cartão de crédito"),
        PaymentMeans("04", "Cartão de débito"),
        PaymentMeans("05", "Cartão da loja, crediário digital e outros"),
        PaymentMeans("10", "Vale-alimentação"),
        PaymentMeans("11", "Vale-refeição"),
        PaymentMeans("12", "Vale-presente"),
        PaymentMeans("13", "Vale-combustível"),
        PaymentMeans("14", "Duplicata mercantil"),
        PaymentMeans("15", "Boleto bancário"),
        PaymentMeans("16", "Depósito bancário"),
        PaymentMeans("17", "Pix dinâmico"),
        PaymentMeans("18", "Transferência bancária, carteira digital"),
        PaymentMeans("19", "Programa de fidelidade, cashback, crédito virtual"),
        PaymentMeans("20", "Pix estático", _PIX_SPLIT),
        PaymentMeans("21", "Crédito em loja", _PIX_SPLIT),
        PaymentMeans("22", "Pagamento eletrônico não informado por falha do equipamento", _PIX_SPLIT),
        PaymentMeans("23", "Pix automático", _OPEN_FINANCE),
        PaymentMeans("24", "Transferência entre contas do mesmo banco por TEF", _OPEN_FINANCE),
        PaymentMeans("90", "Sem pagamento"),
        PaymentMeans("91", "Pagamento posterior", _PAID_LATER),
        PaymentMeans("99", "Outros"),
    )
}


def is_known(code: str, on: date | None = None) -> bool:
    """Whether the code exists and, with a day, was in use then."""
    found = _TABLE.get(code)
    return found is not None and _data.in_force(found.since, None, on)


def describe(code: str) -> str | None:
    found = _TABLE.get(code)
    return found.name if found else None

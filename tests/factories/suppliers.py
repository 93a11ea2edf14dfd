"""Suppliers as the registry would tell of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tests.factories.cnpjs import make_cnpj

from malha.kit.clock import utc_now
from malha.suppliers.rules.supplier import Address, Cnae, Status, Supplier

ADDRESS = Address("Rua das Flores", "100", None, "Centro", "01001000", "São Paulo", "3550308", "SP")


def make_supplier(
    cnpj: str | None = None,
    *,
    main: str = "8121400",
    secondary: Sequence[str] = (),
    opened_on: date | None = date(2010, 1, 1),
) -> Supplier:
    """An active company."""
    return Supplier(
        cnpj=cnpj or make_cnpj(1),
        legal_name="EXEMPLO LTDA",
        trade_name=None,
        status=Status.ATIVA,
        status_since=date(2010, 1, 1),
        opened_on=opened_on,
        main_cnae=Cnae(main, ""),
        secondary_cnaes=tuple(Cnae(code, "") for code in secondary),
        address=ADDRESS,
        partners=(),
        capital=Decimal(1000),
        is_simples=None,
        is_mei=None,
        email=None,
        phone=None,
        provider="test",
        fetched_at=utc_now(),
        is_stale=False,
    )

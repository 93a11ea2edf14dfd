"""One item of a note: what is sold, how it is taxed, and the values the taxes start from."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from malha.simulators.nfe.amounts import ZERO, cents
from malha.simulators.nfe.catalogue import Product
from malha.simulators.nfe.places import Place, interstate_rate

PERCENT_ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Operation:
    """What the whole note says about taxation: who sells to whom, and under which regime."""

    origin: Place
    destination: Place
    simples: bool
    final_consumer: bool
    taxpayer: bool
    manufacturer: bool
    returning: bool
    reform: bool

    @property
    def interstate(self) -> bool:
        return self.origin.uf != self.destination.uf

    @property
    def needs_difal(self) -> bool:
        return self.interstate and self.final_consumer and not self.taxpayer and not self.simples


@dataclass(frozen=True)
class Line:
    """``tax`` is the CST or CSOSN; "40-deson" is a CST 40 that states the exempted amount, "ISSQN" a service."""

    product: Product
    code: str
    gtin: str
    quantity: Decimal
    price: Decimal
    tax: str
    ipi_rate: Decimal | None = None
    freight: Decimal = ZERO
    insurance: Decimal = ZERO
    discount: Decimal = ZERO
    other: Decimal = ZERO
    product_origin: str = "0"

    @property
    def is_service(self) -> bool:
        return self.tax == "ISSQN"

    @property
    def value(self) -> Decimal:
        return cents(self.quantity * self.price)

    @property
    def operation_value(self) -> Decimal:
        return self.value + self.freight + self.insurance + self.other - self.discount

    @property
    def ipi(self) -> Decimal:
        if self.ipi_rate is None or self.is_service or self.product.fuel_code:
            return ZERO
        return cents(self.operation_value * self.ipi_rate / 100)

    def rate(self, operation: Operation) -> Decimal:
        if operation.interstate:
            return interstate_rate(operation.origin.uf, operation.destination.uf, self.product_origin)
        return operation.origin.internal_rate

    def cfop(self, operation: Operation) -> str:
        """The four digits of the operation by its direction and tax treatment."""
        if self.is_service:
            code = "933"
        elif self.product.fuel_code:
            code = "651" if self.tax == "02" else "656"
        elif self.tax in {"60", "500"}:
            code = "411" if operation.returning else ("404" if operation.interstate else "405")
        elif self.tax in {"10", "70", "201", "202"}:
            code = ("401" if operation.manufacturer else "403") if not operation.returning else "411"
        elif operation.returning:
            code = "201" if operation.manufacturer else "202"
        elif operation.interstate and not operation.taxpayer:
            code = "107" if operation.manufacturer else "108"
        else:
            code = "101" if operation.manufacturer else "102"
        return ("6" if operation.interstate else "5") + code

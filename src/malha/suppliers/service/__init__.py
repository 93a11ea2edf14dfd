"""Use cases of the suppliers, and what other slices may use of them."""

from malha.suppliers.rules import Address, Cnae, Partner, Status, Supplier, normalize_cnpj
from malha.suppliers.service._result import LookUpResult

__all__ = ["Address", "Cnae", "LookUpResult", "Partner", "Status", "Supplier", "normalize_cnpj"]

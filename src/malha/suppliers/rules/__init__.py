"""Pure calculations of the suppliers: identifiers, status, estimates."""

from malha.suppliers.rules._cnpj import normalize_cnpj
from malha.suppliers.rules._estimate import Pace, seconds_for
from malha.suppliers.rules._release_time import parse_javascript_date, seconds_until_release
from malha.suppliers.rules._status import parse_status
from malha.suppliers.rules._supplier import Address, Cnae, Partner, Profile, Standing, Status, Supplier

__all__ = [
    "Address",
    "Cnae",
    "Pace",
    "Partner",
    "Profile",
    "Standing",
    "Status",
    "Supplier",
    "normalize_cnpj",
    "parse_javascript_date",
    "parse_status",
    "seconds_for",
    "seconds_until_release",
]

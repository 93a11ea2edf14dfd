"""E-mail and network addresses in the one form that is compared and stored."""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv6Address, ip_address, ip_network

from malha.kit.refusals import ValueRefusedError

_NAME = r"[^@\s\x00-\x1f\x7f\ud800-\udfff]"  # what PostgreSQL cannot store is no part of an address
_EMAIL = re.compile(rf"{_NAME}{{1,64}}@{_NAME}+\.[^@\s\x00-\x1f\x7f\ud800-\udfff.]+")
_MAX_EMAIL_LENGTH = 254
_IPV6_SITE_BITS = 64  # one customer usually holds at least a /64


class EmailInvalidError(ValueRefusedError):
    """Not an e-mail address."""

    def __init__(self) -> None:
        super().__init__(pt="Este não é um endereço de e-mail.", en="This is not an e-mail address.")


def normalise_email(text: str) -> str:
    """Trimmed, NFKC, lower case; raises EmailInvalidError for what cannot be an address."""
    email = unicodedata.normalize("NFKC", text).strip().lower()
    if len(email) > _MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(email):
        raise EmailInvalidError
    return email


def ip_bucket(client_ip: str | None) -> str:
    """What counts as one place on the network: an IPv4 address, or a /64 of IPv6."""
    if client_ip is None:
        return "local"
    try:
        address = ip_address(client_ip)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, _IPV6_SITE_BITS), strict=False))
    return str(address)

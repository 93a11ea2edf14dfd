"""Whether a certificate comes from ICP-Brasil: its chain through the authorities of a day, up to their roots.

Import it only where a signature is at hand: cryptography takes a tenth of a second to load.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

AS_OF = date(2023, 7, 3)
"""Day of the authorities that are packed with Malha (`certifi-icpbr` 2023.7.3); later ones have to be imported."""

IMPORTED = "MALHA_ICP_BRASIL_FILE"
"""Environment variable that names a file of authorities, as `malha tables import icp-brasil` writes it."""

_PACKED = Path(__file__).parent / "tables" / "data" / "icp-brasil.txt.gz"
_LONGEST_CHAIN = 6
_SAMPLES = ("SIMULAD", "TESTE", "EXEMPLO", "HOMOLOGACAO", "SEM VALOR")


class Chain(StrEnum):
    """What the chain says of a certificate."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    """The authority that it names is none of those known: a later one, an older one, or none at all."""

    SAMPLE = "sample"
    """The authority says of itself that it is one for tests."""

    FORGED = "forged"
    """It names an authority that is known and has not issued it, or itself."""


def judge_chain(certificate: x509.Certificate, at: datetime | None = None) -> Chain:
    """The chain from a holder's certificate to a root; with an instant, every authority must have been valid then."""
    if certificate.issuer == certificate.subject:
        return Chain.FORGED
    current = certificate
    for _ in range(_LONGEST_CHAIN):
        named = _authorities().get(current.issuer.public_bytes())
        if not named:
            return _unknown(current) if current is certificate else Chain.UNKNOWN
        issuer = _issuer_of(current, named)
        if issuer is None:
            return Chain.FORGED
        if at is not None and not issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc:
            return Chain.UNKNOWN
        if issuer.issuer == issuer.subject:
            return Chain.TRUSTED
        current = issuer
    return Chain.UNKNOWN


def read_authorities(data: bytes) -> list[bytes]:
    """The certificates of authorities in PEM, or one a line in base64, as DER; ValueError where there are none."""
    texts = data.replace(b"\r", b"").split(b"-----")
    bodies = texts[2::4] if len(texts) > 1 else data.split()
    try:
        found = [base64.b64decode(b"".join(body.split()), validate=True) for body in bodies]
    except binascii.Error as error:
        raise ValueError("no certificates in PEM") from error
    authorities = [der for der in found if _is_authority(der)]
    if not authorities:
        raise ValueError("no certificate of an authority of ICP-Brasil")
    return authorities


def write_authorities(authorities: Sequence[bytes]) -> bytes:
    """The file that `IMPORTED` names."""
    lines = sorted({base64.b64encode(der) for der in authorities})
    return gzip.compress(b"\n".join(lines) + b"\n", mtime=0)


def _unknown(certificate: x509.Certificate) -> Chain:
    words = certificate.issuer.rfc4514_string().upper()
    return Chain.SAMPLE if any(word in words for word in _SAMPLES) else Chain.UNKNOWN


def _issuer_of(certificate: x509.Certificate, named: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """Whichever of the authorities of this name has signed it: they renew their keys and keep their names."""
    for issuer in named:
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
            continue
        return issuer
    return None


@lru_cache(maxsize=1)
def _authorities() -> dict[bytes, list[x509.Certificate]]:
    """By their names; those of the imported file beside the packed ones."""
    found: defaultdict[bytes, list[x509.Certificate]] = defaultdict(list)
    for authority in _read_files():
        found[authority.subject.public_bytes()].append(authority)
    return dict(found)


def _read_files() -> Iterator[x509.Certificate]:
    imported = os.environ.get(IMPORTED)
    for path in (_PACKED, *([Path(imported)] if imported else [])):
        for line in gzip.decompress(path.read_bytes()).split():
            yield x509.load_der_x509_certificate(base64.b64decode(line))


def _is_authority(der: bytes) -> bool:
    try:
        certificate = x509.load_der_x509_certificate(der)
        limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, x509.ExtensionNotFound, UnsupportedAlgorithm):
        return False
    organizations = [name.value for name in certificate.subject if name.oid == x509.NameOID.ORGANIZATION_NAME]
    return limits.ca and organizations == ["ICP-Brasil"]

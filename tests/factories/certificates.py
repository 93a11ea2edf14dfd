"""Certificates that nobody of ICP-Brasil has issued, whatever they claim."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID

from malha.simulators.nfe import certificates


def named(common: str, organization: str = "ICP-Brasil") -> x509.Name:
    """Who a certificate is of, or by."""
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def issued(subject: x509.Name, issuer: x509.Name, by: RSAPrivateKey, *, is_ca: bool = False) -> x509.Certificate:
    """A certificate of 2026 over the simulator's signing key."""
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).serial_number(7)
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    builder = builder.public_key(certificates.signing_key().public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    return builder.sign(by, hashes.SHA256())

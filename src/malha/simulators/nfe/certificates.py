"""Test certificates in the ICP-Brasil shape, made at run time from a seed; they prove nothing to anyone.

The private keys follow from constants below, so anybody can remake them: that makes generated documents the
same bytes on every machine, and makes the keys worthless as secrets.
"""

from __future__ import annotations

import base64
import functools
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from math import gcd, prod

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

CNPJ_OID = x509.ObjectIdentifier("2.16.76.1.3.3")
_RESPONSIBLE_OID = x509.ObjectIdentifier("2.16.76.1.3.2")
_EXPONENT = 65537
_SIEVE_LIMIT = 20_000


@dataclass(frozen=True)
class Certificate:
    """A signing key with the base64 DER that goes into X509Certificate."""

    key: rsa.RSAPrivateKey
    x509: x509.Certificate

    @functools.cached_property
    def text(self) -> str:
        return base64.b64encode(self.x509.public_bytes(serialization.Encoding.DER)).decode()


@functools.cache
def signing_key(seed: int = 1) -> rsa.RSAPrivateKey:
    """An RSA 2048 key that depends on ``seed`` alone (about 0.3 s the first time)."""
    rng = random.Random(seed)  # noqa: S311 - a reproducible throw-away key is the purpose
    p, q = _prime(rng), _prime(rng)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


@functools.cache
def _small_primes_product() -> int:
    """One greatest common divisor with it tells most composites apart."""
    return prod(n for n in range(3, _SIEVE_LIMIT, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))


def _prime(rng: random.Random) -> int:
    while True:
        candidate = rng.getrandbits(1024) | (3 << 1022) | 1
        if gcd(candidate, _small_primes_product()) > 1 or (candidate - 1) % _EXPONENT == 0:
            continue
        if all(pow(witness, candidate - 1, candidate) == 1 for witness in (2, 3, 5, 7)):
            return candidate


@functools.cache
def authority() -> Certificate:
    name = _name("AC SIMULADA MALHA SEM VALOR FISCAL")
    builder = _builder(name, name, signing_key(2), 2015, 2045)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return Certificate(signing_key(2), builder.sign(signing_key(2), hashes.SHA256()))


@functools.lru_cache(maxsize=4096)
def certificate(cnpj: str, holder: str, year: int) -> Certificate:
    """A certificate of ``cnpj`` valid from 1 January of ``year`` - 1 to 31 December of ``year``.

    An expired one is the one of an earlier year; one of a stranger is the one of another CNPJ.
    """
    issuer = authority()
    key = signing_key()
    builder = _builder(_name(f"{holder.upper()[:40]}:{cnpj}"), issuer.x509.subject, key, year - 1, year)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    names = [
        x509.OtherName(CNPJ_OID, _octets(cnpj.encode())),
        x509.OtherName(_RESPONSIBLE_OID, _octets(b"RESPONSAVEL DE EXEMPLO")),
    ]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Certificate(key, builder.sign(issuer.key, hashes.SHA256()))


def _octets(value: bytes) -> bytes:
    """A short DER OCTET STRING."""
    return bytes((0x04, len(value))) + value


def _name(common: str) -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "BR"), (NameOID.ORGANIZATION_NAME, "ICP-Brasil"), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, first_year: int, last_year: int
) -> x509.CertificateBuilder:
    serial = random.Random(f"{subject.rfc4514_string()}{first_year}").getrandbits(120) | 1  # noqa: S311
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(first_year, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(last_year, 12, 31, 23, 59, 59, tzinfo=UTC))
    )

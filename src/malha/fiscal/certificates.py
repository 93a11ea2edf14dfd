"""ICP-Brasil certificates as found inside signatures: whose they are, when they were valid, and their RSA key.

Import it only where a signature is at hand: cryptography takes a tenth of a second to load.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from malha.fiscal.icp_brasil import Chain, judge_chain

_CNPJ_OID = "2.16.76.1.3.3"
_PERSON_OID = "2.16.76.1.3.1"
_SUFFIX = re.compile(r":([0-9A-Z]{12}[0-9]{2}|[0-9]{11})$", re.ASCII)

_LONGEST = 20_000


class CertificateValueRefusedError(ValueError):
    """The certificate is no DER, or of a kind that the parser refuses (as some of 2010)."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """``tax_id`` is the holder's CNPJ or CPF, None where the certificate names none (a web server's)."""

    holder: str
    tax_id: str | None
    issuer: str
    is_icp_brasil: bool
    not_before: datetime
    not_after: datetime
    chain: Chain
    """By the validity of its authorities at the beginning of its own: what they sign lives longer than some of them."""

    _key: RSAPublicKey | None

    @property
    def has_rsa_key(self) -> bool:
        return self._key is not None

    def is_valid_at(self, instant: datetime) -> bool:
        """Whether the instant is within the certificate's validity."""
        return self.not_before <= instant <= self.not_after

    def verifies(self, signature: bytes, data: bytes, algorithm: Literal["sha1", "sha256"]) -> bool:
        """RSA PKCS#1 v1.5 over ``data`` with the certificate's key."""
        if self._key is None:
            return False
        digest = hashes.SHA256() if algorithm == "sha256" else hashes.SHA1()  # noqa: S303 - the layout fixes SHA-1
        try:
            self._key.verify(signature, data, PKCS1v15(), digest)
        except InvalidSignature:
            return False
        return True


def read_certificate(text: str) -> Certificate:
    """The certificate in base64 as in X509Certificate; raises CertificateValueRefusedError."""
    if len(text) > _LONGEST:
        raise CertificateValueRefusedError(f"{len(text)} characters")
    return _read(text)


@lru_cache(maxsize=512)
def _read(text: str) -> Certificate:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(text))
        key = certificate.public_key()
        holder = _common_name(certificate.subject)
        return Certificate(
            holder=holder,
            tax_id=_tax_id(certificate, holder),
            issuer=_common_name(certificate.issuer),
            is_icp_brasil=_organization(certificate.issuer) == "ICP-Brasil",
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            chain=judge_chain(certificate, certificate.not_valid_before_utc),
            _key=key if isinstance(key, RSAPublicKey) else None,
        )
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as error:
        raise CertificateValueRefusedError(str(error)) from error


def _tax_id(certificate: x509.Certificate, holder: str) -> str | None:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        others: dict[str, bytes] = {}
    else:
        others = {one.type_id.dotted_string: one.value for one in names.get_values_for_type(x509.OtherName)}
    # a DER string: one byte of type, one of length (under 128), the characters
    company, person = (others.get(oid, b"")[2:].decode("ascii", "replace") for oid in (_CNPJ_OID, _PERSON_OID))
    if len(company) == 14:
        return company
    if len(person) >= 19:
        return person[8:19]
    suffix = _SUFFIX.search(holder)
    return suffix[1] if suffix else None


def _common_name(name: x509.Name) -> str:
    return _attribute(name, "2.5.4.3")


def _organization(name: x509.Name) -> str:
    return _attribute(name, "2.5.4.10")


def _attribute(name: x509.Name, oid: str) -> str:
    return next((str(one.value) for one in name if one.oid.dotted_string == oid), "")

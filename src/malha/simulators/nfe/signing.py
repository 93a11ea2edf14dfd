"""XMLDSig as the NF-e uses it: enveloped, inclusive C14N, SHA-1 and RSA (MOC, digital signature)."""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from malha.simulators.nfe.certificates import Certificate
from malha.simulators.nfe.xml import DSIG, NFE, Element

_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_NAMESPACE = f' xmlns="{NFE}"'.encode()


def digest(element: Element) -> str:
    """Base64 SHA-1 of the canonical form; ``element`` must be the root of its own tree."""
    return _base64_sha1(etree.tostring(element, method="c14n"))


def signed(element: Element, wrapper: str, certificate: Certificate) -> bytes:
    """``<wrapper>`` with ``element`` (root of its own tree, with an Id) and its signature, not declaring ``xmlns``."""
    canonical = etree.tostring(element, method="c14n")
    info = _signed_info(element.get("Id") or "", _base64_sha1(canonical))
    value = seal(info, certificate)
    body = canonical.replace(_NAMESPACE, b"", 1)
    info_in_place = info.replace(f' xmlns="{DSIG}"'.encode(), b"", 1)
    return b"".join(
        (
            f"<{wrapper}>".encode(),
            body,
            f'<Signature xmlns="{DSIG}">'.encode(),
            info_in_place,
            f"<SignatureValue>{value}</SignatureValue><KeyInfo><X509Data><X509Certificate>{certificate.text}"
            f"</X509Certificate></X509Data></KeyInfo></Signature></{wrapper.partition(' ')[0]}>".encode(),
        )
    )


def seal(data: bytes, certificate: Certificate) -> str:
    """Base64 RSA with SHA-1, as the layout wants it."""
    return base64.b64encode(certificate.key.sign(data, padding.PKCS1v15(), hashes.SHA1())).decode()  # noqa: S303 - the layout fixes SHA-1


def _base64_sha1(data: bytes) -> str:
    return base64.b64encode(hashlib.sha1(data).digest()).decode()  # noqa: S324 - the layout fixes SHA-1


def _signed_info(identifier: str, digest_value: str) -> bytes:
    """SignedInfo already in canonical form: attribute order and closing tags matter."""
    return (
        f'<SignedInfo xmlns="{DSIG}"><CanonicalizationMethod Algorithm="{_C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{DSIG}rsa-sha1"></SignatureMethod><Reference URI="#{identifier}"><Transforms>'
        f'<Transform Algorithm="{DSIG}enveloped-signature"></Transform><Transform Algorithm="{_C14N}"></Transform>'
        f'</Transforms><DigestMethod Algorithm="{DSIG}sha1"></DigestMethod><DigestValue>{digest_value}</DigestValue>'
        "</Reference></SignedInfo>"
    ).encode()

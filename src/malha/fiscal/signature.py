"""XMLDSig as fiscal documents use it: is the signed element the one that was read, unchanged, and signed by whom.

The digest is always taken of the element that the reader read, never of one looked up by Id, so a signature wrapped
around something else cannot vouch for it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from lxml import etree

from malha.fiscal.documents import Event, Note, Source
from malha.fiscal.tree import Element, Group, local_name

if TYPE_CHECKING:
    from malha.fiscal.certificates import Certificate

DSIG = "http://www.w3.org/2000/09/xmldsig#"
NFE = "http://www.portalfiscal.inf.br/nfe"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_CANONICAL = {_C14N: False, f"{_C14N}#WithComments": False, _EXCLUSIVE: True, f"{_EXCLUSIVE}WithComments": True}
_INFO = f"{{{DSIG}}}SignedInfo"
_ENVELOPED = f"{DSIG}enveloped-signature"

Algorithm = Literal["sha1", "sha256"]
_DIGESTS: dict[str, Algorithm] = {f"{DSIG}sha1": "sha1", "http://www.w3.org/2001/04/xmlenc#sha256": "sha256"}
_SEALS: dict[str, Algorithm] = {
    f"{DSIG}rsa-sha1": "sha1",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": "sha256",
}


class Content(StrEnum):
    """What the digest says of the signed element."""

    INTACT = "intact"
    REINDENTED = "re-indented"
    CHANGED = "changed"
    UNCHECKED = "unchecked"


UNCHANGED = frozenset({Content.INTACT, Content.REINDENTED})


class Seal(StrEnum):
    """What the RSA check says of SignedInfo."""

    VALID = "valid"
    INVALID = "invalid"
    CERTIFICATE_MISSING = "certificate missing"
    CERTIFICATE_UNREADABLE = "certificate unreadable"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Verification:
    """One signature checked; ``references`` are the URIs that it signs, ``reason`` says why something is unchecked."""

    references: tuple[str, ...]
    digest_value: str
    content: Content
    seal: Seal
    certificate: Certificate | None = None
    reason: str | None = None
    actual_digest: str | None = None
    """Of the content as it is, in base64, where it is not what was signed."""


def verification(document: Note | Event) -> Verification | None:
    """The document's signature, checked once; None when it has none."""
    if not document.signature or document.element is None:
        return None
    if document.verification is None:
        document.verification = _verify(document)
    return document.verification


@dataclass(frozen=True, slots=True)
class _Stated:
    """What SignedInfo says, whitespace around values removed."""

    canonicalization: str
    method: str
    references: tuple[str, ...]
    transforms: tuple[str, ...]
    digest_method: str
    digest_value: str

    def canonical(self) -> bytes:
        """SignedInfo in canonical form, as every emitter that follows the layout signs it."""
        transforms = "".join(f'<Transform Algorithm="{one}"></Transform>' for one in self.transforms)
        return (
            f'<SignedInfo xmlns="{DSIG}"><CanonicalizationMethod Algorithm="{self.canonicalization}">'
            f'</CanonicalizationMethod><SignatureMethod Algorithm="{self.method}"></SignatureMethod>'
            f'<Reference URI="{self.references[0]}"><Transforms>{transforms}</Transforms>'
            f'<DigestMethod Algorithm="{self.digest_method}"></DigestMethod>'
            f"<DigestValue>{self.digest_value}</DigestValue></Reference></SignedInfo>"
        ).encode()


def _verify(document: Note | Event) -> Verification:
    signature, signed = document.signature, document.group.element
    parts = () if signature.element is None else signature.element
    info = next((one for one in parts if one.tag == _INFO), None)
    if signed is None or info is None:
        return Verification((), "", Content.UNCHECKED, Seal.UNCHECKED, reason="SignedInfo")
    stated = _stated(info)
    algorithm = _DIGESTS.get(stated.digest_method)
    unknown = [one for one in stated.transforms if one != _ENVELOPED and one not in _CANONICAL]
    if len(stated.references) != 1 or algorithm is None or unknown:
        reason = unknown[0] if unknown else stated.digest_method
        return Verification(stated.references, stated.digest_value, Content.UNCHECKED, Seal.UNCHECKED, reason=reason)
    content = _content(document.source, signed, stated, algorithm)
    seal, certificate, reason = _seal(signature, info, stated)
    actual = _actual_digest(signed, algorithm) if content is Content.CHANGED else None
    return Verification(stated.references, stated.digest_value, content, seal, certificate, reason, actual)


def _stated(info: Element) -> _Stated:
    algorithms: dict[str, str] = {}
    references: list[str] = []
    transforms: list[str] = []
    digest_value = ""
    for one in info.iter():
        tag = local_name(one.tag)
        if tag == "Reference":
            references.append(one.get("URI") or "")
        elif tag == "Transform":
            transforms.append(one.get("Algorithm") or "")
        elif tag == "DigestValue":
            digest_value = _without_blanks(one.text)
        else:
            algorithms[tag] = one.get("Algorithm") or ""
    return _Stated(
        canonicalization=algorithms.get("CanonicalizationMethod", ""),
        method=algorithms.get("SignatureMethod", ""),
        references=tuple(references),
        transforms=tuple(transforms),
        digest_method=algorithms.get("DigestMethod", ""),
        digest_value=digest_value,
    )


def _without_blanks(text: str | None) -> str:
    return "".join((text or "").split())


def _content(source: Source, signed: Element, stated: _Stated, algorithm: Algorithm) -> Content:
    wanted = _decoded(stated.digest_value)
    as_written = _canonical_as_written(source.data, signed)
    if as_written is not None and hashlib.new(algorithm, as_written).digest() == wanted:
        return Content.INTACT
    is_exclusive = any(_CANONICAL.get(one) for one in stated.transforms)
    for form, content in _canonical_forms(signed, exclusive=is_exclusive):
        if hashlib.new(algorithm, form).digest() == wanted:
            return content
    return Content.CHANGED


def _actual_digest(signed: Element, algorithm: Algorithm) -> str:
    """Of the canonical form without what an envelope may have added."""
    copy = etree.fromstring(etree.tostring(signed, with_tail=False))
    etree.cleanup_namespaces(copy)
    return base64.b64encode(hashlib.new(algorithm, etree.tostring(copy, method="c14n")).digest()).decode()


_BLANKS_BETWEEN_TAGS = re.compile(rb">\s+<")
_WRITTEN_AS_READ = frozenset({"UTF-8", "UTF8", "ASCII", "US-ASCII"})
_SIMPLE_VALUE = re.compile(r"[A-Za-z0-9.]+", re.ASCII)


def _canonical_as_written(data: bytes, signed: Element) -> bytes | None:
    """The element cut out of the file with its start tag written canonically: the canonical form of most files.

    None unless the cut is surely the element that was read: its tag occurs once, and nothing could hide another one
    (comment, CDATA, processing instruction, an encoding in which tags look otherwise). Whether the cut is canonical,
    the digest tells.
    """
    if (signed.getroottree().docinfo.encoding or "UTF-8").upper() not in _WRITTEN_AS_READ:
        return None
    tag = local_name(signed.tag).encode()
    if signed.tag != f"{{{NFE}}}{tag.decode()}" or signed.prefix is not None:
        return None
    if not _occurs_once(data, tag):
        return None
    opening = data.find(b"<" + tag + b" ")
    end = data.find(b">", opening)
    closing = data.rfind(b"</" + tag + b">")
    if not 0 <= opening < end < closing:
        return None
    # single bytes are found much faster than pairs, and these are rare
    if (b"!" in data and b"<!" in data) or (data.count(b"?") > 2 and data.find(b"<?", 2) >= 0):
        return None
    attributes = sorted(signed.attrib.items())
    if not all(_SIMPLE_VALUE.fullmatch(value) and name.isalpha() for name, value in attributes):
        return None
    written = "".join(f' {name}="{value}"' for name, value in attributes)
    return b"".join((b"<", tag, b' xmlns="', NFE.encode(), b'"', written.encode(), data[end : closing + len(tag) + 3]))


def _occurs_once(data: bytes, tag: bytes) -> bool:
    """Whether no other element of the file has this name, however its tag is written; infNFeSupl only starts like it.

    Anywhere in the file: what is cut out must be what was read, and not a genuine note hidden beside a changed one.
    """
    opening = b"<" + tag
    return data.count(opening) - data.count(opening + b"Supl") == 1 and b":" + tag not in data


def _canonical_forms(signed: Element, *, exclusive: bool) -> Iterator[tuple[bytes, Content]]:
    """Canonical forms that the signer may have digested.

    lxml writes `xmlns=""` below an element whose namespace an ancestor declares, hence the copy. Namespaces that an
    envelope declares were not there at signing time; blanks between tags come from viewers and ERPs.
    """
    written = etree.tostring(signed, with_tail=False)
    try:
        copy = etree.fromstring(written)
    except etree.XMLSyntaxError as error:
        raise MemoryError from error  # it was well-formed when it was written: nothing else can be wrong with it
    yield etree.tostring(copy, method="c14n", exclusive=exclusive), Content.INTACT
    if len(copy.nsmap) > 1:
        etree.cleanup_namespaces(copy)
        yield etree.tostring(copy, method="c14n", exclusive=exclusive), Content.INTACT
    if _BLANKS_BETWEEN_TAGS.search(written):
        _drop_blanks(copy)
        yield etree.tostring(copy, method="c14n", exclusive=exclusive), Content.REINDENTED


def _drop_blanks(element: Element) -> None:
    for one in element.iter():
        if len(one) and one.text and one.text.isspace():
            one.text = None
        if one.tail and one.tail.isspace():
            one.tail = None


def _seal(signature: Group, info: Element, stated: _Stated) -> tuple[Seal, Certificate | None, str | None]:
    # it loads cryptography, which files without a signature should not wait for
    from malha.fiscal.certificates import CertificateValueRefusedError, read_certificate

    algorithm = _SEALS.get(stated.method)
    if algorithm is None or stated.canonicalization not in _CANONICAL:
        return Seal.UNCHECKED, None, stated.canonicalization if algorithm else stated.method
    text = signature.group("KeyInfo").group("X509Data").text("X509Certificate")
    if not text or text.isspace():
        return Seal.CERTIFICATE_MISSING, None, None
    try:
        certificate = read_certificate(text)
    except CertificateValueRefusedError as error:
        return Seal.CERTIFICATE_UNREADABLE, None, str(error)
    if not certificate.has_rsa_key:
        return Seal.UNCHECKED, certificate, "RSA"
    value = _decoded(signature.text("SignatureValue") or "")
    is_valid = value is not None and any(
        certificate.verifies(value, form, algorithm) for form in _info_forms(info, stated)
    )
    return (Seal.VALID if is_valid else Seal.INVALID), certificate, None


def _info_forms(info: Element, stated: _Stated) -> Iterator[bytes]:
    yield stated.canonical()
    copy = etree.fromstring(etree.tostring(info, with_tail=False))
    is_exclusive = _CANONICAL[stated.canonicalization]
    yield etree.tostring(copy, method="c14n", exclusive=is_exclusive)


def _decoded(text: str) -> bytes | None:
    """Base64 with blanks or line breaks anywhere."""
    try:
        return base64.b64decode(text)
    except (ValueError, binascii.Error):
        return None

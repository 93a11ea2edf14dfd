"""Signatures: every honest way of writing a signed note is recognised, and no wrapping passes for it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from malha.fiscal.certificates import CertificateValueRefusedError, read_certificate
from malha.fiscal.documents import Event, Note
from malha.fiscal.readers import read
from malha.fiscal.signature import Content, Seal, Verification, verification
from malha.simulators.nfe import NoteBuilder, cancellation, certificate, tampering

NFE, DSIG = "http://www.portalfiscal.inf.br/nfe", "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


def builder() -> NoteBuilder:
    return NoteBuilder(120).set("emit/xNome", "Comércio & Indústria <Exemplo>")


def verified(data: bytes) -> Verification:
    (document,) = read(data, "nota.xml")
    assert isinstance(document, Note | Event)
    found = verification(document)
    assert found is not None
    assert verification(document) is found
    return found


def without_own_namespace(data: bytes) -> bytes:
    return data.replace(f'<NFe xmlns="{NFE}">'.encode(), b"<NFe>")


def with_envelope_namespace(data: bytes) -> bytes:
    return data.replace(b"<nfeProc ", b'<nfeProc xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ')


def with_attributes_swapped(data: bytes) -> bytes:
    start = data.index(b"<infNFe ")
    end = data.index(b">", start)
    first, second = data[start:end].split()[1:]
    return data[:start] + b"<infNFe " + second + b" " + first + data[end:]


def in_latin_1(data: bytes) -> bytes:
    return data.decode().replace('"UTF-8"', '"ISO-8859-1"').encode("iso-8859-1")


def with_character_references(data: bytes) -> bytes:
    return data.replace("é".encode(), b"&#233;")


def with_comment(data: bytes) -> bytes:
    return data.replace(b"<ide>", b"<!-- saved by a viewer --><ide>", 1)


def with_self_closing_tags(data: bytes) -> bytes:
    return data.replace(b"></CanonicalizationMethod>", b"/>").replace(b"></Transform>", b"/>")


def with_wrapped_base64(data: bytes) -> bytes:
    start = data.index(b"<SignatureValue>") + len(b"<SignatureValue>")
    return data[: start + 76] + b"\r\n" + data[start + 76 :]


HONEST = [
    without_own_namespace,
    with_envelope_namespace,
    with_attributes_swapped,
    in_latin_1,
    with_character_references,
    with_comment,
    with_self_closing_tags,
    with_wrapped_base64,
]


@pytest.mark.parametrize("rewrite", HONEST)
def test_other_ways_of_writing_it_change_nothing(rewrite: Callable[[bytes], bytes]) -> None:
    plain = builder().authorised()
    rewritten = rewrite(plain)
    assert rewritten != plain
    found = verified(rewritten)
    assert (found.content, found.seal) == (Content.INTACT, Seal.VALID)


def test_a_plain_note_and_an_event_are_intact() -> None:
    for data in (builder().authorised(), builder().signed(), cancellation(builder().plan()).processed()):
        found = verified(data)
        assert (found.content, found.seal) == (Content.INTACT, Seal.VALID)


def test_indentation_is_told_from_change() -> None:
    reindented = tampering.reindented(builder().authorised())
    assert verified(reindented).content is Content.REINDENTED
    assert verified(reindented).seal is Seal.VALID
    assert verified(reindented.replace(b"\n", b"\r\n")).content is Content.REINDENTED
    assert verified(reindented.replace(b"<vNF>", b"<vNF>1")).content is Content.CHANGED


def test_blanks_inside_a_value_are_a_change() -> None:
    assert verified(tampering.changed(builder().authorised(), "ide/natOp", "VENDA \n")).content is Content.CHANGED


def forged(data: bytes) -> bytes:
    return data.replace(b"<vNF>", b"<vNF>9", 1)


def parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    start, end = data.index(b"<infNFe "), data.index(b"</infNFe>") + len(b"</infNFe>")
    return data[:start], data[start:end], data[end:]


def original_in_a_comment(data: bytes) -> bytes:
    before, signed, after = parts(data)
    return before + b"<!--" + signed + b"-->" + forged(signed) + after


def original_in_character_data(data: bytes) -> bytes:
    before, signed, after = parts(data)
    return before + forged(signed) + after.replace(b"</SignedInfo>", b"</SignedInfo><x><![CDATA[" + signed + b"]]></x>")


def original_in_the_signature(data: bytes) -> bytes:
    before, signed, after = parts(data)
    inner = signed.replace(b"<infNFe ", f'<infNFe xmlns="{NFE}" '.encode(), 1)
    return before + forged(signed) + after.replace(b"</Signature>", b"<Object>" + inner + b"</Object></Signature>")


def original_after_a_prefixed_one(data: bytes) -> bytes:
    before, signed, after = parts(data)
    prefixed = forged(signed).replace(b"<infNFe ", f'<p:infNFe xmlns:p="{NFE}" '.encode(), 1)
    prefixed = prefixed.replace(b"</infNFe>", b"</p:infNFe>")
    return before + prefixed + after.replace(b"</protNFe>", signed + b"</protNFe>")


def original_in_an_instruction(data: bytes) -> bytes:
    before, signed, after = parts(data)
    return before + b"<?keep " + signed + b"?>" + forged(signed) + after


@pytest.mark.parametrize(
    "wrap",
    [
        original_in_a_comment,
        original_in_character_data,
        original_in_the_signature,
        original_after_a_prefixed_one,
        original_in_an_instruction,
    ],
)
def test_the_signed_original_elsewhere_does_not_vouch(wrap: Callable[[bytes], bytes]) -> None:
    assert verified(wrap(builder().authorised())).content is Content.CHANGED


def test_sha_256_is_understood() -> None:
    before, signed, after = parts(builder().authorised())
    key = certificate(builder().plan().issuer.tax_id, builder().plan().issuer.name, 2026).key
    canonical = signed.replace(b"<infNFe ", f'<infNFe xmlns="{NFE}" '.encode(), 1)
    digest = base64.b64encode(hashlib.sha256(canonical).digest()).decode()
    info = (
        f'<SignedInfo xmlns="{DSIG}"><CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
        '<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>'
        f'<Reference URI="#NFe{builder().key}"><Transforms><Transform Algorithm="{DSIG}enveloped-signature">'
        f'</Transform><Transform Algorithm="{C14N}"></Transform></Transforms>'
        '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod>'
        f"<DigestValue>{digest}</DigestValue></Reference></SignedInfo>"
    ).encode()
    value = base64.b64encode(key.sign(info, PKCS1v15(), hashes.SHA256()))
    start, end = after.index(b"<SignedInfo"), after.index(b"</SignatureValue>")
    data = before + signed + after[:start] + info + b"<SignatureValue>" + value + after[end:]
    found = verified(data)
    assert (found.content, found.seal, found.digest_value) == (Content.INTACT, Seal.VALID, digest)


def test_a_certificate_says_whose_it_is() -> None:
    holder = certificate("12ABC34501DE35", "Alfanumérica de Exemplo", 2026)
    found = read_certificate(holder.text)
    assert found.tax_id == "12ABC34501DE35"
    assert found.is_icp_brasil
    assert found.is_valid_at(datetime(2026, 6, 1, tzinfo=UTC))
    assert not found.is_valid_at(datetime(2027, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("text", ["", "QUJD", "não é base64"])
def test_what_is_no_certificate(text: str) -> None:
    with pytest.raises(CertificateValueRefusedError):
        read_certificate(text)

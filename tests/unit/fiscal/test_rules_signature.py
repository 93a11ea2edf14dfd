"""Rules on signatures: tampering, wrapping, strangers' and expired certificates."""

from __future__ import annotations

import pytest
from tests.factories.certificates import issued, named
from tests.factories.file_cases import FileCase, assert_fires, assert_silent, findings

from malha.simulators.nfe import NoteBuilder, cancellation, certificate, certificates, tampering

STRANGER = "12345678000195"


def note() -> NoteBuilder:
    return NoteBuilder(102)


def signed_by(tax_id: str, year: int) -> bytes:
    return note().signed_by(certificate(tax_id, "Estranho de Exemplo", year)).authorised()


def issuer() -> str:
    return note().plan().issuer.tax_id


def with_text(tag: str, value: str) -> bytes:
    return tampering.with_signature_text(note().authorised(), tag, value)


def two_signatures() -> bytes:
    data = note().authorised()
    signature = data[data.index(b"<Signature") : data.index(b"</Signature>") + len(b"</Signature>")]
    return data.replace(b"</NFe>", signature + b"</NFe>")


def vouching_for_itself() -> bytes:
    name = named(f"EMPRESA DE EXEMPLO:{issuer()}")
    made = issued(name, name, certificates.signing_key())
    return note().signed_by(certificates.Certificate(certificates.signing_key(), made)).authorised()


CASES = [
    FileCase("NF-SIG-001", "none", lambda: note().unsigned(), at="infNFe"),
    FileCase("NF-SIG-001", "lost", lambda: tampering.without_signature(note().authorised())),
    FileCase("NF-SIG-002", "price", lambda: tampering.changed(note().authorised(), "det[1]/prod/vProd", "1.00")),
    FileCase("NF-SIG-002", "one space", lambda: tampering.changed(note().authorised(), "ide/natOp", "VENDA ")),
    FileCase("NF-SIG-002", "other digest", lambda: with_text("DigestValue", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
    FileCase("NF-SIG-003", "digest repaired", lambda: with_text("DigestValue", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
    FileCase("NF-SIG-003", "garbled", lambda: with_text("SignatureValue", "AAAA"), at="SignatureValue"),
    FileCase(
        "NF-SIG-004", "wrapped", lambda: tampering.wrapped(note().authorised(), "total/ICMSTot/vNF", "1.00"),
        at="infNFe[1]",
    ),
    FileCase("NF-SIG-004", "two signatures", two_signatures, at="infNFe"),
    FileCase(
        "NF-SIG-004", "of something else", at="Reference/@URI",
        broken=lambda: note().authorised().replace(b'URI="#NFe', b'URI="#XXX'),
    ),
    FileCase("NF-SIG-005", "stranger", lambda: signed_by(STRANGER, 2026), clean=lambda: signed_by(issuer(), 2026)),
    FileCase(
        "NF-SIG-006", "expired at the issue", lambda: signed_by(issuer(), 2020), at="KeyInfo",
        clean=lambda: signed_by(issuer(), 2026),
    ),
    FileCase("NF-SIG-007", "pretty-printed", lambda: tampering.reindented(note().authorised()), at="infNFe"),
    FileCase("NF-SIG-008", "no certificate", lambda: with_text("X509Certificate", "")),
    FileCase("NF-SIG-008", "unreadable certificate", lambda: with_text("X509Certificate", "QUJD")),
    FileCase(
        "NF-SIG-008", "unknown algorithm", lambda: note().authorised().replace(b"xmldsig#rsa-sha1", b"xmldsig#rsa-md9")
    ),
    FileCase(
        "NF-SIG-008", "transform that hides content", at="SignedInfo",
        broken=lambda: note().authorised().replace(b"xmldsig#enveloped-signature", b"xmldsig#xpath"),
    ),
    FileCase("NF-SIG-009", "UTF-7", lambda: note().authorised().replace(b'"UTF-8"', b'"UTF-7"', 1)),
    FileCase("NF-SIG-010", "its own authority", vouching_for_itself, at="KeyInfo"),
    FileCase("NF-SIG-011", "sample", lambda: note().authorised(), clean=lambda: note().unsigned(), at="KeyInfo"),
    FileCase(
        "NF-EVT-008", "changed",
        broken=lambda: tampering.changed(cancellation(note().plan()).processed(), "detEvento/xJust", "Outro motivo"),
        clean=lambda: cancellation(note().plan()).processed(),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_where_it_should(case: FileCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_what_is_right(case: FileCase) -> None:
    assert_silent(case)


def test_a_branch_may_sign_for_another() -> None:
    (case,) = [one for one in CASES if one.label == "stranger"]
    assert findings(case, signed_by(issuer()[:8] + "000272", 2026)) == []


def test_an_expired_certificate_was_fine_in_its_time() -> None:
    """Certificates last a year: today's date must not matter."""
    (case,) = [one for one in CASES if one.label == "expired at the issue"]
    assert findings(case, NoteBuilder(layout="3.10").authorised()) == []


def test_a_reindented_note_is_not_called_tampered() -> None:
    tampered = [one for one in CASES if one.rule_id in {"NF-SIG-002", "NF-SIG-003"}]
    assert [findings(case, tampering.reindented(note().authorised())) for case in tampered] == [[]] * len(tampered)

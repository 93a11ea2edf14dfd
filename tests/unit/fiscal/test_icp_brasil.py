"""Certificates and who issued them: chains to the roots of ICP-Brasil, forgeries, samples, and later authorities."""

from __future__ import annotations

import base64
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.factories.certificates import issued, named
from tests.factories.nfe import NoteBuilder

from malha.fiscal import icp_brasil
from malha.fiscal.audit import audit_file
from malha.fiscal.certificates import read_certificate
from malha.fiscal.icp_brasil import Chain, judge_chain, read_authorities, write_authorities
from malha.simulators.nfe import certificates

PACKED = [base64.b64decode(line) for line in gzip.decompress(icp_brasil._PACKED.read_bytes()).split()]


@pytest.mark.parametrize("der", PACKED, ids=range(len(PACKED)))
def test_every_authority_that_is_packed_leads_to_a_root(der: bytes) -> None:
    authority = x509.load_der_x509_certificate(der)
    if authority.issuer != authority.subject:
        assert judge_chain(authority, authority.not_valid_before_utc + timedelta(days=1)) in {
            Chain.TRUSTED,
            Chain.UNKNOWN,
        }


def test_nearly_all_authorities_are_trusted() -> None:
    chains = [judge_chain(x509.load_der_x509_certificate(der)) for der in PACKED]
    assert chains.count(Chain.TRUSTED) > 150


def test_a_known_authoritys_name_under_another_key_is_a_forgery() -> None:
    (authority,) = [
        one for one in map(x509.load_der_x509_certificate, PACKED) if "AC SERASA RFB v5" in one.subject.rfc4514_string()
    ]
    forged = issued(named("EMPRESA:11222333000181"), authority.subject, certificates.signing_key(3))
    assert judge_chain(forged) is Chain.FORGED


def test_who_vouches_for_itself_is_a_forgery() -> None:
    name = named("EMPRESA:11222333000181")
    assert judge_chain(issued(name, name, certificates.signing_key())) is Chain.FORGED


def test_an_authority_that_nobody_knows_is_told_as_such() -> None:
    new = issued(named("EMPRESA:11222333000181"), named("AC NOVA RFB v9"), certificates.signing_key(3))
    assert judge_chain(new) is Chain.UNKNOWN
    for_tests = issued(named("EMPRESA:11222333000181"), named("AC DE TESTE"), certificates.signing_key(3))
    assert judge_chain(for_tests) is Chain.SAMPLE


def test_the_authoritys_own_validity_counts() -> None:
    authority = next(one for one in map(x509.load_der_x509_certificate, PACKED) if judge_chain(one) is Chain.TRUSTED)
    assert judge_chain(authority, datetime(1999, 1, 1, tzinfo=UTC)) is Chain.UNKNOWN


def test_later_authorities_can_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = issued(named("Raiz Nova"), named("Raiz Nova"), certificates.signing_key(), is_ca=True)
    pem = root.public_bytes(Encoding.PEM)
    imported = tmp_path / "icp.gz"
    imported.write_bytes(write_authorities(read_authorities(b"comment\n" + pem + pem)))
    holder = issued(named("EMPRESA:11222333000181"), named("Raiz Nova"), certificates.signing_key())
    assert judge_chain(holder) is Chain.UNKNOWN
    monkeypatch.setenv(icp_brasil.IMPORTED, str(imported))
    icp_brasil._authorities.cache_clear()
    try:
        assert judge_chain(holder) is Chain.TRUSTED
    finally:
        icp_brasil._authorities.cache_clear()


@pytest.mark.parametrize("data", [b"", b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_holds_no_authority_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no certificate"):
        read_authorities(data)


def test_no_ordinary_certificate_is_taken_for_an_authority() -> None:
    holder = certificates.certificate("11222333000181", "Empresa", 2026).x509.public_bytes(Encoding.PEM)
    foreign = issued(named("X", "Outra"), named("X", "Outra"), certificates.signing_key(), is_ca=True)
    for pem in (holder, foreign.public_bytes(Encoding.PEM)):
        with pytest.raises(ValueError, match="no certificate"):
            read_authorities(pem)


def rules_of(note: NoteBuilder) -> dict[str, str]:
    return {one.rule_id: one.severity.value for one in audit_file(note.authorised(), "nota.xml").findings}


def test_a_sample_says_that_it_is_one() -> None:
    assert rules_of(NoteBuilder(5).with_items(1, "00")) == {"NF-SIG-011": "info"}


@pytest.mark.parametrize("kind", ["stranger", "person", "server", "itself", "foreign"])
def test_a_changed_note_signed_anew_with_another_certificate_is_critical(kind: str) -> None:
    note = NoteBuilder(5).with_items(1, "00").set("emit/xNome", "Outra Razão Social")
    issuer = note.plan().issuer.tax_id
    simulated = named("AC SIMULADA")
    made = {
        "stranger": lambda: issued(named("OUTRA:11222333000181"), simulated, certificates.signing_key(2)),
        "person": lambda: issued(named("PESSOA:52998224725"), simulated, certificates.signing_key(2)),
        "server": lambda: issued(named("www.exemplo.com.br"), simulated, certificates.signing_key(2)),
        "itself": lambda: issued(named(f"ELA:{issuer}"), named(f"ELA:{issuer}"), certificates.signing_key()),
        "foreign": lambda: issued(named(f"ELA:{issuer}"), named("CA", "Other"), certificates.signing_key(2)),
    }[kind]()
    told = rules_of(note.signed_by(certificates.Certificate(certificates.signing_key(), made)))
    assert "critical" in {severity for rule, severity in told.items() if rule.startswith("NF-SIG")}, told


def test_a_certificate_says_its_chain() -> None:
    text = certificates.certificate("11222333000181", "Empresa", 2026).x509.public_bytes(Encoding.DER)
    assert read_certificate(base64.b64encode(text).decode()).chain is Chain.SAMPLE

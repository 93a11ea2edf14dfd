"""The note generator: schema, signature, determinism, and what its edits and tampering do."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from xml.etree import ElementTree as ET

import nfelib
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from lxml import etree
from stdnum.br import cnpj, cpf
from tests.factories.nfe import (
    NoteBuilder,
    cancellation,
    certificate,
    correction,
    manifestation,
    mixed_notes,
    samples,
    tampering,
)
from tests.factories.note_strategies import sales, shop_sales

from malha.simulators.nfe.certificates import authority

NFE = "http://www.portalfiscal.inf.br/nfe"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
_FOLDER = Path(nfelib.__file__).parent
_EVENT_SCHEMAS = {
    "110111": "nfe_evento_cancel/schemas/v1_0/procEventoCancNFe_v1.00.xsd",
    "110110": "nfe_evento_cce/schemas/v1_0/procCCeNFe_v1.00.xsd",
    "2102": "nfe_evento_mde/schemas/v1_0/procConfRecebtoNFe_v1.00.xsd",
}


@functools.cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_FOLDER / name))


def _schema_errors(data: bytes, name: str = "nfe/schemas/v4_0/procNFe_v4.00.xsd") -> list[str]:
    schema = _schema(name)
    schema.validate(etree.fromstring(data))
    return [entry.message for entry in schema.error_log]


def _canonical(text: str, tag: str, namespace: str) -> bytes:
    """The first ``tag`` by the standard library's canonicaliser, which shares no code with the one that signed."""
    start, end = text.index(f"<{tag}"), text.index(f"</{tag}>") + len(tag) + 3
    alone = text[start:end].replace(f"<{tag}", f'<{tag} xmlns="{namespace}"', 1)
    return ET.canonicalize(alone).encode()


def _verify(data: bytes, signed: str = "infNFe") -> x509.Certificate:
    """Check digest and RSA signature; returns the certificate."""
    text, root = data.decode(), etree.fromstring(data)
    found = {tag: (root.findtext(f".//{{{DSIG}}}{tag}") or "") for tag in
             ("DigestValue", "SignatureValue", "X509Certificate")}  # fmt: skip
    digest = hashlib.sha1(_canonical(text, signed, NFE)).digest()  # noqa: S324 - the layout fixes SHA-1
    assert base64.b64encode(digest).decode() == found["DigestValue"]
    holder = x509.load_der_x509_certificate(base64.b64decode(found["X509Certificate"]))
    key = holder.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    info = _canonical(text, "SignedInfo", DSIG)
    key.verify(base64.b64decode(found["SignatureValue"]), info, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    return holder


@settings(max_examples=40, deadline=None)
@given(sales())
def test_generated_sales_fit_the_schema_and_verify(note: NoteBuilder) -> None:
    data = note.authorised()
    assert _schema_errors(data) == []
    _verify(data)


@settings(max_examples=15, deadline=None)
@given(shop_sales())
def test_generated_shop_sales_fit_the_schema_and_verify(note: NoteBuilder) -> None:
    data = note.authorised()
    assert _schema_errors(data) == []
    _verify(data)


def test_old_layout_is_signed_and_keeps_its_own_fields() -> None:
    data = NoteBuilder(1, layout="3.10").authorised()
    _verify(data)
    assert b'versao="3.10"' in data
    assert b"<indPag>" in data
    assert b"vFCP>" not in data


@pytest.mark.parametrize("kind", ["110111", "110110", "210200", "210210", "210220", "210240"])
def test_events_fit_their_schema_and_verify(kind: str) -> None:
    plan = NoteBuilder(2).plan()
    made = {"110111": cancellation, "110110": correction}.get(kind)
    data = (made(plan) if made else manifestation(plan, kind)).processed()
    assert _schema_errors(data, next(name for start, name in _EVENT_SCHEMAS.items() if kind.startswith(start))) == []
    _verify(data, "infEvento")


def test_protocol_repeats_key_and_digest() -> None:
    root = etree.fromstring(NoteBuilder(3).authorised())
    receipt = root.find(f".//{{{NFE}}}infProt")
    assert receipt is not None
    assert receipt.findtext(f"{{{NFE}}}digVal") == root.findtext(f".//{{{DSIG}}}DigestValue")
    assert receipt.findtext(f"{{{NFE}}}chNFe") == NoteBuilder(3).key


def test_same_calls_give_the_same_bytes_and_other_seeds_others() -> None:
    assert NoteBuilder(4).authorised() == NoteBuilder(4).authorised()
    assert NoteBuilder(4).key != NoteBuilder(5).key


def test_same_seed_keeps_parties_across_numbers() -> None:
    first, second = NoteBuilder(6).numbered(1).plan(), NoteBuilder(6).numbered(2).plan()
    assert (first.issuer, first.recipient) == (second.issuer, second.recipient)
    assert first.key != second.key


def test_identifiers_have_right_check_digits() -> None:
    for seed in range(30):
        plan = NoteBuilder(seed).to_consumer(individual=True).plan()
        assert cnpj.is_valid(plan.issuer.tax_id)
        assert plan.recipient is not None
        assert cpf.is_valid(plan.recipient.tax_id)


def test_alphanumeric_issuer_has_letters_in_number_and_key() -> None:
    note = NoteBuilder(7).alphanumeric()
    plan = note.plan()
    assert cnpj.is_valid(plan.issuer.tax_id)
    assert not plan.issuer.tax_id.isdigit()
    assert plan.key[6:20] == plan.issuer.tax_id
    assert _schema_errors(note.authorised()) == []


def test_certificate_carries_the_issuer_and_is_issued_by_the_test_authority() -> None:
    note = NoteBuilder(8)
    holder = _verify(note.authorised())
    names = holder.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    oids = {one.type_id.dotted_string: one.value for one in names if isinstance(one, x509.OtherName)}
    assert oids["2.16.76.1.3.3"].endswith(note.plan().issuer.tax_id.encode())
    holder.verify_directly_issued_by(authority().x509)
    issued = note.plan().issued_at
    assert holder.not_valid_before_utc <= issued <= holder.not_valid_after_utc


def test_other_certificates_can_sign() -> None:
    note = NoteBuilder(9)
    expired = certificate(note.plan().issuer.tax_id, "Empresa", 2020)
    assert _verify(note.signed_by(expired).authorised()).not_valid_after_utc < note.plan().issued_at


def test_edits_before_signing_keep_signature_and_protocol_right() -> None:
    data = NoteBuilder(10).set("total/ICMSTot/vNF", "999.00").authorised()
    _verify(data)
    assert b"<vNF>999.00</vNF>" in data


def test_absent_elements_are_created_where_the_schema_wants_them() -> None:
    note = NoteBuilder(10).set("det[1]/prod/vSeg", "1.00").set("ide/cMunFGIBS", "3550308")
    note.add("det[1]/prod", "<xPed>9</xPed>").add(".", "<compra><xPed>9</xPed></compra>")
    assert _schema_errors(note.authorised()) == []


def test_editing_what_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError):
        NoteBuilder(10).set("det[99]/prod/vProd", "1.00").authorised()
    with pytest.raises(LookupError):
        NoteBuilder(10).remove("det[1]/prod/vFrete").authorised()


def test_a_change_after_signing_breaks_the_digest() -> None:
    changed = tampering.changed(NoteBuilder(11).authorised(), "det[1]/prod/xProd", "Outra")
    with pytest.raises(AssertionError):
        _verify(changed)
    forged = tampering.with_signature_text(NoteBuilder(11).authorised(), "SignatureValue", "AAAA")
    with pytest.raises(InvalidSignature):
        _verify(forged)


def test_reindented_note_has_the_same_content() -> None:
    data = NoteBuilder(12).authorised()
    again = etree.fromstring(tampering.reindented(data), etree.XMLParser(remove_blank_text=True))
    assert etree.tostring(again, method="c14n") == etree.tostring(etree.fromstring(data), method="c14n")
    assert b"\n" in tampering.reindented(data)


def test_wrapping_puts_a_forged_note_before_the_signed_one() -> None:
    root = etree.fromstring(tampering.wrapped(NoteBuilder(13).authorised(), "total/ICMSTot/vNF", "1.00"))
    notes = root.findall(f".//{{{NFE}}}infNFe")
    assert len({one.get("Id") for one in notes}) == 1
    assert [one.findtext(f".//{{{NFE}}}vNF") == "1.00" for one in notes] == [True, False]


def test_prefixed_and_unsigned_copies_stay_readable() -> None:
    data = NoteBuilder(14).authorised()
    assert etree.fromstring(tampering.with_prefix(data)).prefix == "n"
    assert etree.fromstring(tampering.without_signature(data)).find(f".//{{{DSIG}}}Signature") is None
    assert tampering.with_byte_order_mark(data).startswith(b"\xef\xbb\xbf")


def test_samples_hold_clean_notes_defects_and_one_unreadable_file() -> None:
    made = samples()
    assert len({name for name, _ in made}) == len(made) >= 12
    unreadable = []
    for name, data in made:
        try:
            etree.fromstring(data)
        except etree.XMLSyntaxError:
            unreadable.append(name)
    assert unreadable == ["16-arquivo-ilegivel.xml"]


def test_mixed_notes_have_distinct_keys_and_the_wanted_share_of_errors() -> None:
    made = list(mixed_notes(24, wrong_every=6))
    assert len({name for name, _ in made}) == 24
    assert sum(b"<vNF>1.23</vNF>" in data for _, data in made) == 4

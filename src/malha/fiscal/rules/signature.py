"""The issuer's signature: there, of this content, made with the issuer's certificate while it was valid."""

from __future__ import annotations

from malha.fiscal.documents import Event, Note, parse_instant
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import Scope, rule
from malha.fiscal.signature import Content, Seal, Verification, verification
from malha.fiscal.tree import local_name

_SIGNED_BY_SEFAZ = range(890, 900), range(910, 920)
"""Series of notes issued at a state's own site, which may be signed by the state (MOC, B07)."""


@rule(
    "NF-SIG-001", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="Rejeições 297 e 298",
    pt="A nota não está assinada.", en="The note is not signed.",
)  # fmt: skip
def note_is_signed(note: Note) -> Breach | None:
    return None if note.signature else Breach(note.group, expected="Signature")


@rule(
    "NF-SIG-002", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="Rejeição 297",
    pt="O conteúdo da nota foi alterado depois de assinado.", en="The note's content was changed after signing.",
)  # fmt: skip
def content_is_what_was_signed(note: Note) -> Breach | None:
    signed = verification(note)
    if signed is None or signed.content is not Content.CHANGED:
        return None
    return Breach(
        note.group, None, signed.actual_digest, signed.digest_value, "DigestValue difere do resumo de infNFe"
    )  # fmt: skip


@rule(
    "NF-SIG-003", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="Rejeição 297",
    pt="A assinatura não foi feita com o certificado que a acompanha.",
    en="The signature was not made with the certificate beside it.",
)  # fmt: skip
def signature_belongs_to_certificate(note: Note) -> Breach | None:
    signed = verification(note)
    if signed is None or signed.seal is not Seal.INVALID:
        return None
    return Breach(note.signature, "SignatureValue", found=signed.certificate.holder if signed.certificate else None)


@rule(
    "NF-SIG-004", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="Rejeição 298",
    explains=("NF-SIG-002", "NF-STR-002"),
    pt="A assinatura não é, só ela, de todo este infNFe.", en="The signature is not of this infNFe, whole and alone.",
)  # fmt: skip
def signature_covers_this_note(note: Note) -> list[Breach]:
    signed = verification(note)
    if signed is None:
        return []
    identifier = note.group.attr("Id") or ""
    breaches: list[Breach] = []
    if signed.references != (f"#{identifier}",):
        found = ", ".join(signed.references)
        breaches.append(Breach(note.signature.group("SignedInfo"), "Reference/@URI", found, f"#{identifier}"))
    for tag in ("infNFe", "Signature"):
        count = sum(local_name(child.tag) == tag for child in note.element)
        if count > 1:
            breaches.append(
                Breach(
                    note.group,
                    found=count,
                    expected=1,
                    pt=f"A NFe contém {count} elementos {tag}: um pode esconder o outro.",
                    en=f"The NFe holds {count} {tag} elements: one may hide the other.",
                )
            )
    return breaches


@rule(
    "NF-SIG-005", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="Rejeições 213 e 244",
    pt="O certificado da assinatura não é da empresa emitente.",
    en="The certificate of the signature is not the issuing company's.",
)  # fmt: skip
def certificate_is_the_issuers(note: Note) -> Breach | None:
    """Companies sign with any of their establishments; others sign for them in the NFF regime and at a state's site."""
    signed = verification(note)
    if signed is None or signed.certificate is None or not note.issuer_id or _is_signed_by_others(note):
        return None
    holder = signed.certificate.tax_id
    if holder is None:
        return Breach(
            note.signature, "KeyInfo", signed.certificate.holder, note.issuer_id,
            pt="O certificado da assinatura não é de empresa nem de pessoa: não traz CNPJ nem CPF.",
            en="The certificate of the signature is no company's and no person's: it names no CNPJ or CPF.",
        )  # fmt: skip
    if holder == note.issuer_id or (len(holder) == 14 and holder[:8] == note.issuer_id[:8]):
        return None
    return Breach(note.signature, "KeyInfo", holder, note.issuer_id)


def _is_signed_by_others(note: Note) -> bool:
    if note.ide.text("tpEmis") == "3" or "infPAA" in note.group:
        return True
    return note.series.isdigit() and any(int(note.series) in series for series in _SIGNED_BY_SEFAZ)


@rule(
    "NF-SIG-006", severity=Severity.MEDIUM, scope=Scope.NOTE, reference="Rejeições 291, 293 e 295",
    pt="O certificado não valia quando a nota foi assinada.",
    en="The certificate was not valid when the note was signed.",
)  # fmt: skip
def certificate_was_valid(note: Note) -> list[Breach]:
    """Judged at the issue and at the authorisation, whichever suits; today does not matter."""
    signed = verification(note)
    certificate = signed.certificate if signed else None
    if certificate is None:
        return []
    breaches: list[Breach] = []
    received = note.protocol.text("dhRecbto") if note.protocol else None
    instants = [one for one in (note.issued_at, parse_instant(received) if received else None) if one]
    if instants and not any(certificate.is_valid_at(one) for one in instants):
        period = f"{certificate.not_before:%Y-%m-%d} - {certificate.not_after:%Y-%m-%d}"
        breaches.append(Breach(note.signature, "KeyInfo", instants[0].isoformat(), period))
    if not certificate.is_icp_brasil:
        breaches.append(
            Breach(
                note.signature,
                "KeyInfo",
                certificate.issuer,
                "ICP-Brasil",
                severity=Severity.CRITICAL,
                pt="O certificado não se diz emitido sob a ICP-Brasil.",
                en="The certificate does not claim to be issued under ICP-Brasil.",
            )
        )
    return breaches


@rule(
    "NF-SIG-010", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="Rejeições 291, 293 e 295",
    explains=("NF-SIG-005", "NF-SIG-006"),
    pt="O certificado é falso: a autoridade da ICP-Brasil que ele diz tê-lo emitido não o assinou.",
    en="The certificate is forged: the authority of ICP-Brasil that it names has not signed it.",
)  # fmt: skip
def certificate_is_no_forgery(note: Note) -> Breach | None:
    signed = verification(note)
    certificate = signed.certificate if signed else None
    if certificate is None or certificate.chain != "forged":
        return None
    return Breach(note.signature, "KeyInfo", f"{certificate.holder} < {certificate.issuer}")


_UNPROVED = {
    "unknown": (
        "A autoridade que emitiu o certificado não está entre as conhecidas: a cadeia da ICP-Brasil não foi conferida.",
        "The authority that issued the certificate is not among those known: its chain to ICP-Brasil was not checked.",
    ),
    "sample": (
        "Amostra: o certificado é de uma autoridade de teste e não vale fora dela.",
        "A sample: the certificate is of an authority for tests, and worth nothing elsewhere.",
    ),
}


@rule(
    "NF-SIG-011", severity=Severity.INFO, scope=Scope.NOTE, reference="DOC-ICP-04",
    pt="A cadeia do certificado até a ICP-Brasil não foi conferida.",
    en="The certificate's chain to ICP-Brasil was not checked.",
)  # fmt: skip
def chain_is_known(note: Note) -> Breach | None:
    """What could not be checked is said: new authorities come every year (`malha tables import icp-brasil`)."""
    signed = verification(note)
    certificate = signed.certificate if signed else None
    if certificate is None or not certificate.is_icp_brasil or certificate.chain not in _UNPROVED:
        return None
    pt, en = _UNPROVED[certificate.chain]
    return Breach(note.signature, "KeyInfo", certificate.issuer, pt=pt, en=en)


@rule(
    "NF-SIG-007", severity=Severity.MEDIUM, scope=Scope.NOTE, reference="Rejeição 588",
    pt="O arquivo foi reindentado depois de assinado; o conteúdo está íntegro, mas guarde o arquivo original.",
    en="The file was re-indented after signing; the content is intact, but keep the original file.",
)  # fmt: skip
def file_is_as_it_was_signed(note: Note) -> Breach | None:
    signed = verification(note)
    return Breach(note.group) if signed and signed.content is Content.REINDENTED else None


_UNCHECKED = {
    Seal.CERTIFICATE_MISSING: ("A assinatura não traz o certificado.", "The signature carries no certificate."),
    Seal.CERTIFICATE_UNREADABLE: (
        "O certificado não pôde ser lido: o conteúdo não é o de um certificado X.509.",
        "The certificate could not be read: its content is not that of an X.509 certificate.",
    ),
}


@rule(
    "NF-SIG-008", severity=Severity.MEDIUM, scope=Scope.NOTE, reference="Rejeições 290 e 298",
    pt="A assinatura não pôde ser conferida.", en="The signature could not be checked.",
)  # fmt: skip
def signature_can_be_checked(note: Note) -> Breach | None:
    signed = verification(note)
    return _unchecked(note, signed) if signed else None


def _unchecked(note: Note, signed: Verification) -> Breach | None:
    if signed.seal in _UNCHECKED:
        pt, en = _UNCHECKED[signed.seal]
        return Breach(note.signature, "KeyInfo", formula=signed.reason, pt=pt, en=en)
    if signed.seal is Seal.UNCHECKED or signed.content is Content.UNCHECKED:
        return Breach(note.signature, "SignedInfo", signed.reason)
    return None


@rule(
    "NF-EVT-008", severity=Severity.HIGH, scope=Scope.EVENT, reference="Rejeição 297",
    pt="O evento foi alterado depois de assinado, ou a assinatura não é do certificado que a acompanha.",
    en="The event was changed after signing, or its signature is not of the certificate beside it.",
)  # fmt: skip
def event_is_as_signed(event: Event) -> Breach | None:
    signed = verification(event)
    if signed is None or (signed.content is not Content.CHANGED and signed.seal is not Seal.INVALID):
        return None
    return Breach(event.group, found=signed.actual_digest, expected=signed.actual_digest and signed.digest_value)

"""References to other documents: present where a note needs them, well formed, and consistent with what they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.identifiers import is_cnpj, is_cpf
from malha.fiscal.keys import is_key, mend_key, parse_key
from malha.fiscal.references import item_references, note_references, referenced_keys
from malha.fiscal.rules._registry import NFE, Scope, rule
from malha.fiscal.rules._since import LAYOUT_3_10, MOC_4_01, NT_2025_002_BY_ITEM
from malha.fiscal.tables import cfop
from malha.fiscal.tree import Group

_FREE_OF_REFERENCE = frozenset({"1201", "1202", "1410", "1411", "5921", "6921"})
_CREDITS_WITH_REFERENCE = frozenset({"01", "03", "04"})
_MODELS = frozenset({"55", "65"})
_TRANSPORT_MODELS = frozenset({"57", "67"})
_OF_RECEIPTS = frozenset({"5929", "6929"})


@rule(
    "NF-REF-001", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE, purposes=frozenset({"2", "4", "5"}),
    valid_from=LAYOUT_3_10, reference="Rejeições 321, 254 e 255 (VC02-14, B25-30, B25-40)",
    explains=("NF-PAY-003", "NF-REF-006"),
    pt="Devolução sem o documento a que se refere.", en="A return without the document that it refers to.",
)  # fmt: skip
def reference_is_present(note: Note) -> Breach | None:
    references = note_references(note)
    if note.purpose == "4":
        if references or item_references(note) or all(item.cfop in _FREE_OF_REFERENCE for item in note.items):
            return None
        return Breach(note.ide, "NFref", formula="finNFe 4, rejeição 321")
    if note.purpose == "5" and note.ide.text("tpNFCredito") not in _CREDITS_WITH_REFERENCE:
        return None
    if len(references) == 1:
        return None
    return Breach(
        note.ide, "NFref", len(references), 1, f"finNFe {note.purpose}, rejeição {'255' if references else '254'}",
        pt="Nota complementar ou de crédito deve referenciar exatamente uma nota.",
        en="A complementary or credit note must refer to exactly one note.",
    )  # fmt: skip


@rule(
    "NF-REF-002", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE,
    valid_from=LAYOUT_3_10, reference="Rejeições 547, 316, 680 e 679",
    pt="Chave de acesso referenciada inválida.", en="A referenced access key is invalid.",
)  # fmt: skip
def referenced_keys_are_right(note: Note) -> Sequence[Breach] | None:
    if "NFref" not in note.ide:
        return None
    return list(_wrong_keys(note))


def _wrong_keys(note: Note) -> Iterator[Breach]:
    seen: set[str] = set()
    for group in note.ide.groups("NFref"):
        for key in group.texts("refNFe"):
            parts = parse_key(key)
            if not is_key(key):
                yield Breach(group, "refNFe", key, mend_key(key), "rejeição 547: dígito verificador")
            elif key == note.key:
                yield Breach(group, "refNFe", key, formula="rejeição 316", pt="A nota referencia a si mesma.",
                             en="The note refers to itself.")  # fmt: skip
            elif parts and parts.model not in _MODELS:
                yield Breach(group, "refNFe", parts.model, "55 ou 65", "rejeição 679",
                             pt="refNFe aponta para documento que não é NF-e nem NFC-e.",
                             en="refNFe points to a document that is neither NF-e nor NFC-e.")  # fmt: skip
            elif key in seen:
                yield Breach(group, "refNFe", key, formula="rejeição 680", pt="A mesma nota é referenciada duas vezes.",
                             en="The same note is referenced twice.")  # fmt: skip
            seen.add(key)


@rule(
    "NF-REF-005", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, purposes=frozenset({"4"}),
    valid_from=NT_2025_002_BY_ITEM, reference="Rejeição 321 (VC02-14), NT 2025.002 v1.51",
    pt="Desde 05/10/2026 a devolução referencia a nota de origem em cada item (DFeReferenciado).",
    en="Since 5 October 2026 a return refers to the original note in each item (DFeReferenciado).",
)  # fmt: skip
def returns_refer_item_by_item(note: Note) -> Breach | None:
    for item in note.items:
        if not item.group.group("DFeReferenciado").text("chaveAcesso"):
            return Breach(item.group, "DFeReferenciado", formula=f"emissão em {note.issued_at:%d/%m/%Y}")
    return None


@rule(
    "NF-REF-006", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, purposes=frozenset({"2"}),
    valid_from=MOC_4_01, reference="Rejeições 269 e 678 (B25-50, B25-60)",
    pt="Nota complementar de nota de outro emitente ou de outro estado.",
    en="A complementary note of a note of another issuer or state.",
)  # fmt: skip
def complement_is_of_own_note(note: Note) -> Breach | None:
    for key in referenced_keys(note):
        parts = parse_key(key)
        if parts and is_key(key) and note.issuer_id and parts.issuer_id != note.issuer_id.zfill(14):
            return Breach(note.ide, "NFref", parts.issuer_id, note.issuer_id, "rejeição 269")
    return None


@rule(
    "NF-REF-007", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, purposes=frozenset({"1"}),
    valid_from=MOC_4_01, reference="Convênio s/nº de 1970, Anexo II (5929, 6929); rejeição 375",
    pt="CFOP de lançamento de cupom fiscal sem o cupom ou a NFC-e a que se refere.",
    en="A CFOP that books a consumer's receipt without the receipt or NFC-e that it refers to.",
)  # fmt: skip
def receipt_is_referred_to(note: Note) -> Breach | None:
    if note_references(note) or item_references(note):
        return None
    item = next((item for item in note.items if item.cfop in _OF_RECEIPTS), None)
    return Breach(note.ide, "NFref", formula=f"item {item.number}: CFOP {item.cfop}") if item else None


@rule(
    "NF-REF-008", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, valid_from=MOC_4_01,
    reference="Rejeições 548, 549, 550, 552 e 683 (BA05, BA13, BA14, BA19)",
    pt="O documento referenciado tem emitente ou chave que não pode ser.",
    en="The referenced document has an issuer or key that cannot be.",
)  # fmt: skip
def other_references_are_right(note: Note) -> list[Breach]:
    return [breach for reference in note_references(note) for breach in _wrong_reference(reference)]


def _wrong_reference(reference: Group) -> Iterator[Breach]:
    for tag in ("refNF", "refNFP"):
        issuer = reference.group(tag)
        for field, is_right in (("CNPJ", is_cnpj), ("CPF", is_cpf)):
            if (found := issuer.text(field)) and not is_right(found):
                yield Breach(issuer, field, found)
    if key := reference.text("refCTe"):
        parts = parse_key(key)
        if not is_key(key):
            yield Breach(reference, "refCTe", key, formula="rejeição 552")
        elif parts and parts.model not in _TRANSPORT_MODELS:
            yield Breach(reference, "refCTe", parts.model, "57 ou 67", "rejeição 683")


@rule(
    "NF-CFOP-011", severity=Severity.LOW, scope=Scope.NOTE, models=NFE, purposes=frozenset({"1"}),
    valid_from=LAYOUT_3_10, reference="MOC, B04 (natOp) e B25 (finNFe)",
    pt="A natureza da operação fala de devolução, e a nota não é de devolução.",
    en="The nature of the operation speaks of a return, and the note is none.",
)  # fmt: skip
def nature_agrees_with_the_purpose(note: Note) -> Breach | None:
    nature = note.ide.text("natOp") or ""
    if not nature.casefold().startswith("devolu"):
        return None
    if any(item.cfop in cfop.returns() or item.cfop in cfop.comebacks() for item in note.items):
        return None
    return Breach(note.ide, "natOp", nature, formula="finNFe 1, nenhum CFOP de devolução ou retorno")

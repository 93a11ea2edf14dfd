"""What `ide` says of the note's form: DANFE, presence, contingency, intermediary, series, the issuer's state."""

from __future__ import annotations

from malha.fiscal.documents import Note, parse_instant
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import AS_LONG_AS_NOTES, CPF_SERIES, LAYOUT_3_10, MOC_4_01, NT_2020_006
from malha.fiscal.tables import uf

_FORMS_OF_NFCE = frozenset({"4", "5"})
_HOME_DELIVERY, _OFFLINE_OF_NFCE = "4", "9"
_AT_A_DISTANCE = frozenset({"2", "3", "9"})
_SALES = frozenset({"101", "102", "103", "104", "105", "106", "107", "108", "401", "403", "405"})
_SITE_SERIES, _COMPANY_SERIES = range(890, 900), range(910)
_INDIVIDUAL_SERIES = frozenset({*range(910, 920), *range(920, 970)})


@rule(
    "NF-IDE-001", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, valid_from=LAYOUT_3_10,
    reference="Rejeição 710 (B21-10)",
    pt="NF-e com formato de DANFE que é da NFC-e.", en="An NF-e with a DANFE form that belongs to NFC-e.",
)  # fmt: skip
def printed_form_is_of_the_model(note: Note) -> Breach | None:
    found = note.ide.text("tpImp")
    return Breach(note.ide, "tpImp", found, "0 a 3") if found in _FORMS_OF_NFCE else None


@rule(
    "NF-IDE-002", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, valid_from=LAYOUT_3_10,
    reference="Rejeição 794 (B25b-20)",
    pt="NF-e com o indicador de presença da NFC-e entregue em domicílio.",
    en="An NF-e with the presence indicator of an NFC-e delivered at home.",
)  # fmt: skip
def presence_is_of_the_model(note: Note) -> Breach | None:
    found = note.ide.text("indPres")
    return Breach(note.ide, "indPres", found, "0, 1, 2, 3, 5 ou 9") if found == _HOME_DELIVERY else None


@rule(
    "NF-IDE-003", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE, valid_from=LAYOUT_3_10,
    reference="Rejeição 711 (B22-20)",
    pt="NF-e em contingência off-line, que só existe na NFC-e.",
    en="An NF-e in off-line contingency, which only NFC-e has.",
)  # fmt: skip
def contingency_is_of_the_model(note: Note) -> Breach | None:
    found = note.ide.text("tpEmis")
    return Breach(note.ide, "tpEmis", found, "1 a 7") if found == _OFFLINE_OF_NFCE else None


@rule(
    "NF-IDE-004", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, valid_from=NT_2020_006,
    reference="Rejeições 434, 436 e 437 (B25c, YB01); NT 2020.006",
    pt="A nota diz que a venda teve intermediador e não o identifica.",
    en="The note says that the sale had an intermediary and does not name it.",
)  # fmt: skip
def intermediary_is_told_whole(note: Note) -> Breach | None:
    indicator, is_named = note.ide.text("indIntermed"), "infIntermed" in note.group
    if indicator == "1" and not is_named:
        return Breach(note.group, "infIntermed", formula="indIntermed 1")
    if is_named and indicator != "1":
        return Breach(
            note.ide, "indIntermed", indicator, "1", "infIntermed presente",
            pt="A nota identifica um intermediador e diz que a venda não teve nenhum.",
            en="The note names an intermediary and says that the sale had none.",
        )  # fmt: skip
    if indicator is None and _is_sale_at_a_distance(note):
        return Breach(
            note.ide, "indIntermed", None, "0 ou 1", f"indPres {note.ide.text('indPres')}",
            pt="Venda não presencial sem dizer se teve intermediador.",
            en="A sale at a distance that does not say whether it had an intermediary.",
        )  # fmt: skip
    return None


def _is_sale_at_a_distance(note: Note) -> bool:
    """Of NF-e: most states do not ask NFC-e delivered at home."""
    if note.is_nfce or note.direction != "1" or note.purpose != "1":
        return False
    if note.ide.text("indPres") not in _AT_A_DISTANCE:
        return False
    return all((item.cfop or "")[1:] in _SALES for item in note.items)


@rule(
    "NF-IDE-005", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFE_NFCE, valid_from=MOC_4_01,
    reference="Rejeição 558 (B28-10)",
    pt="A contingência começou depois da emissão da nota.", en="The contingency began after the note was issued.",
)  # fmt: skip
def contingency_began_before_the_note(note: Note) -> Breach | None:
    """By a quarter of an hour at least: clocks of a cash desk and of its server differ."""
    began = parse_instant(note.ide.text("dhCont") or "")
    if began is None or note.issued_at is None or (began - note.issued_at).total_seconds() < 900:
        return None
    return Breach(note.ide, "dhCont", began.isoformat(), f"até {note.issued_at.isoformat()}")


@rule(
    "NF-KEY-007", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE, valid_from=CPF_SERIES,
    reference="Rejeições 266, 407 e 554 (B07); NT 2018.001",
    pt="A série não é das que este emitente pode usar: 0 a 909 para CNPJ, 910 a 969 para CPF.",
    en="The series is not one that this issuer may use: 0 to 909 for a CNPJ, 910 to 969 for a CPF.",
)  # fmt: skip
def series_fits_the_issuer(note: Note) -> Breach | None:
    if not note.series.isdecimal() or len(note.series) > 3 or not note.issuer_id:
        return None
    series, is_person = int(note.series), len(note.issuer_id) == 11
    if series in _SITE_SERIES or series in (_INDIVIDUAL_SERIES if is_person else _COMPANY_SERIES):
        return None
    return Breach(
        note.ide, "serie", note.series, "910 a 969" if is_person else "0 a 909",
        f"emitente com {'CPF' if is_person else 'CNPJ'} {note.issuer_id}",
    )  # fmt: skip


@rule(
    "NF-ID-008", severity=Severity.HIGH, scope=Scope.NOTE, models=NFE_NFCE, valid_from=AS_LONG_AS_NOTES,
    reference="Rejeições 226 e 247 (B02-10, C12-10)",
    explains=("NF-ID-005", "NF-ID-012", "NF-ID-002", "NF-PRD-008", "NF-DATE-004", "NF-PROT-007", "NF-CFOP-005",
              "NF-CFOP-006", "CFOP-GEO-01", "CFOP-GEO-02", "NF-ICMS-009", "NF-DIFAL-003", "NF-DIFAL-001"),
    pt="O código da UF da nota (cUF) não é o do estado do endereço do emitente.",
    en="The note's state code (cUF) is not that of the state in the issuer's address.",
)  # fmt: skip
def state_code_is_the_issuers(note: Note) -> Breach | None:
    code, expected = note.ide.text("cUF"), uf.code(note.issuer_uf)
    if not code or expected is None or code == expected:
        return None
    return Breach(note.ide, "cUF", code, expected, f"enderEmit/UF {note.issuer_uf}", related=("NF-ID-005",))

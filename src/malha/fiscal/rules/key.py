"""The access key: well formed, its check digit right, and composed of this note's own fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.keys import STATE_SITE_SERIES, AccessKey, is_key, mend_key, parse_key
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules._registry import NFE_NFCE, Scope, registered, rule
from malha.fiscal.rules._since import MOC_4_01, NT_2019_001
from malha.fiscal.tables import uf
from malha.fiscal.tree import Group

_TRIVIAL_CODES = frozenset(
    [digit * 8 for digit in "0123456789"]
    + ["".join(str((start + step) % 10) for step in range(8)) for start in range(10)]
)
_KEY_IN_NAME = re.compile(r"(?<![0-9])[0-9]{6}[0-9A-Z]{12}[0-9]{26}(?![0-9])", re.ASCII)


@rule(
    "NF-KEY-001", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="Leiaute, A03 (Id)",
    explains=("NF-KEY-002", "NF-KEY-003", "NF-KEY-004"),
    pt="O Id da nota não é “NFe” seguido de uma chave de 44 posições.",
    en="The note's Id is not “NFe” followed by a key of 44 characters.",
)  # fmt: skip
def key_is_well_formed(note: Note) -> Breach | None:
    if parse_key(note.key) and (note.group.attr("Id") or "").startswith("NFe"):
        return None
    return Breach(note.group, "@Id", note.group.attr("Id"), "NFe + 44")


@rule(
    "NF-KEY-002", severity=Severity.CRITICAL, scope=Scope.NOTE, reference="Rejeições 236 e 253",
    explains=("NF-KEY-003", "NF-PROT-003"),
    pt="O dígito verificador da chave de acesso está errado.", en="The access key's check digit is wrong.",
)  # fmt: skip
def key_has_right_check_digit(note: Note) -> Breach | None:
    if is_key(note.key) or not parse_key(note.key):
        return None
    return Breach(note.group, "@Id", note.key, mend_key(note.key))


@rule(
    "NF-KEY-003", severity=Severity.CRITICAL, scope=Scope.NOTE,
    valid_from=MOC_4_01, reference="Rejeições 480, 481, 502, 546, 561 e 562",
    explains=("NF-KEY-004", "NF-PROT-003", "NF-ID-008"),
    pt="A chave de acesso não é composta dos dados da nota.",
    en="The access key is not composed of the note's own fields.",
)  # fmt: skip
def key_is_of_this_note(note: Note) -> list[Breach]:
    key = parse_key(note.key)
    if key is None or _composed(note) == note.key:
        return []
    return [
        Breach(
            group, field, found, in_key,
            pt=f"{field} não é o que está na chave de acesso.", en=f"{field} is not what the access key says.",
            related=_HANGING_ON_IT.get(field, ()) if field != "mod" else _of_one_model(found),
        )
        for group, field, found, in_key in _composition(note, key)
        if found != in_key
    ]  # fmt: skip


_HANGING_ON_IT = {
    "dhEmi": ("NF-DATE-001", "NF-DATE-002", "NF-DATE-003", "NF-DATE-004", "NF-DUP-103", "NF-SIG-006"),
    "cUF": ("NF-ID-005", "NF-PROT-007"),
    "CNPJ": ("NF-ID-001", "NF-SIG-005"),
    "CPF": ("NF-ID-001", "NF-SIG-005"),
    "serie": ("NF-KEY-007",),
    "cNF": ("NF-KEY-005",),
    "tpEmis": ("NF-CONT-001", "NF-IDE-003", "NF-IDE-005"),
}
"""What else breaks when one of the fields in the key was changed."""


@lru_cache(maxsize=8)
def _of_one_model(model: str) -> tuple[str, ...]:
    """Rules that hold for this model alone, and those that know both: a note of the other model breaks many of them."""
    both = ("NF-CFOP-002", "NF-CFOP-003", "NF-CFOP-008", "NF-PAY-003", "NF-STR-002", "NF-STR-007")
    return (*(one.id for one in registered() if one.models == frozenset({model})), *both)


def _composed(note: Note) -> str:
    """The usual key of these fields in one piece, as nearly every note has it."""
    field = note.ide.text
    month = f"{note.issued_at:%y%m}" if note.issued_at else ""
    head = f"{field('cUF')}{month}{note.issuer_id:0>14}{note.model}{note.series:0>3}{note.number:0>9}"
    return f"{head}{field('tpEmis')}{field('cNF') or '':0>8}{field('cDV')}"


def _composition(note: Note, key: AccessKey) -> Iterator[tuple[Group, str, str, str]]:
    ide = note.ide
    yield ide, "cUF", ide.text("cUF") or "", key.state
    if note.issued_at:
        yield ide, "dhEmi" if "dhEmi" in ide else "dEmi", f"{note.issued_at:%y%m}", key.year_month
    yield ide, "mod", note.model, key.model
    yield ide, "serie", note.series.zfill(3), key.series
    yield ide, "nNF", note.number.zfill(9), key.number
    yield ide, "cDV", ide.text("cDV") or "", key.check_digit
    if int(key.series) not in STATE_SITE_SERIES:
        yield note.emit, "CNPJ" if "CNPJ" in note.emit else "CPF", note.issuer_id.zfill(14), key.issuer_id
    if not note.layout.startswith("1."):  # before 2.00 the key had a cNF of nine digits and no tpEmis
        yield ide, "tpEmis", ide.text("tpEmis") or "", key.emission_type
        yield ide, "cNF", (ide.text("cNF") or "").zfill(8), key.random_code


@rule(
    "NF-KEY-004", severity=Severity.HIGH, scope=Scope.NOTE,
    valid_from=MOC_4_01, reference="Rejeições 614, 615, 616, 618 e 619",
    explains=("NF-ID-008", "NF-PROT-007"),
    pt="A chave de acesso tem um dado impossível.", en="The access key holds an impossible value.",
)  # fmt: skip
def key_is_plausible(note: Note, options: AuditOptions) -> list[Breach]:
    key = parse_key(note.key)
    if key is None:
        return []
    month, year = int(key.year_month[2:]), 2000 + int(key.year_month[:2])
    is_future = options.now is not None and (year, month) > (options.now.year, options.now.month)
    wrong = [
        ("cUF", key.state, uf.from_code(key.state) is None),
        ("AAMM", key.year_month, not 1 <= month <= 12 or year < 2006 or is_future),
        ("mod", key.model, key.model not in NFE_NFCE),
        ("nNF", key.number, int(key.number) == 0),
    ]
    return [
        Breach(note.group, "@Id", found, pt=f"A chave de acesso tem {part} impossível: {found}.",
               en=f"The access key has an impossible {part}: {found}.")
        for part, found, is_wrong in wrong if is_wrong
    ]  # fmt: skip


@rule(
    "NF-KEY-005", severity=Severity.MEDIUM, scope=Scope.NOTE, reference="Rejeição 897 (B03-10)",
    valid_from=NT_2019_001,
    pt="O código numérico (cNF) é previsível: qualquer um pode adivinhar a chave.",
    en="The random code (cNF) is predictable: anyone can guess the key.",
)  # fmt: skip
def random_code_is_not_trivial(note: Note) -> Breach | None:
    code = (note.ide.text("cNF") or "").zfill(8)
    if code not in _TRIVIAL_CODES and code != note.number.zfill(8):
        return None
    return Breach(note.ide, "cNF", code)


@rule(
    "NF-KEY-006", severity=Severity.HIGH, scope=Scope.NOTE,
    pt="O nome do arquivo traz a chave de outra nota.", en="The file's name carries another note's key.",
)  # fmt: skip
def file_is_named_after_its_key(note: Note) -> Breach | None:
    """A batch is named after none of its notes."""
    if note.source.root is not note.element and note.protocol is None:
        return None
    named = _KEY_IN_NAME.search(note.source_name)
    if named is None or named[0] == note.key or not is_key(named[0]):
        return None
    return Breach(note.group, "@Id", named[0], note.key)

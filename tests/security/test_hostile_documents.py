"""Files made to cost more than they weigh: each is refused or judged within two seconds of work and 256 MiB.

The limits of the child are set to just that, and no file may reach them: what it asks for is counted first.
"""

from __future__ import annotations

import io
import random
import zipfile

import pytest
from tests.factories.spreadsheets import edit, sheet

from malha.fiscal.leaves import AuditedFile, audit_file_or_archive
from malha.fiscal.options import AuditOptions
from malha.guarded import SHEET_READER, GuardedError, Limits, audits, run_guarded
from malha.guarded.archives import expand
from malha.guarded.audits import audit_guarded
from malha.guarded.limits import MEBIBYTE
from malha.simulators.nfe import NoteBuilder

TIGHT = Limits(memory_bytes=256 * MEBIBYTE, cpu_seconds=2, wall_seconds=60)
REACHED = {GuardedError.of(code).sentence_en for code in ("memory", "time", "output", "crashed")}

OPEN = (
    b'<NFe xmlns="http://www.portalfiscal.inf.br/nfe"><infNFe Id="NFe1" versao="4.00"><ide><mod>55</mod></ide><emit/>'
)
CLOSE = b"</infNFe></NFe>"
SOUND = NoteBuilder(seed=5).with_items(2).authorised()


def note(content: bytes) -> bytes:
    return OPEN + content + CLOSE


def numbered(form: bytes, count: int) -> bytes:
    return b"".join(form % ((number,) * form.count(b"%d")) for number in range(count))


def within_product(content: bytes) -> bytes:
    """A sound note, signed, but for what stands in its first product."""
    return SOUND.replace(b"<prod>", b"<prod>" + content, 1)


def event(content: bytes) -> bytes:
    return (
        b'<procEventoNFe versao="1.00" xmlns="http://www.portalfiscal.inf.br/nfe"><evento versao="1.00"><infEvento>'
        b"<tpEvento>110110</tpEvento><chNFe>1</chNFe><detEvento>%b</detEvento></infEvento></evento></procEventoNFe>"
    ) % content


def packed(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def with_noise(data: bytes, **others: bytes) -> bytes:
    """In an archive with what does not compress, so that its ratio tells nothing."""
    noise = random.Random(1).randbytes(len(data) // 200)  # noqa: S311 - noise
    return packed({"a.xml": data, "z.bin": noise, **{f"{name}.xml": other for name, other in others.items()}})


DOCUMENTS = {
    "a million items": note(b'<det nItem="1"/>' * 1_000_000),
    "half a million bare items": note(b"<det/>" * 499_000),
    "items up to the limit of attributes": note(b'<det nItem="1"/>' * 99_000),
    "groups of items": note(b"<det><prod/></det>" * 240_000),
    "items below the limit, wide": note((b"<det><prod>" + b"<CFOP>1</CFOP>" * 400 + b"</prod></det>") * 990),
    "distinct names": note(numbered(b"<a%d/>", 60_000)),
    "distinct names below the limit": note(numbered(b"<a%d/>", 19_000) + b"<a/>" * 400_000),
    "distinct names in groups": note(numbered(b"<a%d><b/></a%d>", 19_000)),
    "distinct names of a product": within_product(numbered(b"<a%d>1</a%d>", 19_000)),
    "one product of many fields": within_product(b"<CFOP>5102</CFOP>" * 300_000),
    "long names": note(numbered(b"<" + b"a" * 500 + b"%d/>", 15_000)),
    "attributes of one element": note(b"<det " + numbered(b"a%d='1' ", 99_000) + b"/>"),
    "too many attributes": note(b"<det " + numbered(b"a%d='1' ", 200_000) + b"/>"),
    "namespaces": note(numbered(b"<a xmlns='u%d'/>", 90_000)),
    "prefixes": note(b"<a " + numbered(b"xmlns:p%d='u%d' ", 90_000) + b"/>"),
    "depth": b"<a>" * 400_000,
    "depth below the limit of the parser": note((b"<a>" * 200 + b"</a>" * 200) * 2_000),
    "comments": note(b"<!---->" * 490_000),
    "processing instructions": note(b"<?a?>" * 490_000),
    "sections": note(b"<a><![CDATA[<]]></a>" * 240_000),
    "one long text": note(b"<a>" + b"x" * 25 * MEBIBYTE + b"</a>"),
    "one long attribute": note(b"<a b='" + b"x" * 25 * MEBIBYTE + b"'/>"),
    "one long blank": note(b" " * 25 * MEBIBYTE),
    "character references": note(b"<a>" + b"&#65;" * 2_000_000 + b"</a>"),
    "tags without end": OPEN * 100_000,
    "angle brackets": b"<" * 10 * MEBIBYTE,
    "equal signs": note(b"<a>" + b"=" * 10 * MEBIBYTE + b"</a>"),
    "entities in entities": b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>',
    "an event of many fields": event(b"<a/>" * 400_000),
    "an event of distinct names": event(numbered(b"<a%d/>", 19_000)),
    "a batch of notes": b'<enviNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00">' + OPEN[:0] + (
        note(b"<det><prod>" + b"<a/>" * 9_000 + b"</prod></det>") * 50
    ) + b"</enviNFe>",
    "a batch of very many notes": b'<enviNFe xmlns="http://www.portalfiscal.inf.br/nfe">' + note(b"") * 80_000
    + b"</enviNFe>",
    "many payments": note(b"<pag>" + b"<detPag><tPag>01</tPag></detPag>" * 200_000 + b"</pag>"),
    "a number without an end": within_product(b"<vProd>" + b"9" * 9_000_000 + b"</vProd>"),
    "a date without an end": SOUND.replace(b"<dhEmi>", b"<dhEmi>" + b"2" * 9_000_000, 1),
    "a name of nines": note(b"<" + b"9" * MEBIBYTE + b"/>"),
}  # fmt: skip


def audited(data: bytes, name: str, monkeypatch: pytest.MonkeyPatch) -> list[AuditedFile]:
    monkeypatch.setattr(audits, "LIMITS", TIGHT)
    return list(audit_file_or_archive(data, name, AuditOptions(), audit_all=audit_guarded, open_archive=expand))


def told(files: list[AuditedFile]) -> set[str]:
    return {finding.message_en for file in files for document in file.documents for finding in document.findings}


@pytest.mark.parametrize("thing", DOCUMENTS)
def test_a_document_that_asks_for_much_costs_little(thing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = audited(DOCUMENTS[thing], "a.xml", monkeypatch)
    assert told(files)
    assert not told(files) & REACHED
    assert not any(file.crash for file in files)


@pytest.mark.parametrize("thing", ["a million items", "comments", "distinct names"])
def test_packed_they_cost_no_more(thing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = with_noise(DOCUMENTS[thing])
    assert len(data) < len(DOCUMENTS[thing])
    files = audited(data, "a.zip", monkeypatch)
    assert told(files)
    assert not told(files) & REACHED


REPEATED = {
    "duplicates": SOUND.replace(b"</transp>", b"</transp><cobr>" + b"<dup><nDup>1</nDup></dup>" * 200_000 + b"</cobr>"),
    "references": SOUND.replace(b"</ide>", b"<NFref><refNFe>1</refNFe></NFref>" * 200_000 + b"</ide>"),
}


@pytest.mark.parametrize("thing", REPEATED)
def test_what_no_count_foresees_meets_a_limit_and_is_its_files_finding(
    thing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = audited(with_noise(REPEATED[thing], b=b"<a/>"), "a.zip", monkeypatch)
    assert [file.name for file in files] == ["a.zip/a.xml", "a.zip/z.bin", "a.zip/b.xml"]
    assert told(files[:1]) == {GuardedError.of("memory").sentence_en}
    assert told(files[1:]) == told(audited(b"<a/>", "b.xml", monkeypatch))


def test_a_note_of_as_many_items_as_there_may_be_is_audited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audits, "LIMITS", Limits(memory_bytes=256 * MEBIBYTE))
    data = NoteBuilder(seed=3).with_items(990).authorised()
    [file] = audit_file_or_archive(data, "a.xml", AuditOptions(), audit_all=audit_guarded)
    assert file.documents[0].facts.item_count == 990
    assert not told([file]) & REACHED


def book(content: bytes) -> bytes:
    return edit(sheet(["a"]), lambda xml: xml.replace(b"</workbook>", content + b"</workbook>"), "xl/workbook.xml")


SPREADSHEETS = {
    "a deep workbook": book(b"<a>" * 2_000_000 + b"</a>" * 2_000_000),
    "a wide workbook": book(b"<a/>" * 2_000_000),
    "a workbook of names": book(numbered(b"<a%d/>", 60_000)),
    "a workbook of attributes": book(b"<a " + numbered(b"a%d='1' ", 300_000) + b"/>"),
    "a workbook larger than any": book(b" " * 20 * MEBIBYTE),
    "deep relations": edit(
        sheet(["a"]),
        lambda xml: xml.replace(b"</Relationships>", b"<a>" * 300_000 + b"</a>" * 300_000 + b"</Relationships>"),
        "xl/_rels/workbook.xml.rels",
    ),
}


@pytest.mark.parametrize("thing", SPREADSHEETS)
def test_a_spreadsheet_that_asks_for_much_is_refused_by_counting(thing: str) -> None:
    with pytest.raises(GuardedError) as raised:
        list(run_guarded(SHEET_READER, SPREADSHEETS[thing], TIGHT))
    assert raised.value.code == "too-large"

"""The official schemas, found without nfelib's bindings, and their words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import etree

from malha.fiscal.schema import MAX_PROBLEMS, event_schema, note_schema
from malha.simulators.nfe import NoteBuilder, cancellation, correction, manifestation, tampering

AFTER_IE = "IEST, IM, CRT"
NCM = "[0-9]{2}|[0-9]{8}"


def problems(data: bytes, root: str = "nfeProc") -> list[tuple[str, str, str | None, str | None]]:
    schema = note_schema(root, "4.00")
    assert schema is not None
    return [(one.pt, one.en, one.found, one.expected) for one in schema.problems(etree.fromstring(data))]


@pytest.mark.parametrize(
    "builder", [NoteBuilder(1), NoteBuilder(2, model="65"), NoteBuilder(3).simples(), NoteBuilder().alphanumeric()]
)
def test_generated_notes_are_valid(builder: NoteBuilder) -> None:
    assert problems(builder.authorised()) == []
    assert problems(builder.signed(), "NFe") == []


def test_generated_events_are_valid() -> None:
    plan = NoteBuilder(1).plan()
    for builder in (cancellation(plan), correction(plan), manifestation(plan, "210220")):
        element = etree.fromstring(builder.signed())
        kind = element.find(".//{*}tpEvento")
        schema = event_schema(kind.text or "") if kind is not None else None
        assert schema is not None
        assert schema.problems(element) == []


def test_layouts_without_schema_are_not_judged() -> None:
    assert note_schema("nfeProc", "3.10") is None
    assert event_schema("999999") is None


def edited(verb: str, *arguments: str) -> bytes:
    note = NoteBuilder(1)
    getattr(note, verb)(*arguments)
    return note.signed()


@pytest.mark.parametrize(
    ("data", "pt", "found", "expected"),
    [
        (edited("set", "ide/mod", "9"), "O conteúdo de mod não segue o leiaute.", "9", "um de '55', '65'"),
        (edited("set", "det[1]/prod/NCM", "A"), "O conteúdo de NCM não segue o leiaute.", "A", f"padrão {NCM}"),
        (edited("remove", "ide/mod"), "serie não é esperado aqui; o leiaute pede mod.", "serie", "mod"),
        (edited("remove", "emit/CRT"), f"Falta um elemento em emit; o leiaute pede {AFTER_IE}.", None, AFTER_IE),
        (edited("set", "@versao", ""), "O conteúdo de infNFe/@versao não segue o leiaute.", "", "padrão 4\\.00"),
        (edited("set", "@other", "1"), "infNFe não tem o atributo other no leiaute.", "other", None),
    ],
)  # fmt: skip
def test_problems_are_told_in_words(data: bytes, pt: str, found: str | None, expected: str | None) -> None:
    told = problems(data, "NFe")
    assert (pt, found, expected) in [(one[0], one[2], one[3]) for one in told]


def test_a_problem_knows_its_element_and_line() -> None:
    data = tampering.reindented(NoteBuilder(1).set("det[3]/prod/NCM", "AB").signed())
    schema = note_schema("NFe", "4.00")
    assert schema is not None
    (problem,) = schema.problems(etree.fromstring(data))
    assert problem.element is not None
    assert problem.element.text == "AB"
    assert data.splitlines()[problem.line - 1].strip() == b"<NCM>AB</NCM>"


def test_the_list_of_problems_ends() -> None:
    note = NoteBuilder(1).with_items(120, "00")
    for number in range(1, 121):
        note.set(f"det[{number}]/prod/NCM", "AB")
    assert len(problems(note.signed(), "NFe")) == MAX_PROBLEMS


def test_threads_share_a_schema() -> None:
    good, bad = NoteBuilder(1).signed(), edited("set", "det[1]/prod/NCM", "AB")
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda data: len(problems(data, "NFe")), [good, bad] * 20))
    assert counts == [0, 1] * 20

"""The official schemas, found without nfelib's bindings, and their words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import etree

from malha.fiscal.schema import MAX_PROBLEMS, event_schema, note_schema
from malha.simulators.nfe import NoteBuilder, cancellation, correction, manifestation, tampering

NFE = "http://www.portalfiscal.inf.br/nfe"
AFTER_IE = "IEST, IM, CRT"
NCM = "[0-9]{2}|[0-9]{8}"


def problems(
    data: bytes, root: str = "nfeProc", *, layout: str = "4.00"
) -> list[tuple[str, str, str | None, str | None]]:
    schema = note_schema(root, layout)
    assert schema is not None
    return [(one.pt, one.en, one.found, one.expected) for one in schema.problems(etree.fromstring(data))]


@pytest.mark.parametrize(
    "builder", [NoteBuilder(1), NoteBuilder(2, model="65"), NoteBuilder(3).simples(), NoteBuilder().alphanumeric()]
)
def test_generated_notes_are_valid(builder: NoteBuilder) -> None:
    assert problems(builder.authorised()) == []
    assert problems(builder.signed(), "NFe") == []


OLD = (
    NoteBuilder(1, layout="3.10"),
    NoteBuilder(2, layout="3.10", model="65"),
    NoteBuilder(3, layout="3.10").simples(),
)


@pytest.mark.parametrize("builder", [*OLD, NoteBuilder(4, layout="3.10").interstate("BA").to_consumer()])
def test_generated_notes_of_the_old_layout_are_valid(builder: NoteBuilder) -> None:
    assert problems(builder.authorised(), layout="3.10") == []
    assert problems(builder.signed(), "NFe", layout="3.10") == []


_START = {"cUF": "35", "cNF": "12345678", "natOp": "VENDA", "indPag": "0", "mod": "55", "serie": "1", "nNF": "1"}


@pytest.mark.parametrize(
    ("layout", "last", "next_fields"),
    [
        ("1.10", "dSaiEnt", "tpNF"),
        ("2.00", "dSaiEnt", "hSaiEnt, tpNF"),
        ("3.10", "dhEmi", "dhSaiEnt, tpNF"),
        ("4.00", "dhEmi", "dhSaiEnt, dPrevEntrega, tpNF"),
    ],
)
def test_every_layout_is_judged_by_a_schema_of_its_own(layout: str, last: str, next_fields: str) -> None:
    """A note that ends after its date: the schema asks for what follows the date in that layout."""
    start = {name: value for name, value in _START.items() if layout != "4.00" or name != "indPag"}
    if layout == "1.10":
        start["cNF"] = "123456789"
    dates = (
        {"dEmi": "2010-05-12", "dSaiEnt": "2010-05-12"} if last == "dSaiEnt" else {"dhEmi": "2017-05-12T10:30:00-03:00"}
    )
    start |= dates
    ide = "".join(f"<{name}>{value}</{name}>" for name, value in start.items())
    note = f'<NFe xmlns="{NFE}"><infNFe versao="{layout}" Id="NFe{"1" * 44}"><ide>{ide}</ide></infNFe></NFe>'
    (first, *_) = problems(note.encode(), "NFe", layout=layout)
    assert first[3] == next_fields
    assert note_schema("nfeProc", layout) is note_schema("nfeProc", layout)


@pytest.mark.parametrize(
    ("path", "value"),
    [("det[1]/prod/vProd", "12,30"), ("ide/dhEmi", "12/05/2017"), ("dest/enderDest/CEP", "01001-000")],
)
def test_what_an_old_note_writes_wrong_is_refused(path: str, value: str) -> None:
    (problem,) = problems(NoteBuilder(1, layout="3.10").set(path, value).authorised(), layout="3.10")
    assert problem[2] == value


def test_generated_events_are_valid() -> None:
    plan = NoteBuilder(1).plan()
    for builder in (cancellation(plan), correction(plan), manifestation(plan, "210220")):
        element = etree.fromstring(builder.signed())
        kind = element.find(".//{*}tpEvento")
        schema = event_schema(kind.text or "") if kind is not None else None
        assert schema is not None
        assert schema.problems(element) == []


def test_layouts_without_schema_are_not_judged() -> None:
    assert note_schema("nfeProc", "1.07") is None
    assert note_schema("NFeDados", "3.10") is None
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

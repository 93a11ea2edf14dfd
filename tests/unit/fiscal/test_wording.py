"""The words of a report: each language throughout, amounts as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from tests.factories.all_cases import all_cases
from tests.factories.file_cases import FileCase
from tests.factories.rule_cases import RuleCase

from malha.fiscal.audit import audit
from malha.fiscal.findings import Finding
from malha.fiscal.money import show_money, show_number
from malha.fiscal.phrases import to_english
from malha.fiscal.readers import read_or_explain
from malha.fiscal.wording import (
    count_of,
    expected_of,
    formula_of,
    list_left_out,
    list_statuses,
    message_of,
    show_formula,
    show_value,
)

PORTUGUESE = re.compile(
    r"[ãõçáéíóúâêôàÃÕÇÁÉÍÓÚÂÊÔÀ]|\b(?:de|da|das|dos|soma|emitente|sem|com|ou|antes|depois|nota|notas|itens|linha|valor|"
    r"para|pelo|pela|em|na|que|um|uma|isento|desde|codigo|tipo|outro|outra|mesmo|mesma|cada|deve|foi|nem|por|entre|sobre|"
    r"maior|menor|grupo|campo|operacao|saida|entrada|venda|compra|imposto|total de)\b",
    re.IGNORECASE,
)
OFFICIAL = re.compile(r"SEM GTIN|Rio de Janeiro/RJ")


def _documents(case: RuleCase | FileCase) -> list[bytes]:
    broken = case.broken()
    if isinstance(broken, bytes):
        return [broken]
    return [broken.authorised()] if hasattr(broken, "authorised") else list(broken)  # type: ignore[union-attr]


def _findings(case: RuleCase | FileCase, files: list[bytes]) -> list[Finding]:
    name = getattr(case, "name", None)
    documents = [one for no, data in enumerate(files) for one in read_or_explain(data, name or f"{no}.xml")]
    return audit(documents, options=case.options).findings


def _contents(files: list[bytes]) -> set[str]:
    """What the documents say, as far as it could be mistaken for a language."""
    found = {
        content.strip() for data in files for content in re.findall(r">([^<>]{3,})<", data.decode(errors="replace"))
    }
    return {content for content in found if PORTUGUESE.search(content)}


def _without_quotes(text: str, contents: set[str]) -> str:
    for content in contents:
        text = text.replace(content, "…")
    return OFFICIAL.sub("…", re.sub(r"“[^”]*”", "…", text))


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_a_finding_in_english_holds_no_portuguese(case: RuleCase | FileCase) -> None:
    files = _documents(case)
    contents = _contents(files)
    for finding in _findings(case, files):
        for text in (message_of(finding, "en"), expected_of(finding, "en"), formula_of(finding, "en")):
            told = _without_quotes(text or "", contents)
            assert not PORTUGUESE.search(told), f"{finding.rule_id}: {text} (malha.fiscal.phrases lacks its English)"


@pytest.mark.parametrize(
    ("portuguese", "english"),
    [
        ("soma de vICMS dos itens = 12.00", "sum of vICMS over the items = 12.00"),
        ("rejeição 772: emitente em SP, destinatário no exterior", "rejection 772: issuer in SP, recipient abroad"),
        ("102, 103, 300, 400 ou 500", "102, 103, 300, 400 or 500"),
        ("no máximo 60 caracteres", "at most 60 characters"),
        ("Sementes de soja ou milho", "Sementes de soja ou milho"),
        (None, None),
    ],
)
def test_phrases_are_translated_and_other_words_left_alone(portuguese: str | None, english: str | None) -> None:
    assert to_english(portuguese) == english


@pytest.mark.parametrize(
    ("amount", "portuguese", "english"),
    [
        ("134965.50", "R$ 134.965,50", "R$ 134,965.50"),
        ("0", "R$ 0,00", "R$ 0.00"),
        ("-1234.5", "R$ -1.234,50", "R$ -1,234.50"),
        ("1.2345678901", "R$ 1,2345678901", "R$ 1.2345678901"),
        ("1000000", "R$ 1.000.000,00", "R$ 1,000,000.00"),
    ],
)
def test_money_is_written_as_people_do(amount: str, portuguese: str, english: str) -> None:
    assert (show_money(Decimal(amount), "pt"), show_money(Decimal(amount), "en")) == (portuguese, english)


def test_a_number_keeps_its_decimals() -> None:
    assert (show_number(Decimal("1234.5000"), "pt"), show_number(Decimal("1234.5000"), "en")) == (
        "1.234,5000",
        "1,234.5000",
    )


@pytest.mark.parametrize(
    ("text", "xpath", "shown"),
    [
        ("134965.50", "/NFe/infNFe/total/ICMSTot/vNF", "R$ 134.965,50"),
        ("18.00", "/NFe/infNFe/det[1]/imposto/ICMS/ICMS00/pICMS", "18,00%"),
        ("2.0000", "/NFe/infNFe/det[1]/prod/qCom", "2,0000"),
        ("84713012", "/NFe/infNFe/det[1]/prod/NCM", "84713012"),
        ("4.00", "/NFe/infNFe/@versao", "4.00"),
        ("abc", "/NFe/infNFe/total/ICMSTot/vNF", "abc"),
        (None, "/NFe/infNFe/total/ICMSTot/vNF", None),
    ],
)
def test_a_field_is_shown_as_what_it_is(text: str | None, xpath: str, shown: str | None) -> None:
    assert show_value(text, xpath, "pt") == shown


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("vBC 1000.00 x pICMS 18.00% = 180.00", "vBC 1.000,00 x pICMS 18,00% = 180,00"),
        ("emissão em 2026-05-12, NT 2025.002", "emissão em 2026-05-12, NT 2025.002"),
        ("versão 1.2.3 de 10/11/2026", "versão 1.2.3 de 10/11/2026"),
    ],
)
def test_a_calculation_shows_its_numbers_as_people_write_them(formula: str, shown: str) -> None:
    assert show_formula(formula, "pt") == shown
    assert show_formula(formula, "en") == formula


def test_one_and_many() -> None:
    assert [count_of(count, "document", "pt") for count in (0, 1, 2)] == ["0 documentos", "1 documento", "2 documentos"]
    assert list_statuses({"OK": 1, "ERRO": 2, "ALERTA": 0}, "pt") == "2 com erro, 1 sem problemas"
    assert list_left_out({"pdf": 1}, "pt") == "1 arquivo deixado de lado (1 PDF)"
    assert list_left_out({"pdf": 1, "?": 2}, "en") == "3 files left out (2 ?, 1 PDF)"
    assert list_left_out({}, "pt") == ""

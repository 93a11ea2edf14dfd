"""What somebody types is a query, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.procurement.rules.folding import ENDINGS, FROM, TO, fold
from malha.procurement.rules.queries import MOST_TERMS, Term, find_cpfs, number_key, read_query


def test_words_phrases_and_exclusions_are_told_apart() -> None:
    query = read_query('merenda "Gêneros Alimentícios" -carne -"pão francês" ar-condicionado')

    assert query.terms == (
        Term("merenda"),
        Term("genero  alimenticio", is_phrase=True),
        Term("carne", is_excluded=True),
        Term("pao frances", is_phrase=True, is_excluded=True),
        Term("ar condicionado"),
    )
    assert [term.text for term in query.wanted] == ["merenda", "genero  alimenticio", "ar condicionado"]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ('"papel a4', (Term("papel a4", is_phrase=True),)),
        ("“papel a4”", (Term("papel a4", is_phrase=True),)),
        ('""', ()),
        ("- -- ---", ()),
        ("caneta -", (Term("caneta"),)),
        ("a\x00b", (Term("a"), Term("b"))),
        ("caneta/lápis", (Term("caneta lapis"),)),
        ("& | ! ( ) <-> :*", ()),
    ],
)
def test_what_is_no_word_is_no_term(text: str, terms: tuple[Term, ...]) -> None:
    assert read_query(text).terms == terms


@given(st.text())
def test_no_text_is_refused_and_no_term_has_a_sign(text: str) -> None:
    terms = read_query(text).terms

    assert len(terms) <= MOST_TERMS
    for term in terms:
        assert term.text
        assert not set(term.text) & set("\x00&|!():*<>'\"\\-")


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    folded = fold(text)

    assert len(folded) == len(text) + 1


def test_the_tables_of_folding_fit_one_another() -> None:
    assert len(FROM) == len(TO) == len(set(FROM))
    assert all(len(plural) == len(singular) and plural.endswith(" ") for plural, singular in ENDINGS)


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("aquisição", "aquisições"), ("licitação", "LICITAÇÕES"), ("material", "materiais"), ("papel", "papéis"),
        ("móvel", "moveis"), ("lençol", "lençóis"), ("item", "itens"), ("obra", "obras"), ("pneu", "pneus"),
        ("pão", "pães"),
    ],
)  # fmt: skip
def test_plurals_that_the_stemmer_misses_are_their_singulars(singular: str, plural: str) -> None:
    assert fold(plural).strip() == fold(singular).strip()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("00394460005887-1-000123/2024", "0039446000588710001232024"),
        ("23102.004018/2024-13", "23102004018202413"),
        ("12.345.678/0001-95", "12345678000195"),
        ("12ABC34501DE35", "12ABC34501DE35"),
        (" 90012/2026 ", "900122026"),
        ("papel 2024", None),
        ("123", None),
        ("1.2.3", None),
        ("caneta", None),
        ("", None),
    ],
)
def test_a_number_is_known_by_its_digits(text: str, key: str | None) -> None:
    assert number_key(text) == key


def test_cpfs_are_found_however_they_are_written() -> None:
    valid = "529.982.247-25"

    assert find_cpfs(f"de {valid} e 52998224725, não 11111111111 nem 529.982.247-26") == [valid, "52998224725"]
    assert find_cpfs("529 982 247 25") == ["529 982 247 25"]
    assert find_cpfs("protocolo 1529982247251") == []

"""Whatever somebody types, the database takes it; and it folds texts as Python does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.procurement_desk import ProcurementDesk, open_desk

from malha.procurement.rules.folding import FROM, fold, folded_sql

SIGNS = st.text(alphabet="ab1 \"-&|!():*<>\\'%_?@/.,~^´ç\t\n", max_size=60)


@pytest.fixture(scope="module")
def desk(database_url: str, redis_url: str) -> Iterator[ProcurementDesk]:
    with open_desk(database_url, redis_url) as desk:
        desk.procurement("papel a b")
        desk.contract(None, "33000167000101", "PAPELARIA A B")
        yield desk


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=SIGNS | st.text(max_size=60))
def test_no_text_makes_a_syntax_error(desk: ProcurementDesk, text: str) -> None:
    for path in ("procurements", "suppliers"):
        response = desk.get(path, q=text)
        assert response.status_code in {200, 403, 422}, response.text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"])) | st.text(FROM))
def test_the_database_folds_as_python_does(desk: ProcurementDesk, text: str) -> None:
    query = f"SELECT {folded_sql('%(text)s::text')} AS folded"

    row = desk.engine.record.execute(query, {"text": text}).fetchone()  # type: ignore[arg-type] - a test's own text

    assert row is not None
    assert row["folded"] == fold(text)

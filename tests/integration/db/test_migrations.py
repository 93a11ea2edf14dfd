"""The schema goes up, down and up again, and is what the models say."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from malha.db.migrate import check, downgrade, upgrade
from malha.kit.urls import libpq_url

_OBJECTS = """
SELECT 'table ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i', 'S', 'v')
UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
    FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""


def objects(database_url: str) -> set[str]:
    with psycopg.connect(libpq_url(database_url)) as connection:
        return {row[0] for row in connection.execute(_OBJECTS)}


def test_every_migration_can_be_taken_back_and_made_again(new_database: Callable[..., str]) -> None:
    url = new_database(empty=True)
    upgrade(url)
    whole = objects(url)
    downgrade(url, "base")
    left = {name for name in objects(url) if "alembic_version" not in name}
    assert left == set()
    upgrade(url)
    assert objects(url) == whole
    check(url)


def test_the_last_migration_can_be_taken_back_alone(new_database: Callable[..., str]) -> None:
    url = new_database()
    whole = objects(url)
    downgrade(url, "-1")
    assert objects(url) != whole
    upgrade(url)
    assert objects(url) == whole

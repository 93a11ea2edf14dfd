"""search procurement"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_FROM = "E'áàâãäåéèêëíìîïóòôõöúùûüçñýÁÀÂÃÄÅÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑÝABCDEFGHIJKLMNOPQRSTUVWXYZ/\\\\.,;:()[]{}<>|-_–—+=*&@#!?~^`´¨\\'\"“”‘’•°$\\u0009\\u000a\\u000d\\u000c\\u000b\\u00a0ºª²³'"
_TO = "E'aaaaaaeeeeiiiiooooouuuucnyaaaaaaeeeeiiiiooooouuuucnyabcdefghijklmnopqrstuvwxyz                                               oa23'"
_ENDINGS = (
    ("oes ", "ao  "), ("aes ", "ao  "), ("ais ", "al  "), ("eis ", "el  "), ("ois ", "ol  "), ("ns ", "m  "),
    ("as ", "a  "), ("os ", "o  "), ("us ", "u  "),
)  # fmt: skip
_LISTED = "coalesce(published_at, version_at)"
_OLD = (
    "translate(coalesce({}, ''), 'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑáàâãäéèêëíìîïóòôõöúùûüçñ', "
    "'AAAAAEEEEIIIIOOOOOUUUUCNaaaaaeeeeiiiiooooouuuucn')"
)

_ITEM_FUNCTION = """
CREATE FUNCTION procurement_items_take_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT p.published_at, p.organ_cnpj, p.uf, p.city_code, p.modality_id
    INTO NEW.published_at, NEW.organ_cnpj, NEW.uf, NEW.city_code, NEW.modality_id
    FROM procurements p WHERE p.control_number = NEW.control_number;
    RETURN NEW;
END $$
"""
_ITEM_TRIGGER = """
CREATE TRIGGER take_place BEFORE INSERT ON procurement_items
FOR EACH ROW EXECUTE FUNCTION procurement_items_take_place()
"""
_PROCUREMENT_FUNCTION = """
CREATE FUNCTION procurements_give_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE procurement_items
    SET published_at = NEW.published_at, organ_cnpj = NEW.organ_cnpj, uf = NEW.uf, city_code = NEW.city_code,
        modality_id = NEW.modality_id
    WHERE control_number = NEW.control_number;
    RETURN NULL;
END $$
"""
_PROCUREMENT_TRIGGER = """
CREATE TRIGGER give_place AFTER UPDATE OF published_at, organ_cnpj, uf, city_code, modality_id ON procurements
FOR EACH ROW WHEN ((OLD.published_at, OLD.organ_cnpj, OLD.uf, OLD.city_code, OLD.modality_id)
    IS DISTINCT FROM (NEW.published_at, NEW.organ_cnpj, NEW.uf, NEW.city_code, NEW.modality_id))
EXECUTE FUNCTION procurements_give_place()
"""
_FILL_ITEMS = """
UPDATE procurement_items i
SET published_at = p.published_at, organ_cnpj = p.organ_cnpj, uf = p.uf, city_code = p.city_code,
    modality_id = p.modality_id
FROM procurements p WHERE p.control_number = i.control_number
"""
_NAMES = """
INSERT INTO procurement_supplier_names (supplier_id, kind, name)
SELECT DISTINCT ON (a.supplier_id, a.supplier_name) a.supplier_id, a.supplier_kind, a.supplier_name FROM {} a
WHERE a.supplier_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM procurement_supplier_names n
    WHERE n.supplier_id = a.supplier_id AND n.name IS NOT DISTINCT FROM a.supplier_name)
ORDER BY a.supplier_id, a.supplier_name
"""
_NAMES_FUNCTION = f"""
CREATE FUNCTION procurement_supplier_names_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_NAMES.format("added")};
    RETURN NULL;
END $$
"""
_NAMES_TRIGGER = """
CREATE TRIGGER add_supplier_names_{event} AFTER {event} ON {table} REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION procurement_supplier_names_add()
"""


def _folded(text: str) -> str:
    sql = f"translate({text}, {_FROM}, {_TO}) || ' '"
    for plural, singular in _ENDINGS:
        sql = f"replace({sql}, '{plural}', '{singular}')"
    return sql


def _search(column: str, configuration: str = "portuguese") -> sa.Column[str]:
    folded = _folded(f"coalesce({column}, '')")
    return _vector(f"to_tsvector('{configuration}'::regconfig, {folded})")


def _vector(expression: str) -> sa.Column[str]:
    return sa.Column("search", postgresql.TSVECTOR(), sa.Computed(expression, persisted=True), nullable=False)


def _facets(instant: str, *keys: str) -> sa.Column[list[str]]:
    day = f"floor(extract(epoch FROM {instant} - '2020-01-01 03:00+00'::timestamptz) / 86400)::int"
    dated = [f"'d' || ({day})::text", f"'w' || (floor(({day}) / 16.0)::int)::text"]
    array = ", ".join([*dated, *(f"'{key[0]}' || {key[2:]}" for key in keys)])
    computed = sa.Computed(f"array_remove(ARRAY[{array}], NULL)", persisted=True)
    return sa.Column("facets", sa.ARRAY(sa.Text()), computed, nullable=False)


def _bare(column: str) -> str:
    return f"translate(upper({column}), E' ./-–_\\\\ºª,:;()', '')"


def _magnitude(column: str) -> str:
    whole = f"trunc(abs({column}))::text"
    return f"length({whole})::text || '.' || left({whole}, 1)"


def _listed() -> sa.Column[object]:
    return sa.Column("listed_at", sa.DateTime(timezone=True), sa.Computed(_LISTED, persisted=True), nullable=False)


def _index(table: str) -> None:
    op.create_index(f"ix_{table}_search", table, ["search", "facets"], unique=False, postgresql_using="gin")


def upgrade() -> None:
    for table in ("procurements", "procurement_items"):
        op.drop_index(f"ix_{table}_search", table_name=table, postgresql_using="gin")
        op.drop_column(table, "search")
    place = ("o:organ_cnpj", "u:uf", "c:city_code", "m:modality_id::text", "s:situation_id::text")
    op.add_column("procurements", _search("object"))
    estimated = _magnitude("coalesce(nullif(estimated_total, 0), awarded_total)")
    numbers = (f"p:{_bare('process')}", f"n:{_bare('number')}")
    op.add_column("procurements", _facets("published_at", *place, f"v:{estimated}", *numbers))
    _index("procurements")
    for name in ("organ_cnpj", "uf", "city_code"):
        op.add_column("procurement_items", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("procurement_items", sa.Column("modality_id", sa.Integer(), nullable=True))
    op.add_column("procurement_items", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_FILL_ITEMS)
    op.alter_column("procurement_items", "published_at", nullable=False)
    op.add_column("procurement_items", _search("description"))
    codes = (f"h:{_bare('left(ncm_code, 4)')}", f"n:{_bare('ncm_code')}", "k:catalog_code")
    op.add_column("procurement_items", _facets("published_at", *place, f"v:{_magnitude('estimated_total')}", *codes))
    _index("procurement_items")
    total = _magnitude("coalesce(total, initial_value)")
    of_contracts = ("o:organ_cnpj", "u:uf", "c:city_code", f"v:{total}", f"p:{_bare('process')}")
    contracts = _facets(_LISTED, *of_contracts, f"n:{_bare('number')}", "t:supplier_id")
    records = _facets(_LISTED, "o:organ_cnpj", f"n:{_bare('number')}")
    for table, found_by in (("procurement_contracts", contracts), ("procurement_price_records", records)):
        op.add_column(table, _listed())
        op.add_column(table, _search("object"))
        op.add_column(table, found_by)
        columns = ["listed_at", "control_number"]
        op.create_index(f"ix_{table}_listed_at_control_number", table, columns, unique=False)
        _index(table)
    op.create_table(
        "procurement_supplier_names",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("supplier_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _search("name", "simple"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procurement_supplier_names")),
    )
    names = "procurement_supplier_names"
    op.create_index(f"ix_{names}_supplier_id_id", names, ["supplier_id", "id"], unique=False)
    op.create_index(f"ix_{names}_search", names, ["search"], unique=False, postgresql_using="gin")
    for table in ("procurement_results", "procurement_contracts"):
        op.execute(_NAMES.format(table))
    op.execute(_NAMES_FUNCTION)
    for table, event in (
        ("procurement_results", "insert"),
        ("procurement_contracts", "insert"),
        ("procurement_contracts", "update"),
    ):
        op.execute(_NAMES_TRIGGER.format(table=table, event=event))
    for statement in (_ITEM_FUNCTION, _ITEM_TRIGGER, _PROCUREMENT_FUNCTION, _PROCUREMENT_TRIGGER):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER give_place ON procurements")
    op.execute("DROP TRIGGER take_place ON procurement_items")
    for event in ("insert", "update"):
        op.execute(f"DROP TRIGGER add_supplier_names_{event} ON procurement_contracts")
    op.execute("DROP TRIGGER add_supplier_names_insert ON procurement_results")
    for function in ("procurements_give_place", "procurement_items_take_place", "procurement_supplier_names_add"):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("procurement_supplier_names")
    for table in ("procurement_price_records", "procurement_contracts"):
        for column in ("facets", "search", "listed_at"):
            op.drop_column(table, column)
    for column in ("facets", "search", "modality_id", "city_code", "uf", "organ_cnpj", "published_at"):
        op.drop_column("procurement_items", column)
    for column in ("facets", "search"):
        op.drop_column("procurements", column)
    for table, text in (("procurements", "object"), ("procurement_items", "description")):
        op.add_column(table, _vector(f"to_tsvector('portuguese'::regconfig, {_OLD.format(text)})"))
        op.create_index(f"ix_{table}_search", table, ["search"], unique=False, postgresql_using="gin")

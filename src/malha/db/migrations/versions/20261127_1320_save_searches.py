"""save searches"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# Written by the transaction that changes a procurement, whoever it is, so that no change is seen without its row. One
# statement, one insert: a page of fifty or a COPY of a million costs one call.
_NOTE_NEW = """
CREATE FUNCTION procurement_note_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO procurement_changes (control_number) SELECT control_number FROM fresh;
    RETURN NULL;
END $$
"""
_NOTE_CHANGED = """
CREATE FUNCTION procurement_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO procurement_changes (control_number)
    SELECT fresh.control_number FROM fresh JOIN former USING (control_number)
    WHERE fresh.digest <> former.digest
       OR (fresh.items_state = 'complete' AND former.items_state <> 'complete');
    RETURN NULL;
END $$
"""
_ON_INSERT = """
CREATE TRIGGER procurements_note_new AFTER INSERT ON procurements REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION procurement_note_new()
"""
_ON_UPDATE = """
CREATE TRIGGER procurements_note_changed AFTER UPDATE ON procurements
REFERENCING OLD TABLE AS former NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION procurement_note_changed()
"""


def upgrade() -> None:
    op.create_table(
        "procurement_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("search_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procurement_changes")),
    )
    op.create_table(
        "procurement_saved_searches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filter", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("look_in", sa.Text(), nullable=False),
        sa.Column("tell_of", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("endpoint_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_digest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procurement_saved_searches")),
    )
    op.create_index(
        "ix_procurement_saved_searches_next_digest_at", "procurement_saved_searches", ["next_digest_at"], unique=False
    )
    op.create_index(
        "ix_procurement_saved_searches_workspace_id_created_at_id",
        "procurement_saved_searches",
        ["workspace_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "procurement_search_matches",
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column("control_number", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("shown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["procurement_saved_searches.id"],
            name="fk_procurement_search_matches_search",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("search_id", "control_number", "digest", name=op.f("pk_procurement_search_matches")),
    )
    op.create_index(
        "ix_procurement_search_matches_search_id_matched_at",
        "procurement_search_matches",
        ["search_id", "matched_at", "control_number", "digest"],
        unique=False,
    )
    op.create_index(
        "ix_procurement_search_matches_untold",
        "procurement_search_matches",
        ["search_id"],
        unique=False,
        postgresql_where=sa.text("message_id IS NULL"),
    )
    for statement in (_NOTE_NEW, _NOTE_CHANGED, _ON_INSERT, _ON_UPDATE):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER procurements_note_changed ON procurements")
    op.execute("DROP TRIGGER procurements_note_new ON procurements")
    op.execute("DROP FUNCTION procurement_note_changed()")
    op.execute("DROP FUNCTION procurement_note_new()")
    op.drop_index(
        "ix_procurement_search_matches_untold",
        table_name="procurement_search_matches",
        postgresql_where=sa.text("message_id IS NULL"),
    )
    op.drop_index("ix_procurement_search_matches_search_id_matched_at", table_name="procurement_search_matches")
    op.drop_table("procurement_search_matches")
    op.drop_index("ix_procurement_saved_searches_workspace_id_created_at_id", table_name="procurement_saved_searches")
    op.drop_index("ix_procurement_saved_searches_next_digest_at", table_name="procurement_saved_searches")
    op.drop_table("procurement_saved_searches")
    op.drop_table("procurement_changes")

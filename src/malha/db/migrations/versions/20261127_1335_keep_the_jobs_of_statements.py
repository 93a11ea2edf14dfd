"""keep the jobs of statements"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # not valid: a job that went before, when nothing held it, must not take its statement with it
    op.create_foreign_key(
        op.f("fk_bank_statements_job_id_jobs"),
        "bank_statements",
        "jobs",
        ["job_id"],
        ["id"],
        ondelete="CASCADE",
        postgresql_not_valid=True,
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_bank_statements_job_id_jobs"), "bank_statements", type_="foreignkey")

"""Functions and triggers that make the audit log append-only and link its entries as they commit."""

from __future__ import annotations

_REFUSE_CHANGES = """
CREATE FUNCTION audit_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""

# Each statement of the function sees what committed before it, so the head is read after the lock is held.
_LINK_ENTRY = """
CREATE FUNCTION audit_log_link_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head_seq bigint;
    head_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit_log_links', 0));
    SELECT seq, hash INTO head_seq, head_hash FROM audit_log_links ORDER BY seq DESC LIMIT 1;
    head_seq := coalesce(head_seq, 0) + 1;
    head_hash := coalesce(head_hash, decode(repeat('00', 32), 'hex'));
    INSERT INTO audit_log_links (seq, entry_id, hash)
    VALUES (head_seq, NEW.id, sha256(head_hash || int8send(head_seq) || uuid_send(NEW.id) || NEW.mac));
    RETURN NULL;
END $$
"""

_LINK_TRIGGER = """
CREATE CONSTRAINT TRIGGER audit_log_link AFTER INSERT ON audit_log
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_log_link_entry()
"""


def _append_only(table: str) -> str:
    return f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change()
"""


UP: tuple[str, ...] = (
    _REFUSE_CHANGES,
    _LINK_ENTRY,
    _LINK_TRIGGER,
    _append_only("audit_log"),
    _append_only("audit_log_links"),
)

DOWN: tuple[str, ...] = (
    "DROP TRIGGER audit_log_links_append_only ON audit_log_links",
    "DROP TRIGGER audit_log_append_only ON audit_log",
    "DROP TRIGGER audit_log_link ON audit_log",
    "DROP FUNCTION audit_log_link_entry()",
    "DROP FUNCTION audit_log_refuse_change()",
)

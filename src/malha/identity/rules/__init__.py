"""Pure calculations of identity: rights, secrets, signatures and the audit chain."""

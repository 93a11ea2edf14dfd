"""Official code tables as dated data: one small module a table, each read from its file on first use."""

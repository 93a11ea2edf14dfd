"""Queries of the audits. What the API shows starts from what the principal may see; jobs stay within their own rows."""

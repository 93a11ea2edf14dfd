"""Queries of the banking slice. What the API shows starts from what the principal may see; jobs stay in one account."""

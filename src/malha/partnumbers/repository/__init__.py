"""Queries of the part numbers. What the API shows starts from what the principal may see."""

"""Queries of the suppliers, whose tables belong to no workspace."""

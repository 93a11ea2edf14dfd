"""Calculations of the expenses that need no database."""

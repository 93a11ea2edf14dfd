"""Expenses: suppliers and payments checked one by one or in batches of any size."""

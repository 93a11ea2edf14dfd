"""The statements of the procurement slice."""

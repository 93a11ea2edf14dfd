"""The company registry: look-ups within other people's limits, kept, shared, and imported from the open data."""

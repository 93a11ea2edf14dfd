"""Faithful local stand-ins of outside systems, for tests, benchmarks and the offline demo."""

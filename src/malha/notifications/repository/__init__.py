"""Queries of endpoints, messages and deliveries."""

"""Passwords that everybody knows: settings refuse them, and people may not choose them."""

WEAK_PASSWORDS = frozenset({"", "admin", "changethis", "changeme", "malha", "password", "secret"})

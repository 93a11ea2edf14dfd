"""What all generated notes have in common."""

IS_A_SAMPLE = "NF-SIG-011"
"""The finding that each of them gets: its certificate says that it is one for tests."""

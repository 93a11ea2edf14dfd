"""Domain-free building blocks without input or output."""

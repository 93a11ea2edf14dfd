"""PostgreSQL and Redis of the embedded default, and the supervisor of Malha's processes."""

"""The reference AI server: the contract of part numbers over HTTP and Redis, answered by our own classifier offline."""

"""What is computed of notifications: signatures, waits, links, letters."""

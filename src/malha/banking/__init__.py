"""Bank accounts and their transactions, from statements and from Pluggy, and the payments found among them."""

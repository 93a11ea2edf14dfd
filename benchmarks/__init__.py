"""One script a claim: each prints a ratio beside an anchor that ran in the same minute."""

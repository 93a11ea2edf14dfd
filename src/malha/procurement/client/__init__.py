"""The two hosts of PNCP, asked politely and believed only when what they say adds up."""

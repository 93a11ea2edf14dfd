"""Part numbers: classified to NCM, with the evidence and the question that closes what is open."""

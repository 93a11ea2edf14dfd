"""Part numbers as the API takes and shows them."""

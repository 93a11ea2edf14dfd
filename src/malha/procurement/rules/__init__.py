"""What PNCP's records mean, without asking anybody."""

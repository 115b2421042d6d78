"""Files: written whole or not at all, hashed, opened without following links; where the store lies."""

"""Results: measured rows, kept predictions, and what is computed from them and kept beside them."""

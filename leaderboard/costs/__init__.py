"""Costs say what extraction, search and inference took."""

"""Costs: what extraction, search and inference took."""

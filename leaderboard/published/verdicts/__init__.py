"""Verdicts: published figures held one by one against the rows of a store."""

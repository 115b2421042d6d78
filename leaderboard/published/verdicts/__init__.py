"""Verdicts compare published figures one by one with the rows of a store."""

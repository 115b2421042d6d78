"""Rows of a store as a board may use them: valid, current, explained and reproducible."""

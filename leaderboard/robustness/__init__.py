"""Robustness boards show measured errors under corruption, beside published ones."""

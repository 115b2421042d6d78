"""Robustness boards: measured errors under corruption, beside published ones."""

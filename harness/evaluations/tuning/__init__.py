"""Tuning: better parameters for a subset that is chosen already, and the fits with them."""

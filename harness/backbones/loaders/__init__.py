"""Loaders: one module per library that models come from; each has `load(card, device)`."""

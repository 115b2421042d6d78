"""Plots are drawings as inline SVG, each beside a table that says the same."""

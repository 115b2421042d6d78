"""Shipped rows are what this project measured itself and hands out with its code, for the boards of everybody."""

from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "reference"
"""Their folder, as it was installed: a store without vectors, read beside any store, and never written there."""

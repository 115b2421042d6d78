"""A figure is a drawing with the numbers that it is made of."""

from dataclasses import dataclass

import polars as pl
from markupsafe import Markup


@dataclass(frozen=True)
class Figure:
    """It stands on a page with its downloads: the drawing as SVG and PNG, the numbers as CSV."""

    name: str
    """It names the files, and no other figure of the site."""
    drawing: Markup
    rows: pl.DataFrame
    """One line per mark, at full precision."""

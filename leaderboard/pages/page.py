"""A page is a template, what it is filled with, and the tables that can be downloaded from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from fuseboard.leaderboard.plots.figure import Figure


@dataclass(frozen=True)
class Page:
    """It is one HTML file of the site."""

    path: str
    """Relative to the site's root, with forward slashes."""
    template: str
    title: str
    description: str
    """A sentence for search engines and for cards that link here."""
    context: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """Name -> the rows behind a table of the page, written as `data/NAME.csv`, `.json` and `.parquet`. Full precision;
    columns of text, numbers, booleans, moments and lists of text."""
    figures: Sequence[Figure] = ()
    """Those whose numbers can be downloaded, as `data/figures/NAME.csv` with a line that says where they are from."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Path, relative to the site's root -> a file that the page shows, such as an image."""

    @property
    def root(self) -> str:
        """Return the path from this page to the site's root: empty, or `../`."""
        return "../" * self.path.count("/")

"""Private tables: what a store knows of one's own images and never gives away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


class PrivateTables:
    """What a store says of one's own images; `Store` has it."""

    root: Path

    def images(self, dataset: str) -> pl.DataFrame:
        """Returns which of one's own images every id is: split, id, path, label, perhaps group, and MD5 of the file."""
        from fuseboard.store.embeddings import image_table

        return image_table.facts(self.root, dataset)

    def metadata(self, dataset: str) -> pl.DataFrame:
        """Returns what else the table of one's own images says: source_md5, split, id, name and value of every cell.

        `.pivot("name", index=["split", "id"], values="value")` makes one row per image of it.
        """
        from fuseboard.store.embeddings import metadata

        return metadata.read(self.root, dataset)

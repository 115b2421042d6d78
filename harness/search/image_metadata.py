"""Metadata of a pool's images: the columns of their table that a store keeps, row by row as its blocks are."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.datasets.custom.missing import WORDS
from fuseboard.harness.search.pool import Pool
from fuseboard.store.embeddings import image_table, metadata
from fuseboard.store.errors import unknown
from fuseboard.store.store import Store

NOT_KNOWN = WORDS | {""}


def names(store: Store, pool: Pool) -> list[str]:
    """Returns the names of the columns that every split has.

    Raises:
        UsageError: the store keeps none of these images.
    """
    return list(metadata.of_split(store.root, pool.dataset, pool.entry.source_md5, "train"))


def values(store: Store, pool: Pool, column: str, split: str) -> list[str | None]:
    """Returns what a column says of every image of a split, in the order of `pool.all_blocks(split)`.

    Args:
        store: that keeps it.
        pool: whose images are meant, in the state that was embedded.
        column: as the table calls it.
        split: of the dataset.

    Returns:
        (N,) texts as the table has them; None where the cell is empty or a word for what is not known, such as NA.

    Raises:
        UsageError: no such column, or the store keeps none of these images.
    """
    columns = metadata.of_split(store.root, pool.dataset, pool.entry.source_md5, split)
    if column not in columns:
        raise unknown("column", column, list(columns), pool.dataset)
    return [None if cell is None or cell.strip() in NOT_KNOWN else cell.strip() for cell in columns[column]]


def units(store: Store, pool: Pool, split: str) -> NDArray[np.intp]:
    """Returns equal numbers (N,) for the images of one group, such as a patient; every image has its own without."""
    table = image_table.read(store.root, pool.dataset)
    if table is None or "group" not in table.columns or table[image_table.SOURCE][0] != pool.entry.source_md5:
        return np.arange(len(pool.labels(split)))
    groups = table.filter(pl.col("split") == split).sort("id")["group"].to_numpy()
    return np.asarray(np.unique(groups, return_inverse=True)[1], np.intp)

"""Derived versions are smaller vectors of a backbone and no backbones: alone they stand on the board of sizes."""

from collections.abc import Collection, Iterable

import polars as pl

from fuseboard.store.embeddings import derived
from fuseboard.store.embeddings.manifest import Manifest

_RUN = ["evaluation", "protocol", "dataset"]


def derived_names(rows: pl.DataFrame, manifests: Iterable[Manifest]) -> frozenset[str]:
    """Return the names of derived versions.

    A manifest says what its vectors were made of. A row whose embeddings are not here tells it by its name, where
    there is a backbone of the name that is left.

    Args:
        rows: of the store.
        manifests: of the store.
    """
    held = {manifest.backbone: derived.source_of(manifest) is not None for manifest in manifests}
    names = {*held, *rows["subset"].explode().drop_nulls()}

    def is_derived(name: str) -> bool:
        source, recipe = derived.named(name)
        return held.get(name, recipe is not None and source in names)

    return frozenset(filter(is_derived, names))


def without_derived_alone(rows: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
    """Return the rows but for those of a derived version alone; where a run joined it with others it is part of that.

    Args:
        rows: of any evaluations.
        names: of the derived versions.
    """
    alone = pl.col("subset").list.len() == 1
    own = rows.filter(alone, pl.col("subset").list.first().is_in(list(names)))
    if own.is_empty():
        return rows
    joined = rows.filter(~alone).select(*_RUN, "subset").explode("subset").unique()
    left_out = own.with_columns(pl.col("subset").list.first()).join(joined, [*_RUN, "subset"], how="anti")
    return rows.filter(~pl.col("key").is_in(left_out["key"].to_list()))

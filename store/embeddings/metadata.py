"""Metadata: what a table says of one's own images beside path and label, such as the patient, site, scanner or age.

It lies beside the table of the images, at `<root>/splits/NAME.metadata.parquet`, in long form: one row per image and
column, so that a column may be called anything. Shards, fingerprints and the keys of results know nothing of it, and
it is private: nothing of it is ever pushed.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import polars as pl

from fuseboard.store.embeddings.image_table import FOLDER
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files import atomic, literal_path

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "source_md5": pl.String,
    "split": pl.String,
    "id": pl.UInt32,
    "name": pl.String,
    "value": pl.String,
}
"""`source_md5` says which images the ids number; `name` is the column's, `value` the cell as text, null where empty."""

ENDING = ".metadata.parquet"

Columns = Mapping[str, Sequence[str | None]]
"""Name of a column -> the value of every image of a split, by ascending id."""


def path_of(root: Path, dataset: str) -> Path:
    """Where the metadata of a dataset lie, whether or not there are any."""
    return root / FOLDER / f"{dataset}{ENDING}"


def datasets(root: Path) -> list[str]:
    """Returns the names of the datasets that have some."""
    return sorted(path.name.removesuffix(ENDING) for path in (root / FOLDER).glob(f"[!.]*{ENDING}"))


def every(root: Path) -> dict[str, pl.DataFrame]:
    """Returns dataset -> its metadata, for all that have some; a damaged file is passed over."""
    found = ((dataset, _readable(path_of(root, dataset))) for dataset in datasets(root))
    return {dataset: table for dataset, table in found if table is not None}


def write(root: Path, dataset: str, source_md5: str, columns: Mapping[str, Columns]) -> None:
    """Replaces the metadata of a dataset; those of one that has none any more are removed.

    Args:
        root: the store.
        dataset: of the images.
        source_md5: of the images that the ids number.
        columns: split -> its columns.
    """
    parts = [
        pl.DataFrame({"id": range(len(values)), "value": values}, {"id": pl.UInt32, "value": pl.String}).with_columns(
            source_md5=pl.lit(source_md5), split=pl.lit(split), name=pl.lit(name)
        )
        for split, of_split in columns.items()
        for name, values in of_split.items()
    ]
    path = path_of(root, dataset)
    if not parts:
        path.unlink(missing_ok=True)
        return
    table = pl.concat(parts).select(*SCHEMA)
    before = _readable(path)
    if before is None or not before.equals(table):
        with atomic.replacing(path) as temporary:
            table.write_parquet(temporary, compression="zstd")


def read(root: Path, dataset: str) -> pl.DataFrame:
    """Returns the metadata of a dataset, a row per image and column.

    Raises:
        UsageError: there are none.
        FuseboardError: the file is damaged.
    """
    path = path_of(root, dataset)
    if not path.is_file():
        there = ", ".join(datasets(root)) or "no dataset"
        raise UsageError(
            f"{root} has no further columns of the images of {dataset}, only of {there}; the table of your own images "
            "brings them: run `fuseboard extract` with it, again where it was run before, which embeds nothing twice"
        )
    return _read(path)


def of_split(root: Path, dataset: str, source_md5: str, split: str) -> dict[str, list[str | None]]:
    """Returns the columns of a split, each by ascending id, as a block's rows are.

    Args:
        root: the store.
        dataset: of the images.
        source_md5: of the images whose vectors stand beside, so that no id means another image.
        split: of the dataset.

    Raises:
        UsageError: there are none, or none of these images.
        FuseboardError: the file is damaged.
    """
    table = read(root, dataset)
    of_images = table.filter(pl.col("source_md5") == source_md5)
    if of_images.is_empty():
        raise UsageError(
            f"{root} has the further columns of other images of {dataset} than those that were embedded; run "
            "`fuseboard extract` again with the present table"
        )
    rows = of_images.filter(pl.col("split") == split).sort("id")
    return {name: part["value"].to_list() for (name,), part in rows.group_by("name", maintain_order=True)}


def _readable(path: Path) -> pl.DataFrame | None:
    with suppress(FuseboardError):
        return _read(path)
    return None


def _read(path: Path) -> pl.DataFrame:
    try:
        return literal_path.read_parquet(path).select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise FuseboardError(
            f"{path}: no table of metadata ({reason}); run `fuseboard extract` again with the table, which embeds "
            "nothing that is there"
        ) from error

"""The table of one's own images: which file every id of a dataset is, and how the images were divided.

It lies at `<root>/splits/NAME.csv`; where versions still number earlier images, theirs lies beside it as
`NAME@SOURCE_MD5.csv`. Paths may carry the names of patients, so it is private: nothing of it is ever pushed.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

import polars as pl

from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files import atomic, literal_path

FOLDER = "splits"
FACTS = ("split", "id", "path", "label", "group", "md5")
"""What people read of it: `group` where somebody said any, `md5` is of the file."""
KEY, SOURCE, RULE = "key", "source_md5", "rule"
"""SHA-256 of what decides the pixels; the images that the ids number; how splits were made, empty where given."""


def path_of(root: Path, dataset: str) -> Path:
    """Where the table of the present images lies, whether or not it exists."""
    return root / FOLDER / f"{dataset}.csv"


def read(root: Path, dataset: str) -> pl.DataFrame | None:
    """Returns the table of the present images; None where there is none.

    Raises:
        FuseboardError: the file is damaged.
    """
    path = path_of(root, dataset)
    return _read(path) if path.is_file() else None


def facts(root: Path, dataset: str) -> pl.DataFrame:
    """Returns what people read of the table of the present images.

    Raises:
        UsageError: there is none.
        FuseboardError: the file is damaged.
    """
    table = read(root, dataset)
    if table is None:
        there = ", ".join(datasets(root)) or "no dataset"
        raise UsageError(
            f"{root} has no table of the images of {dataset}, only of {there}; extract makes it of your own images, "
            "while ids of others are row numbers in the official file"
        )
    return table.select(name for name in FACTS if name in table.columns)


def every(root: Path, dataset: str) -> Iterator[pl.DataFrame]:
    """Returns the tables of a dataset, that of the present images first; a damaged one is passed over."""
    for path in [path_of(root, dataset), *_earlier(root, dataset)]:
        try:
            if path.is_file():
                yield _read(path)
        except FuseboardError:
            continue


def datasets(root: Path) -> list[str]:
    """Returns the names of the datasets that have one."""
    return sorted(path.name.removesuffix(".csv") for path in (root / FOLDER).glob("[!.]*.csv") if "@" not in path.name)


def images(root: Path, dataset: str) -> set[str]:
    """Returns the MD5 of the files of all images that the tables of a dataset have."""
    return {md5 for table in every(root, dataset) for md5 in table["md5"]}


def write(root: Path, dataset: str, table: pl.DataFrame) -> None:
    """Writes the table of the present images; that of earlier ones is kept beside it until `prune`."""
    path, before = path_of(root, dataset), next(every(root, dataset), None)
    if before is not None and SOURCE in before.columns and (old := before[SOURCE][0]) != table[SOURCE][0]:
        atomic.write_text(path.with_name(f"{dataset}@{old}.csv"), before.write_csv())
    if before is None or not before.equals(table):
        atomic.write_text(path, table.write_csv())


def prune(root: Path, dataset: str, held: Collection[str]) -> None:
    """Removes tables of earlier images that are not among the sources which versions hold."""
    for path in _earlier(root, dataset):
        if path.stem.rpartition("@")[2] not in held:
            path.unlink(missing_ok=True)


def files(root: Path, dataset: str) -> list[Path]:
    """Returns the files of the tables of a dataset, that of the present images last."""
    return [*_earlier(root, dataset), *(path for path in [path_of(root, dataset)] if path.is_file())]


def _earlier(root: Path, dataset: str) -> list[Path]:
    found = (root / FOLDER).glob("[!.]*@*.csv")
    return sorted(path for path in found if path.name.partition("@")[0] == dataset)


def _read(path: Path) -> pl.DataFrame:
    try:
        table = literal_path.read_csv(path, ",").fill_null("")
        if lacking := {"split", "id", "path", "label", "md5"} - set(table.columns):
            raise ValueError(f"it has no column {min(lacking)}")
        if table.is_empty():
            raise ValueError("it has no row")
        return table.with_columns(pl.col("id").cast(pl.UInt32))
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise FuseboardError(
            f"{path}: no table of images ({reason}); restore it, or delete it, which has the splits made anew"
        ) from error

"""Side by side: the vectors of several versions, the same images in each, a batch at a time and never all at once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.embeddings import shards
from fuseboard.store.embeddings.coding import width
from fuseboard.store.embeddings.transform_file import coding_of
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError

COLUMNS = ["id", "label", "embedding"]
MEND = "extract or pull it again"


def verify(versions: Mapping[str, Version], dataset: str, split: str) -> None:
    """Holds every shard against its SHA-256; to be called once, before the first `read`."""
    for version in versions.values():
        for path, shard in version.shards(dataset, split).items():
            shards.verify(path, shard)


def read(
    versions: Mapping[str, Version], dataset: str, split: str, names: Sequence[str], rows: int
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Batches of name -> (at most `rows`, D), float32 or float16 as stored, by ascending id.

    Memory is a few batches and a row group per version.

    Args:
        versions: name -> where its shards lie.
        dataset: of the versions.
        split: of the dataset.
        names: of `versions`, which are read.
        rows: of a batch.

    Raises:
        FuseboardError: ids that do not ascend, other ids or labels in one version than in another, rows missing or
            too many, a vector that is not finite, a shard that cannot be read; the message names the version.
    """
    where, last, count = f"{dataset} {split}", -1, 0
    for parts in zip_longest(*(_tables(versions[name], dataset, split, rows) for name in names)):
        first = parts[0]
        for name, part in zip(names, parts, strict=True):
            if part is None or first is None or not part.select(COLUMNS[:2]).equals(first.select(COLUMNS[:2])):
                _differ(where, names[0], first, name, part)
        ids = first["id"].to_numpy().astype(np.int64)
        if (np.diff(ids, prepend=last) <= 0).any():
            raise FuseboardError(f"{where}: the ids of {versions[names[0]].spec} do not ascend; {MEND}")
        last, count = int(ids[-1]), count + len(ids)
        yield {name: _vectors(versions[name], where, part) for name, part in zip(names, parts, strict=True)}
    for name in names:
        if count != (value := versions[name].manifest.entry(dataset, split).rows):
            raise FuseboardError(
                f"{where}: {count} rows in the shards of {versions[name].spec}, {value} in the manifest; {MEND}"
            )


def _tables(version: Version, dataset: str, split: str, rows: int) -> Iterator[Any]:
    """Returns Arrow tables of id, label and embedding with `rows` rows each, the last one perhaps fewer."""
    held: Any = None
    for path in version.shards(dataset, split):
        try:
            with pq.ParquetFile(path, pre_buffer=False) as file:  # a buffer would hold it whole
                column = file.schema_arrow.field("embedding").type
                if getattr(column, "list_size", 0) != (wide := width(version.manifest.dtype, version.manifest.dim)):
                    raise FuseboardError(f"{path}: embedding is {column}, not {wide} wide; {MEND}")
                for batch in file.iter_batches(rows, columns=COLUMNS):
                    table = pa.Table.from_batches([batch]).select(COLUMNS)
                    held = table if held is None else pa.concat_tables([held, table])
                    while held.num_rows >= rows:
                        yield held.slice(0, rows)
                        held = held.slice(rows)
        except (OSError, KeyError, pa.ArrowException) as error:
            raise FuseboardError(f"{path}: not readable as a shard ({str(error).splitlines()[0]}); {MEND}") from error
    if held is not None and held.num_rows:
        yield held


def _vectors(version: Version, where: str, table: Any) -> NDArray[np.float32]:
    """Returns the (n, D) vectors of a table, checked to be numbers."""
    flat = table["embedding"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    coding = coding_of(version)
    matrix = coding.decode(flat.reshape(-1, coding.width))
    if len(bad := np.flatnonzero(~np.isfinite(matrix).all(axis=1))):
        one = table["id"][int(bad[0])]
        raise FuseboardError(f"{where}: the vector of id {one} in {version.spec} holds NaN or infinity; {MEND}")
    return matrix


def _differ(where: str, first: str, one: Any, second: str, other: Any) -> NoReturn:
    """Says how two batches at the same place are not of the same images."""
    ids, others = ([] if table is None else table["id"].to_pylist() for table in (one, other))
    for own, its in zip_longest(ids, others):
        if own != its:
            message = [
                f"ends before id {other_id}" if i is None else f"has id {i}" for i, other_id in ((own, its), (its, own))
            ]
            raise FuseboardError(
                f"{where}: {first} {message[0]} where {second} {message[1]}, so they are not of the same images; "
                "extract the one that lacks images again"
            )
    labels = zip(ids, one["label"].to_pylist(), other["label"].to_pylist(), strict=True)
    at, own, its = next((each for each in labels if each[1] != each[2]), (ids[0], "of one type", "of another"))
    raise FuseboardError(
        f"{where}: id {at} has label {own} in {first} but {its} in {second}: they were not made from the same labels; "
        "extract both again"
    )

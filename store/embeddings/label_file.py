"""The label file: ids and labels of a split, for a reference, which has results and no vectors.

`<reference>/labels/<dataset>/<split>.parquet` has the columns `id` and `label` of a shard, by ascending id.
"""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic, literal_path

FOLDER = "labels"


def path_of(reference: Path, dataset: str, split: str) -> Path:
    """Where the labels of a split lie."""
    return reference / FOLDER / dataset / f"{split}.parquet"


def write(reference: Path, dataset: str, split: str, ids: NDArray[np.uint32], labels: Labels) -> Path:
    """Writes the labels of a split, at once and whole, and returns the file.

    Args:
        reference: its root.
        dataset: of the images.
        split: of the dataset.
        ids: (N,) ascending.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
    """
    column = pa.array(list(labels)) if labels.ndim == 2 else pa.array(labels)
    path = path_of(reference, dataset, split)
    with atomic.replacing(path) as temporary:
        table = pa.table({"id": pa.array(ids), "label": column})
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
    return path


def read(reference: Path, dataset: str, split: str, rows: int) -> tuple[NDArray[np.uint32], Labels]:
    """Ids and labels of a split.

    Args:
        reference: its root.
        dataset: of the images.
        split: of the dataset.
        rows: that the manifest says there are.

    Raises:
        FuseboardError: there are none, the file is damaged, or it has another number of rows.
    """
    path = path_of(reference, dataset, split)
    try:
        found = literal_path.read_parquet(path, columns=["id", "label"])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FuseboardError(f"{path}: labels cannot be read ({str(error).splitlines()[0]})") from error
    if len(found) != rows:
        raise FuseboardError(f"{path}: {len(found)} labels, and the manifest says {rows} images")
    column = found["label"]
    labels = np.array(column.to_list(), np.uint8) if isinstance(column.dtype, pl.List) else column.to_numpy()
    return found["id"].to_numpy(), labels

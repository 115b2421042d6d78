"""Known vectors: what a version has of images already, under whatever name, number or label they were embedded.

An image is known by the content of its file, so that a dataset that grew by one image has one image embedded, and one
whose files were renamed or whose labels were corrected has none.
"""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.embeddings import image_table, shards
from fuseboard.store.embeddings.by_image import ByImage
from fuseboard.store.embeddings.versions import folder_of

Vector = NDArray[np.floating[Any]]


def find(root: Path, backbone: str, version: str, dim: int, keys: Collection[str]) -> dict[str, Vector]:
    """Returns the vectors (D,) of those images that a version has, in shards of any dataset or by themselves.

    Shards are known by what they say of themselves, not by the manifest, so that a run that was cut off loses none.

    Args:
        root: the store.
        backbone: its name.
        version: its fingerprint.
        dim: numbers of a vector.
        keys: of images, as `by_image.key_of` makes them.
    """
    wanted, found = set(keys), dict[str, Vector]()
    for folder in sorted(folder_of(root, backbone, version).glob("*/")):
        for table in image_table.every(root, folder.name):
            if image_table.KEY in table.columns and image_table.SOURCE in table.columns:
                rows = table.filter(pl.col(image_table.KEY).is_in(list(wanted - found.keys())))
                for key, vector in _of(folder, version, dim, rows):
                    found[key] = vector
    return found | ByImage(root, backbone, version, dim).find(list(wanted - found.keys()))


def _of(folder: Path, version: str, dim: int, rows: pl.DataFrame) -> Iterator[tuple[str, Vector]]:
    """Returns the vectors of some rows of a table of images from the shards of a dataset."""
    if rows.is_empty():
        return
    source = rows[image_table.SOURCE][0]
    for path in sorted(folder.glob("[!.]*.parquet")):
        try:
            about = json.loads((pq.read_schema(path).metadata or {}).get(shards.METADATA_KEY, b"{}"))
            own = rows.filter(pl.col("split") == str(about.get("split")))
            said = about.get("fingerprint"), about.get("dataset"), about.get("source_md5")
            if own.is_empty() or said != (version, folder.name, source):
                continue
            read = pq.read_table(
                path,
                columns=["id", "embedding"],
                partitioning=None,
                page_checksum_verification=True,
                memory_map=False,
            )
            matrix = read["embedding"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
            place = {number: row for row, number in enumerate(read["id"].to_pylist())}
        except (OSError, ValueError, AttributeError, KeyError, pa.ArrowException):
            continue  # it is damaged, and its images are embedded again
        for number, key in own.select("id", image_table.KEY).iter_rows():
            if number in place:
                yield key, matrix[place[number]]

"""Shards: plain Parquet files of id, label and embedding that any reader opens."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.embeddings.coding import width
from fuseboard.store.embeddings.manifest import ColumnName, Shard
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic
from fuseboard.store.files.hashing import sha256_of

ROW_GROUP_BYTES = 2**20
"""Bytes of vectors per row group. DuckDB reads groups of this size fastest, and readers over a network fetch little
more than they ask for."""

METADATA_KEY = b"fuseboard"


def file_name(split: str, index: int, count: int) -> str:
    """Returns `train-00000-of-00004.parquet`, the form the Hugging Face Hub recognises as a split."""
    return f"{split}-{index:05d}-of-{count:05d}.parquet"


NUMBERS = {"float32": pa.float32(), "float16": pa.float16(), "int8": pa.int8(), "binary": pa.uint8()}
"""Of the column `embedding`, by the dtype of the manifest."""

COLUMNS: dict[ColumnName, pa.DataType] = {"corruption": pa.string(), "severity": pa.uint8()}
"""Further columns that a dataset may have."""


def schema(dim: int, dtype: str, multi_label: bool, columns: Iterable[ColumnName] = ()) -> pa.Schema:
    """Arrow schema of a shard: id uint32, label uint16 (or list<uint8>), embedding fixed-size list, then `columns`.

    The list has `dim` numbers; of the dtype `binary` one byte per eight, the first number in its highest bit.
    """
    return _schema(NUMBERS[dtype], width(dtype, dim), multi_label, columns)


def _schema(number: pa.DataType, wide: int, multi_label: bool, columns: Iterable[ColumnName]) -> pa.Schema:
    return pa.schema(
        [
            pa.field("id", pa.uint32(), nullable=False),
            pa.field("label", pa.list_(pa.uint8()) if multi_label else pa.uint16(), nullable=False),
            pa.field("embedding", pa.list_(number, wide), nullable=False),
            *(pa.field(name, COLUMNS[name], nullable=False) for name in columns),
        ]
    )


def write(
    path: Path,
    ids: NDArray[np.uint32],
    labels: NDArray[np.integer[Any]],
    embeddings: NDArray[Any],
    about: Mapping[str, Any],
    columns: Mapping[ColumnName, NDArray[Any]] = MappingProxyType({}),
    mend: str = "leave that image out, or ask whoever computed it",
) -> Shard:
    """Writes one shard in one step and returns its manifest entry.

    Args:
        path: the file to make.
        ids: (N,) row numbers in the official split, ascending.
        labels: (N,), or (N, L) with 0 and 1 for multi-label.
        embeddings: (N, D), float32 or float16, or codes, int8 or packed uint8; a NaN or an infinity is refused with
            the id it belongs to.
        about: what the shard belongs to (fingerprint, dataset, split, source MD5); kept in the file, so that a
            resumed run can tell its own shards from those of another version.
        columns: (N,) each; the dataset's own, of those in `COLUMNS`.
        mend: what helps against a NaN or an infinity.
    """
    finite = np.isfinite(embeddings).all(axis=1)
    if not finite.all():
        raise FuseboardError(
            f"{path.name}: the vector of id {int(ids[~finite][0])} holds NaN or infinity ({int((~finite).sum())} of "
            f"{len(ids)} vectors do); {mend}"
        )
    number = pa.from_numpy_dtype(embeddings.dtype)
    is_coded = pa.types.is_integer(number)
    form = _schema(number, embeddings.shape[1], labels.ndim == 2, columns)
    flat = np.ascontiguousarray(embeddings).reshape(-1)
    label_type = form.field("label").type
    table = pa.Table.from_arrays(
        [
            pa.array(ids, pa.uint32()),
            pa.array(list(labels.astype(np.uint8)), label_type) if labels.ndim == 2 else pa.array(labels, label_type),
            pa.FixedSizeListArray.from_arrays(pa.array(flat), type=form.field("embedding").type),
            *(pa.array(values, COLUMNS[name]) for name, values in columns.items()),
        ],
        schema=form.with_metadata({METADATA_KEY: json.dumps(dict(about), sort_keys=True).encode()}),
    )
    with atomic.replacing(path) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            row_group_size=max(1, ROW_GROUP_BYTES // embeddings[0].nbytes),
            **(_OF_CODES if is_coded else _of_floats(number)),
            write_page_checksum=True,
        )
        return Shard(file=path.name, rows=len(ids), bytes=temporary.stat().st_size, sha256=sha256_of(temporary))


_OF_CODES: dict[str, Any] = {"use_dictionary": ["embedding.list.element"]}
"""Parquet has no integers of one byte; as numbers in a dictionary of 256 they take one."""


def _of_floats(number: pa.DataType) -> dict[str, Any]:
    # DuckDB cannot read a split float16.
    encoding = "PLAIN" if pa.types.is_float16(number) else "BYTE_STREAM_SPLIT"
    return {"use_dictionary": False, "column_encoding": {"embedding.list.element": encoding}}


def adopt(
    path: Path,
    ids: NDArray[np.uint32],
    labels: NDArray[np.integer[Any]],
    about: Mapping[str, Any],
    columns: Mapping[ColumnName, NDArray[Any]] = MappingProxyType({}),
) -> Shard | None:
    """The manifest entry of a shard that an earlier, killed run left, or None when it is not exactly what is wanted.

    The whole file is read with its page checksums, so a damaged one is computed again rather than believed.
    """
    if not path.is_file():
        return None
    try:
        table = pq.read_table(path, partitioning=None, page_checksum_verification=True, memory_map=False)
    except (OSError, pa.ArrowException):
        return None
    value = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}"))
    if value != dict(about) or table.num_rows != len(ids):
        return None
    stored = table["label"].combine_chunks()
    found = np.array(stored.to_pylist()) if labels.ndim == 2 else stored.to_numpy(zero_copy_only=False)
    if not (np.array_equal(table["id"].to_numpy(), ids) and np.array_equal(found, labels)):
        return None
    if any(table[name].to_pylist() != values.tolist() for name, values in columns.items()):
        return None
    return Shard(file=path.name, rows=len(ids), bytes=path.stat().st_size, sha256=sha256_of(path))


def verify(path: Path, shard: Shard) -> None:
    """Raises unless the file has exactly the bytes that the manifest promises."""
    fix = "pull or extract this version again"
    if not path.is_file() or path.is_symlink():
        raise FuseboardError(f"{path}: the manifest lists this shard but it is not there; {fix}")
    if (size := path.stat().st_size) != shard.bytes:
        raise FuseboardError(
            f"{path}: {size} bytes, the manifest says {shard.bytes}: it is truncated or changed; {fix}"
        )
    if (digest := sha256_of(path)) != shard.sha256:
        raise FuseboardError(
            f"{path}: SHA-256 {digest[:12]}… is not the manifest's {shard.sha256[:12]}…: the shard is damaged; {fix}"
        )

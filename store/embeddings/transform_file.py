"""The file of a transform, which lies beside the manifest of a derived version.

`transform.parquet` holds the rows of each array of each step as lists of float32. Its content is in the fingerprint,
so that nobody can exchange it unseen.
"""

import io
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.embeddings.coding import Coding
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.transform import ARRAYS, Step, Transform
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic

FILE = "transform.parquet"
LIMIT = 128 * 2**20
"""Bytes that the file may have, and its numbers: 4,096 directions of 8,192 numbers."""
MEND = "derive this version again, or pull it again"
SCHEMA = pa.schema(
    [
        pa.field("step", pa.uint8(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("array", pa.string(), nullable=False),
        pa.field("row", pa.uint32(), nullable=False),
        pa.field("values", pa.list_(pa.float32()), nullable=False),
    ]
)


def dump(transform: Transform) -> bytes:
    """Returns a transform as the content of its file."""
    rows = [
        {"step": number, "kind": step.kind, "array": name, "row": row, "values": values}
        for number, step in enumerate(transform.steps)
        for name in ARRAYS[step.kind]
        for row, values in enumerate(step.arrays[name])
    ]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), file, compression="zstd", write_page_checksum=True)
    return file.getvalue()


def parse(content: bytes, where: str) -> Transform:
    """Returns the transform in a file, of which nothing is believed.

    Raises:
        FuseboardError: it is no such file; larger than any; or its arrays do not fit each other.
    """
    try:
        if len(content) > LIMIT:
            raise ValueError(f"it has more than {LIMIT:,} bytes")
        with pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True) as file:
            size = sum(file.metadata.row_group(n).total_byte_size for n in range(file.metadata.num_row_groups))
            if size > LIMIT or not file.schema_arrow.remove_metadata().equals(SCHEMA):
                raise ValueError("it has other columns, or too many numbers")
            table = file.read()
        steps: dict[int, dict[str, list[NDArray[np.float32]]]] = {}
        kinds: dict[int, str] = {}
        rows = zip(*(table[name].to_pylist() for name in SCHEMA.names[:4]), table["values"], strict=True)
        for number, kind, name, row, values in rows:
            held = steps.setdefault(number, {}).setdefault(name, [])
            if kinds.setdefault(number, kind) != kind or row != len(held):
                raise ValueError("its rows are not in order")
            held.append(values.values.to_numpy(zero_copy_only=False))
        found = tuple(_step(kinds[number], steps[number]) for number in range(len(steps)))
        _refuse_unfitting(found)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise FuseboardError(f"{where}: no transform ({str(error).splitlines()[0]}); {MEND}") from error
    return Transform(found)


def _step(kind: str, arrays: Mapping[str, Sequence[NDArray[np.float32]]]) -> Step:
    known: Any = kind
    if known not in ARRAYS or set(arrays) != set(ARRAYS[known]):
        raise ValueError(f"a step {kind[:40]!r} with the arrays {', '.join(sorted(arrays))[:80]}")
    found = {name: np.stack(arrays[name]) for name in ARRAYS[known]}
    for name, array in found.items():
        if array.ndim != 2 or not array.shape[1] or (name != "components" and len(array) != 1):
            raise ValueError(f"{name} has the shape {array.shape}")
        if not np.isfinite(array).all() or (name == "scale" and (array < 0).any()):
            raise ValueError(f"{name} holds NaN, infinity or a negative scale")
    if len({array.shape[1] for array in found.values()}) > 1:
        raise ValueError(f"the arrays of {kind} are of different widths")
    return Step(known, found)


def _refuse_unfitting(steps: Sequence[Step]) -> None:
    if not steps:
        raise ValueError("it has no step")
    for before, after in pairwise(steps):
        if before.dim != after.width or before.kind != "pca":
            raise ValueError(f"{after.kind} after {before.kind} does not fit")


def write(folder: Path, transform: Transform) -> None:
    """Writes the file of a version, in one step."""
    with atomic.replacing(folder / FILE) as temporary:
        temporary.write_bytes(dump(transform))


def read(version: Version) -> Transform:
    """Returns the transform of a derived version.

    Raises:
        FuseboardError: its file is missing, damaged, or another than the fingerprint is of.
    """
    path = version.folder / FILE
    try:
        found = path.stat()
    except OSError:
        raise FuseboardError(f"{path}: not there, and {version.spec} was made with it; {MEND}") from None
    transform = _read(path, found.st_mtime_ns, found.st_size)
    expect(transform, version.manifest, str(path))
    return transform


def expect(transform: Transform, manifest: Manifest, where: str) -> None:
    """Raises unless a transform is the one that a manifest's fingerprint is of."""
    if manifest.identity.get("transform") != transform.facts or (manifest.dtype, manifest.dim) != (
        transform.coding.dtype,
        transform.dim,
    ):
        raise FuseboardError(f"{where}: another transform than {manifest.backbone} was made with; {MEND}")


@lru_cache(maxsize=64)
def _read(path: Path, modified_ns: int, size: int) -> Transform:
    return parse(path.read_bytes(), str(path))


def coding_of(version: Version) -> Coding:
    """Returns how the vectors of a version are stored; only those of `int8` need its transform for it."""
    manifest = version.manifest
    return read(version).coding if manifest.dtype == "int8" else Coding(manifest.dtype, manifest.dim)

"""The layout of Parquet files: what the footers of a submission's shards promise, judged before a vector is read."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fuseboard.harness.submissions.shards import pages
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.arrays import is_multi_label
from fuseboard.store.embeddings import shards
from fuseboard.store.embeddings.manifest import DatasetEntry, Manifest, Shard
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError

MAX_FOOTER_BYTES = 4 * 2**20
"""Bytes that the footer of a shard may have; 8,192 rows of 1,536 numbers have one of 30 kB."""
MAX_NOTE_BYTES = 64 * 2**10
"""Bytes of a key or value that a footer carries beside the columns."""
MAX_GROUPS = 10_000
MAX_GROUP_BYTES = 64 * 2**20
"""Bytes of a row group when it is unpacked; the store writes 1 MiB."""
MAX_RATIO = 1_000
"""Bytes that one byte may unpack to."""
MAX_ROWS = 20_000_000
"""Rows that a split may have; ImageNet has 1.3 million, a corrupted set of it 75 times 50,000."""
MAX_DIM = 65_536
MAX_CELLS = 16 * 2**20
"""Classes times numbers per image; sums of that size are held while a dataset is read."""
SLACK_BYTES = 64 * 2**10
"""Bytes of headers, levels and small columns that a row group may have beside its vectors."""
EXTENSION_KEY = b"ARROW:extension:name"
FIX = "write the shards with `fuseboard extract`, which the store's own readers understand, and publish them again"


def findings(version: Version) -> Iterator[Finding]:
    """Every shard's footer and page headers; nothing is unpacked.

    Args:
        version: in its quarantine; its shards have the sizes and hashes of the manifest.
    """
    manifest = version.manifest
    hashes = Counter(shard.sha256 for _, _, shard in manifest.shards())
    for twice in (one for one, count in hashes.items() if count > 1):
        files = [f"{name}/{shard.file}" for name, _, shard in manifest.shards() if shard.sha256 == twice]
        yield Finding("wrong", "shards", f"{files[0]} and {files[1]} are the same file", "extract the split again")
    if manifest.dim > MAX_DIM:
        yield Finding("wrong", "schema", f"{manifest.dim} numbers per image, {MAX_DIM} are the limit", "submit fewer")
        return
    if wide := next((n for n, e in manifest.datasets.items() if e.n_classes * manifest.dim > MAX_CELLS), None):
        message = (
            f"{wide}: {manifest.datasets[wide].n_classes:,} classes of {manifest.dim} numbers are too many to look at"
        )
        yield Finding("wrong", "schema", message, "submit the datasets that `fuseboard datasets list` names")
        return
    count = bad = 0
    for name, split, shard in manifest.shards():
        count += 1
        entry = manifest.datasets[name]
        problem = _problem(version.folder / name / shard.file, shard, manifest, entry)
        if entry.splits[split].rows > MAX_ROWS:
            problem = f"{entry.splits[split].rows:,} rows in {split}, {MAX_ROWS:,} are the limit"
        if problem is not None:
            bad += 1
            yield Finding("wrong", "schema", f"{name}/{shard.file}: {problem}", FIX)
    if not bad:
        yield Finding("ok", "schema", f"{count} shards of {manifest.dim} x {manifest.dtype}")


def _problem(path: Path, shard: Shard, manifest: Manifest, entry: DatasetEntry) -> str | None:
    """What is wrong with one shard, or None."""
    with path.open("rb") as file:
        file.seek(max(0, shard.bytes - 8))
        tail = file.read(8)
    if tail[4:] != b"PAR1":
        return "not a Parquet file"
    if (length := int.from_bytes(tail[:4], "little")) > MAX_FOOTER_BYTES:
        return f"a footer of {length:,} bytes, {MAX_FOOTER_BYTES:,} are the limit"
    try:
        with pq.ParquetFile(path, thrift_string_size_limit=2**20, thrift_container_size_limit=MAX_GROUPS) as file:
            return (
                _schema(file, manifest, entry)
                or _size(file.metadata, shard, manifest)
                or pages.problem(path, file.metadata, MAX_GROUP_BYTES)
            )
    except (OSError, pa.ArrowException, ValueError, FuseboardError) as error:
        return f"not readable as Parquet ({' '.join(str(error).split())[:200]})"


def _schema(file: Any, manifest: Manifest, entry: DatasetEntry) -> str | None:
    notes = file.metadata.metadata or {}
    if longest := next((key for key, value in notes.items() if max(len(key), len(value)) > MAX_NOTE_BYTES), None):
        return f"the footer's note {longest[:40]!r} has more than {MAX_NOTE_BYTES:,} bytes"
    wanted = shards.schema(manifest.dim, manifest.dtype, is_multi_label(entry.task), entry.columns)
    form = file.schema_arrow
    if len(form.names) > len(wanted.names) + 100:
        return f"{len(form.names):,} columns instead of {', '.join(wanted.names)}"
    if more := [name for name in form.names if name not in wanted.names]:
        return f"the column {more[0][:60]!r} does not belong here"
    if len(set(form.names)) < len(form.names):
        return "a column occurs twice"
    for field in wanted:
        if field.name not in form.names:
            return f"the column {field.name} is not there"
        own = form.field(field.name)
        if own.type != field.type:
            return f"the column {field.name} is {str(own.type)[:80]}, not {field.type}"
        if EXTENSION_KEY in {**(own.metadata or {}), **(getattr(own.type, "value_field", own).metadata or {})}:
            return f"the column {field.name} is an extension type"
        if own.nullable:
            return f"the column {field.name} may hold nulls"
    return None


def _size(meta: Any, shard: Shard, manifest: Manifest) -> str | None:
    if meta.num_rows != shard.rows:
        return f"{meta.num_rows:,} rows, the manifest says {shard.rows:,}"
    if meta.num_row_groups > MAX_GROUPS:
        return f"{meta.num_row_groups:,} row groups, {MAX_GROUPS:,} are the limit"
    width, rows = manifest.dim * (2 if manifest.dtype == "float16" else 4), 0
    for index in range(meta.num_row_groups):
        group = meta.row_group(index)
        if group.num_rows < 1:
            return f"row group {index} holds {group.num_rows} rows"
        rows += group.num_rows
        chunks = [group.column(number) for number in range(group.num_columns)]
        unpacked, packed = (sum(getattr(c, f"total_{how}compressed_size") for c in chunks) for how in ("un", ""))
        if min(min(c.total_compressed_size, c.total_uncompressed_size) for c in chunks) < 0 or packed > shard.bytes:
            return f"row group {index} says sizes that cannot be"
        if max(unpacked, group.num_rows * width) > MAX_GROUP_BYTES:
            return f"row group {index} unpacks to more than {MAX_GROUP_BYTES // 2**20} MiB"
        if unpacked > MAX_RATIO * max(packed, 1):
            return f"row group {index} unpacks {unpacked:,} bytes from {packed:,}: a bomb"
        vectors = [c for c in chunks if c.path_in_schema.startswith("embedding")]
        if any(c.num_values != group.num_rows * manifest.dim for c in vectors):
            return f"row group {index} does not hold {manifest.dim} numbers for each of its {group.num_rows:,} rows"
        held = sum(c.total_uncompressed_size for c in vectors)
        if not 0.9 * group.num_rows * width <= held <= 1.5 * group.num_rows * width + SLACK_BYTES:
            return f"row group {index} has {held:,} bytes for {group.num_rows:,} rows of {width:,}"
    return None if rows == shard.rows else f"{rows:,} rows in its row groups, the manifest says {shard.rows:,}"

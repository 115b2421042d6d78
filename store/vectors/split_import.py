"""Keeping a split that somebody else computed: from arrays to shards and a manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.embeddings import dataset_card, history, shards, versions
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.dataset_protocol import Official
from fuseboard.store.embeddings.declaration import NOTHING, Declaration
from fuseboard.store.embeddings.manifest import ColumnName, DatasetEntry, Import, Manifest, Shard, Split, SplitName
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic

SHARD_ROWS = 8192
"""Rows per shard, and so the rows that are in memory at a time."""


class Vectors(Protocol):
    """Vectors (N, D) that are read where they lie, a shard at a time: an array, or what finds its rows in files."""

    def __getitem__(self, rows: slice) -> NDArray[np.floating[Any]]:
        """Some rows (n, D)."""


@dataclass(frozen=True)
class Rows:
    """A split to keep. The ids of its rows are their positions."""

    dataset: str
    split: SplitName
    official: Official
    labels: NDArray[np.integer[Any]]
    """(N,) uint16, or (N, L) uint8 for multi-label."""
    vectors: Vectors
    """Of any float type, perhaps a view of a mapped file; stored in the version's type."""
    imported: Import
    compared: bool
    """Whether `imported.order` is the outcome of a comparison; where it is not, what is known already stays."""
    columns: Mapping[ColumnName, NDArray[Any]] = field(default_factory=dict)
    """(N,) each, which the shards carry beside the label."""
    reading: Reading = PLAIN
    """How the images are read, where the dataset says it."""
    declares: Declaration = NOTHING
    """What the dataset says of its domain and source."""


def keep(root: Path, new: Manifest, splits: Sequence[Rows], card: str | None = None) -> tuple[list[Split], bool]:
    """Adds splits to a version, and says whether anything changed.

    A split that is there with the same vectors and labels is not written again; only what is said of its order is,
    where more is known now. The manifest lists all of them or none; a killed run leaves whole shards that the next one
    finds.

    Args:
        root: the store.
        new: the manifest of the version without datasets, for a version that does not exist yet.
        splits: at least one.
        card: the text of the card that lies beside the manifest, where there is one.

    Raises:
        FuseboardError: a split is there with other vectors, labels or images. Neither is preferred.
    """
    folder = versions.folder_of(root, new.backbone, new.fingerprint)
    with versions.lock_of(root, new.backbone, new.fingerprint):
        there = manifests.read(folder) if (folder / manifests.FILE).is_file() else new
        entries = [_entry(there, new, rows) for rows in splits]
        olds = [entry.splits.get(rows.split) for entry, rows in zip(entries, splits, strict=True)]
        kept = [old and _known(folder, old, rows) for old, rows in zip(olds, splits, strict=True)]
        entries = [_declaring(entry, rows) for entry, rows in zip(entries, splits, strict=True)]
        declared = all(there.datasets.get(rows.dataset) == entry for entry, rows in zip(entries, splits, strict=True))
        if kept == olds and None not in kept and declared:
            return [split for split in kept if split is not None], False
        datasets, made = dict(there.datasets), []
        for rows, entry, known in zip(splits, entries, kept, strict=True):
            split = known or Split(
                rows=len(rows.labels), shards=_write(folder, there, rows), profile=None, imported=rows.imported
            )
            made.append(split)
            whole: dict[SplitName, Split] = {**datasets.get(rows.dataset, entry).splits, rows.split: split}
            ordered = {name: whole[name] for name in manifests.SPLITS if name in whole}
            datasets[rows.dataset] = entry.model_copy(update={"splits": ordered})
        updated = there.model_copy(update={"datasets": dict(sorted(datasets.items()))})
        if card is not None:
            atomic.write_text(folder / manifests.CARD, card)
        dataset_card.write(folder, updated)
        updated.write(folder)
        added = {rows.dataset: tuple(one.split for one in splits if one.dataset == rows.dataset) for rows in splits}
        history.add(folder, "imported", splits[0].imported.source, added)
        return made, True


def _entry(there: Manifest, new: Manifest, rows: Rows) -> DatasetEntry:
    """Returns the dataset's entry in the version, or a fresh one; raises where the version cannot take these rows."""
    where = f"{there.backbone}@{there.fingerprint[:12]}"
    if (there.dim, there.dtype) != (new.dim, new.dtype):
        raise FuseboardError(
            f"{where} holds {there.dim} x {there.dtype}, not {new.dim} x {new.dtype}; name another --source"
        )
    facts = rows.official
    entry = there.datasets.get(rows.dataset)
    if entry is not None and (entry.task, entry.source_md5) != (facts.task, facts.source_md5):
        raise FuseboardError(f"{where} holds {rows.dataset} of other images; name another --source")
    return entry or DatasetEntry(
        task=facts.task,
        n_classes=len(facts.label_names),
        label_names=facts.label_names,
        licence=facts.licence,
        source_md5=facts.source_md5,
        columns=tuple(rows.columns),
        reading=rows.reading,
        splits={},
    )


def _declaring(entry: DatasetEntry, rows: Rows) -> DatasetEntry:
    """Returns an entry that says what the dataset declares today."""
    return entry.model_copy(update={"declares": rows.declares.else_of(entry.declares)})


def _known(folder: Path, old: Split, rows: Rows) -> Split | None:
    """The split that is there, with what is known of its order now, or None where its shards must be made again."""
    same_file = old.imported is not None and old.imported.sha256 == rows.imported.sha256
    try:
        for shard in old.shards:
            shards.verify(folder / rows.dataset / shard.file, shard)
    except FuseboardError as error:
        if same_file:
            return None
        raise FuseboardError(
            f"{error}, and this is not the file that it was imported from; name another --source"
        ) from None
    if not _holds(folder / rows.dataset, old, rows):
        raise FuseboardError(
            f"{folder.parent.name}@{folder.name[:12]} holds other vectors of {rows.dataset} {rows.split} from "
            f"{rows.imported.source}; name another --source"
        )
    order_changed = old.imported is None or old.imported.order != rows.imported.order
    if rows.compared and (same_file or order_changed):
        return old.model_copy(update={"imported": rows.imported})
    return old


def _holds(folder: Path, old: Split, rows: Rows) -> bool:
    """Whether shards hold exactly these rows; one shard is in memory at a time."""
    if old.rows != len(rows.labels):
        return False
    start = 0
    for shard in old.shards:
        part = slice(start, start := start + shard.rows)
        path = folder / shard.file
        table = pq.read_table(path, columns=["label", "embedding"], partitioning=None, memory_map=False)
        stored = table["label"].combine_chunks()
        labels = np.array(stored.to_pylist()) if rows.labels.ndim == 2 else stored.to_numpy(zero_copy_only=False)
        vectors = table["embedding"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        wanted = rows.vectors[part].astype(vectors.dtype).reshape(-1)
        if not np.array_equal(labels, rows.labels[part]) or not np.array_equal(vectors, wanted):
            return False
    return True


def _write(folder: Path, there: Manifest, rows: Rows) -> tuple[Shard, ...]:
    """The shards of a split that is not listed, those that a killed run left included."""
    count = -(-len(rows.labels) // SHARD_ROWS)
    paths = [folder / rows.dataset / shards.file_name(rows.split, index, count) for index in range(count)]
    atomic.sweep(folder / rows.dataset)
    for path in (folder / rows.dataset).glob(f"{rows.split}-*.parquet"):
        if path not in paths:  # of a killed import of another file; readers that glob would read it too
            path.unlink()
    about = {
        "fingerprint": there.fingerprint,
        "dataset": rows.dataset,
        "source_md5": rows.official.source_md5,
        "split": rows.split,
        "imported_sha256": rows.imported.sha256,
    }
    made = []
    for index, path in enumerate(paths):
        part = slice(index * SHARD_ROWS, min((index + 1) * SHARD_ROWS, len(rows.labels)))
        ids, labels = np.arange(part.start, part.stop, dtype=np.uint32), rows.labels[part]
        columns = {name: values[part] for name, values in rows.columns.items()}
        shard = shards.adopt(path, ids, labels, about, columns)
        if shard is None:
            # A copy, because a view of a mapped pickle need not be aligned.
            vectors: NDArray[np.floating[Any]] = np.array(rows.vectors[part], there.dtype, order="C")
            shard = shards.write(path, ids, labels, vectors, about, columns)
        made.append(shard)
    return tuple(made)

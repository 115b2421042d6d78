"""Deriving: a stored version's vectors become smaller ones, shard by shard, and a version of their own."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.embeddings import dataset_card, history, manifest, shards, transform_file, versions
from fuseboard.store.embeddings.derived import Identity, Recipe, source_of
from fuseboard.store.embeddings.labels import CORRUPTED
from fuseboard.store.embeddings.manifest import DatasetEntry, Manifest, Shard, Split, SplitName
from fuseboard.store.embeddings.transform import Transform
from fuseboard.store.embeddings.transform_file import coding_of
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic, hashing

BATCH_ROWS = 8_192
"""Rows whose vectors are in memory at a time."""


def fitted(all_versions: list[Version], source: Version, dataset: str, recipe: Recipe) -> Version | None:
    """Returns the version whose transform a dataset's vectors get; None where one must be fitted.

    It is the one that was fitted on this dataset, before it grew, or on the clean images of a corrupted test set.

    Args:
        all_versions: of the store.
        source: whose vectors are to become smaller.
        dataset: of the source.
        recipe: what is to be done.
    """
    clean = dataset.removesuffix(CORRUPTED)
    for version in all_versions:
        own = Identity.of(version.manifest.identity)
        if own is None or (own.backbone, own.fingerprint) != (source.manifest.backbone, source.manifest.fingerprint):
            continue
        if own.fitted_on.get("dataset") in (dataset, clean) and recipe.fits(found := transform_file.read(version)):
            assert found.width == source.manifest.dim
            return version
    return None


def identity(source: Version, dataset: str) -> Identity:
    """Returns what decides vectors that are derived by a transform which was fitted on a dataset's training split."""
    entry = source.manifest.dataset(dataset)
    fitted_on = {"dataset": dataset, "split": "train", "source_md5": entry.source_md5}
    rows = source.manifest.entry(dataset, "train").rows
    return Identity(source.manifest.backbone, source.manifest.identity, {**fitted_on, "images": rows})


def keep(
    root: Path, source: Version, dataset: str, recipe: Recipe, own: Identity, made: Transform
) -> tuple[Version, bool]:
    """Derives every split of a dataset; returns the version, and whether anything changed.

    Shards that are there and of the same source shards stay as they are, also those of a run that was cut off.

    Args:
        root: the store.
        source: whose vectors become smaller.
        dataset: of the source.
        recipe: what is done.
        own: what decides the vectors, beside the transform.
        made: the transform.

    Raises:
        FuseboardError: a shard of the source is damaged.
    """
    new = _new(source, recipe, own, made)
    folder = versions.folder_of(root, new.backbone, new.fingerprint)
    entry = source.manifest.dataset(dataset)
    with versions.lock_of(root, new.backbone, new.fingerprint), atomic.enough_space(folder):
        there = manifest.read(folder) if (folder / manifest.FILE).is_file() else new
        atomic.sweep(folder / dataset)
        splits: dict[SplitName, Split] = {}
        for split, part in entry.splits.items():
            about = {
                "fingerprint": new.fingerprint,
                "dataset": dataset,
                "source_md5": entry.source_md5,
                "split": split,
            }
            own_shards = tuple(
                _shard(path, shard, folder / dataset / shard.file, source, entry, made, about)
                for path, shard in source.shards(dataset, split).items()
            )
            for path in (folder / dataset).glob(f"{split}-*.parquet"):
                if path.name not in {shard.file for shard in own_shards}:
                    path.unlink()
            splits[split] = part.model_copy(update={"shards": own_shards, "profile": None})
        held = entry.model_copy(update={"splits": splits})
        updated = there.model_copy(update={"datasets": dict(sorted({**there.datasets, dataset: held}.items()))})
        changed = updated != there or not (folder / manifest.FILE).is_file()
        if changed:
            transform_file.write(folder, made)
            if (card := source.folder / manifest.CARD).is_file():
                atomic.write_text(folder / manifest.CARD, card.read_text(encoding="utf-8"))
            dataset_card.write(folder, updated)
            updated.write(folder)
            history.add(folder, "derived", source.spec, {dataset: tuple(splits)})
    return Version(folder, manifest.read(folder)), changed


def _new(source: Version, recipe: Recipe, own: Identity, made: Transform) -> Manifest:
    of, facts = source.manifest, own.facts(made)
    canary = made.apply(np.array(of.canary, np.float32)) if of.canary else np.empty((0, made.dim), np.float32)
    dtype: Any = made.coding.dtype
    return Manifest(
        backbone=f"{of.backbone}{recipe.suffix}",
        fingerprint=hashing.fingerprint(facts),
        identity=facts,
        dim=made.dim,
        dtype=dtype,
        created=manifest.now(),
        about=of.about.model_copy(update={"title": f"{of.about.title}, {recipe}"}),
        canary=tuple(tuple(row) for row in canary.tolist()),
        libraries=of.libraries,
        datasets={},
    )


def _shard(
    path: Path, shard: Shard, place: Path, source: Version, entry: DatasetEntry, made: Transform, about: dict[str, Any]
) -> Shard:
    """Returns a derived shard: the one that lies there, where it is of this source shard, or one made now."""
    shards.verify(path, shard)
    table = pq.read_table(path, columns=["id", "label", *entry.columns], partitioning=None, memory_map=False)
    ids = table["id"].to_numpy()
    column = table["label"].combine_chunks()
    labels = np.array(column.to_pylist()) if pa.types.is_list(column.type) else column.to_numpy(zero_copy_only=False)
    columns = {name: np.array(table[name].to_pylist()) for name in entry.columns}
    about = {**about, "source_sha256": shard.sha256}
    found = shards.adopt(place, ids, labels, about, columns)
    if found is not None:
        return found
    stored = np.concatenate([made.stored(vectors) for vectors in _vectors(path, source)])
    return shards.write(place, ids, labels, stored, about, columns)


def _vectors(path: Path, source: Version) -> Iterator[NDArray[np.floating[Any]]]:
    coding = coding_of(source)
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=["embedding"]):
                flat = batch["embedding"].flatten().to_numpy(zero_copy_only=False)
                yield coding.decode(flat.reshape(-1, coding.width))
    except (OSError, pa.ArrowException) as error:
        raise FuseboardError(f"{path}: not readable as a shard ({str(error).splitlines()[0]})") from error


def problems(version: Version, present: Mapping[str, Version]) -> Iterator[tuple[str, str, str, str]]:
    """Dataset, split, file and fault of what a derived version is not, as far as its source is present."""
    if (origin := source_of(version.manifest)) is None:
        return
    try:
        transform_file.read(version)
    except FuseboardError as error:
        yield "", "", transform_file.FILE, str(error)
        return
    if (source := present.get("@".join(origin))) is not None:
        for dataset, split, file in _differing(version, source):
            yield dataset, split, file, f"not what {source.spec} makes; remove this version and derive it again"


def _differing(version: Version, source: Version) -> Iterator[tuple[str, str, str]]:
    """Dataset, split and file of each derived shard that is not what its source shard makes.

    Another processor may round otherwise: a millionth of the largest number, a code by one, and one bit of a thousand
    are no difference. Shards that are damaged themselves are passed over.
    """
    made = transform_file.read(version)
    for dataset, entry in version.manifest.datasets.items():
        there = source.manifest.datasets.get(dataset)
        if there is None or there.source_md5 != entry.source_md5:
            continue
        for split in set(entry.splits) & set(there.splits):
            for path, own in zip(version.shards(dataset, split), source.shards(dataset, split), strict=False):
                try:
                    wanted = np.concatenate([made.stored(vectors) for vectors in _vectors(own, source)])
                    column = pq.read_table(path, columns=["embedding"], partitioning=None, memory_map=False)
                    flat = column["embedding"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
                    found = flat.reshape(-1, made.coding.width)
                except (OSError, FuseboardError, ValueError, pa.ArrowException):
                    continue
                if found.shape != wanted.shape or not _alike(found, wanted):
                    yield dataset, split, path.name


def _alike(found: NDArray[Any], wanted: NDArray[Any]) -> bool:
    if found.dtype == np.uint8:
        return bool(np.bitwise_count(found ^ wanted).sum() <= found.size * 8 / 1_000)
    apart = np.abs(found.astype(np.float64) - wanted).max(initial=0)
    return bool(apart <= (1 if found.dtype == np.int8 else 1e-6 * np.abs(wanted).max(initial=0)))

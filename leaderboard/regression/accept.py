"""Accepting makes the current rows of a store the reference, with all that is needed to show and recompute them."""

import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import polars as pl

from fuseboard.leaderboard.published.verdicts import csv_file as verdict_file
from fuseboard.leaderboard.published.verdicts.verdicts import judge
from fuseboard.leaderboard.regression.changes import StoredRows
from fuseboard.leaderboard.regression.reference import VERDICTS, require_whole
from fuseboard.leaderboard.rows.current import mark
from fuseboard.store.embeddings import block, label_file, manifest
from fuseboard.store.embeddings.manifest import CARD, SPLITS, Manifest
from fuseboard.store.embeddings.versions import Version, folder_of, survey
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic
from fuseboard.store.results import rows as results
from fuseboard.store.results import schema, similarity_rows
from fuseboard.store.store import Store

FILE = "rows.parquet"
"""The one file of an evaluation on a dataset."""


def accept(store: Store, folder: Path, datasets: Collection[str] = ()) -> list[Path]:
    """Writes the reference of every dataset of a store, and the verdicts on published figures; returns the files.

    Datasets that the store has no rows of, or that are not asked for, stay as they are.

    Args:
        store: whose current rows are taken, with the manifests and labels that belong to them.
        folder: of the reference.
        datasets: to take; all where it names none.

    Raises:
        FuseboardError: the store has nothing to accept, or lacks what it is asked for.
    """
    require_whole(store)
    rows = store.rows(scores=True)
    marked = mark(rows, store.current)
    found = marked.filter(pl.col("superseded").is_null()).drop("superseded")
    if found["scores"].is_null().all():
        raise FuseboardError(
            f"{store.root}: no row kept its predictions, so there is no reference to write; search first"
        )
    if unknown := sorted(set(datasets) - set(found["dataset"])):
        raise FuseboardError(
            f"{store.root}: no rows of {', '.join(unknown)}; it has {', '.join(sorted(set(found['dataset'])))}"
        )
    taken = sorted(set(datasets) or set(found["dataset"]))
    written = [path for dataset in taken for path in _of_dataset(store, folder, dataset, found)]
    present, said = StoredRows(marked.drop("scores", "right"), store.versions), folder / VERDICTS
    elsewhere = [v for v in verdict_file.read(said) if not present.holds(v.dataset)] if said.exists() else []
    verdict_file.write([*elsewhere, *judge(rows, store.current)], said)
    return [*written, said]


def _of_dataset(store: Store, folder: Path, dataset: str, rows: pl.DataFrame) -> list[Path]:
    """Writes what belongs to one dataset: labels and manifests first, so that no row lies there without them."""
    own = rows.filter(pl.col("dataset") == dataset)
    used = {
        pair for subset, of in own.select("subset", "fingerprints").iter_rows() for pair in zip(subset, of, strict=True)
    }
    versions = {
        (v.manifest.backbone, v.manifest.fingerprint): v
        for v in store.versions
        if (v.manifest.backbone, v.manifest.fingerprint) in used and dataset in v.manifest.datasets
    }
    written = _labels(folder, dataset, versions.values())
    written += _manifests(folder, dataset, versions)
    for path in [*folder.glob(f"results/*/{dataset}"), *folder.glob(f"similarity/{dataset}")]:
        shutil.rmtree(path)
    (folder / f"{dataset}.csv").unlink(missing_ok=True)  # what a reference was before
    alike = [
        row
        for row in similarity_rows.read(store.root, dataset)
        if {(row.backbone, row.fingerprint), (row.other, row.other_fingerprint)} <= set(versions)
    ]
    if alike:
        similarity_rows.keep(folder, alike)
        written += folder.glob(f"similarity/{dataset}/*.parquet")
    for (evaluation,), part in own.group_by("evaluation", maintain_order=True):
        path = schema.folder_of(folder, str(evaluation), dataset) / FILE
        with atomic.replacing(path) as temporary:
            results.write_file(part, temporary)
        written.append(path)
    return written


def _labels(folder: Path, dataset: str, versions: Iterable[Version]) -> list[Path]:
    """Writes the labels of every split; corrupted images have those of the clean ones."""
    written = []
    for split in SPLITS:
        holding = [
            version
            for version in versions
            if split in version.manifest.datasets[dataset].splits and not version.manifest.datasets[dataset].columns
        ]
        if holding:
            narrowest = min(holding, key=lambda version: version.manifest.dim)  # its shards are hashed
            read = block.read(narrowest, dataset, split, vectors=False)
            written.append(label_file.write(folder, dataset, split, read.ids, read.labels))
    return written


def _manifests(folder: Path, dataset: str, versions: Mapping[tuple[str, str], Version]) -> list[Path]:
    """Writes the dataset's entry into the manifest of every version used, and takes it out of every other."""
    there, _ = survey(folder)
    held = {(v.manifest.backbone, v.manifest.fingerprint): v.manifest for v in there}
    written = []
    for pair in sorted({*held, *versions}):
        target = folder_of(folder, *pair)
        entries = (
            {name: entry for name, entry in held[pair].datasets.items() if name != dataset} if pair in held else {}
        )
        if pair in versions:
            entries[dataset] = versions[pair].manifest.datasets[dataset]
            _write(target, versions[pair].manifest, entries)
            card = versions[pair].folder / CARD
            if card.is_file() and not card.is_symlink():
                atomic.write_text(target / CARD, card.read_text(encoding="utf-8"))
            written.append(target / manifest.FILE)
        elif not entries:
            shutil.rmtree(target)
        elif entries != held[pair].datasets:
            _write(target, held[pair], entries)
    return written


def _write(target: Path, made: Manifest, entries: Mapping[str, manifest.DatasetEntry]) -> None:
    by_name = dict(sorted(entries.items()))
    made.model_copy(update={"datasets": by_name}).write(target)

"""Known images: what a dataset has in common with what a version embedded before, so that only the rest is embedded."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.extraction.plan import Plan
from fuseboard.harness.extraction.shard_worker import Maker
from fuseboard.store.embeddings import image_table, known_vectors, manifest
from fuseboard.store.embeddings.manifest import DatasetEntry
from fuseboard.store.store import Store


def recall(maker: Maker, store: Store, plans: Sequence[Plan]) -> list[tuple[Plan, int]]:
    """Takes vectors of images that were embedded before, perhaps under other names, ids or labels, and says what lacks.

    Shards of which every image is known are written; that the others can be read is looked at.

    Args:
        maker: has the backbone and the images.
        store: where the vectors are.
        plans: of the splits.

    Returns:
        Plans, each with the number of a piece some of whose images are to be embedded.

    Raises:
        FuseboardError: an image that is to be embedded cannot be read.
    """
    card, dataset = maker.card, maker.dataset
    missing = [(plan, index) for plan in plans for index, shard in enumerate(plan.found) if shard is None]
    keys = {plan.split: dataset.keys(plan.split) for plan, _ in missing}
    wanted = {own[number] for plan, index in missing if (own := keys[plan.split]) for number in plan.pieces[index].ids}
    found = known_vectors.find(store.root, card.id, card.fingerprint, card.dim, wanted) if wanted else {}
    lacking: dict[str, list[int]] = {}
    for plan, index in missing:
        piece, own = plan.pieces[index], keys[plan.split] or ()
        known = {number: found[own[number]] for number in piece.ids.tolist() if found and own[number] in found}
        plan.pieces[index] = replace(piece, known=known)
        lacking.setdefault(plan.split, []).extend(plan.pieces[index].lacking.tolist())
    if any(lacking.values()):
        dataset.check(lacking)
    dataset.record(store.root)  # first: no shard is of images that the store cannot name
    none = np.empty((0, card.dim), np.float32)
    for plan, index in missing:
        if not len(plan.pieces[index].lacking):
            plan.found[index] = plan.pieces[index].write(none, maker.dtype)
    return [(plan, index) for plan, index in missing if plan.found[index] is None]


def summary(before: DatasetEntry | None, after: DatasetEntry) -> str:
    """Says how many images a run embedded, such as `1 of 201 images was embedded, the others were before`.

    Args:
        before: the dataset in the manifest before the run.
        after: the same after it.
    """
    rows = sum(split.rows for split in after.splits.values())
    old = before.splits if before is not None else {}
    made = [split.profile for name, split in after.splits.items() if split != old.get(name)]
    images = sum(profile.images for profile in made if profile is not None)
    rest = "" if images == rows else f", {'the others' if images else 'all'} were before"
    return f"{images:,} of {rows:,} images {'was' if images == 1 else 'were'} embedded{rest}"


def tidy(dataset: Dataset, store: Store, folder: Path) -> None:
    """Removes shards of splits that a dataset has no more, and tables of its earlier images that no version numbers.

    Args:
        dataset: which was embedded.
        store: where it is.
        folder: of its shards.
    """
    for split in manifest.SPLITS:
        for path in folder.glob(f"{split}-*.parquet") if split not in dataset.splits else ():
            path.unlink()
    entries = [version.manifest.datasets.get(dataset.name) for version in store.versions]
    image_table.prune(store.root, dataset.name, {entry.source_md5 for entry in entries if entry is not None})

"""Stores of made-up vectors, whose labels a test chooses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.embeddings import manifest, shards, versions
from fuseboard.store.embeddings.manifest import Backbone, DatasetEntry, Manifest, Split
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.files.hashing import fingerprint

DATA = "made"
WIDTH = 6


def embed(
    root: Path,
    labels: Mapping[str, NDArray[np.integer[Any]]],
    task: str = "multi-class",
    n_classes: int = 3,
    backbones: Sequence[str] = ("a", "b"),
    dataset: str = DATA,
    constant: Sequence[str] = (),
    sites: Mapping[str, NDArray[np.integer[Any]]] | None = None,
) -> list[Version]:
    """Writes a version per backbone.

    Args:
        root: of the store.
        labels: split -> (N,) class numbers, or (N, L) of 0 and 1.
        task: MedMNIST's name.
        n_classes: classes, or labels.
        backbones: to write; each sees the labels through other noise.
        dataset: its name.
        constant: backbones that say the same of every image.
        sites: split -> (N,) numbers, which every vector shows more plainly than the label.
    """
    made = []
    for number, name in enumerate(backbones):
        identity = {"name": name}
        folder = versions.folder_of(root, name, fingerprint(identity))
        splits = {}
        for place, split in enumerate(manifest.SPLITS):
            own = labels[split]
            random = np.random.default_rng([number, place])
            seen = own if own.ndim > 1 else own[:, None] == np.arange(n_classes)
            spread = np.random.default_rng(number).normal(size=(seen.shape[1], WIDTH))
            vectors = seen @ spread + 1.5 * random.normal(size=(len(own), WIDTH))
            if sites is not None:
                vectors = vectors + 8 * (sites[split][:, None] == np.arange(WIDTH))
            if name in constant:
                vectors = np.ones_like(vectors)
            ids = np.arange(len(own), dtype=np.uint32)
            kept = own.astype(np.uint8 if own.ndim > 1 else np.uint16)
            path = folder / dataset / shards.file_name(split, 0, 1)
            shard = shards.write(path, ids, kept, vectors.astype(np.float32), {})
            splits[split] = Split(rows=len(own), shards=(shard,), profile=None)
        entry = DatasetEntry(
            task=task,
            n_classes=n_classes,
            label_names=tuple(f"class {c}" for c in range(n_classes)),
            licence="MIT",
            source_md5="0" * 32,
            splits=splits,
        )
        about = Backbone(
            title=name,
            licence="MIT",
            redistribution="embeddings",
            parameters=None,
            source="made up",
            paper=None,
            pretraining=(),
            overlap=(),
        )
        said = Manifest(
            backbone=name,
            fingerprint=fingerprint(identity),
            identity=identity,
            dim=WIDTH,
            dtype="float32",
            created=manifest.now(),
            about=about,
            libraries={},
            datasets={dataset: entry},
        )
        said.write(folder)
        made.append(Version(folder, said))
    return made

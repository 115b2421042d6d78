"""Extraction: from a backbone and a dataset to shards and a manifest."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import profile
from harness.backbones import canary
from harness.backbones.card import Card
from harness.backbones.encoder import Encoder
from harness.datasets.dataset import Dataset
from harness.embedding import embed
from harness.progress import progress
from store import atomic, card_readme, history, manifest, shards, versions
from store.errors import FuseboardError
from store.manifest import DatasetEntry, Manifest, Profile, Split, SplitName
from store.versions import Version

SHARD_ROWS = 8192
"""Images per shard: 32 MiB of a 1,024-wide float32 backbone, and the most that a killed run computes again."""


def extract(
    card: Card,
    dataset: Dataset,
    root: Path,
    device: str = "cpu",
    batch_size: int | None = None,
    shard_rows: int = SHARD_ROWS,
) -> Version:
    """Embeds every split of a dataset with a backbone, or what is missing of it.

    A shard is written whole or not at all, and a split joins the manifest when its last shard is there. A second run
    believes no file for its name: it holds listed shards against their SHA-256, and reads what a killed run left.

    Raises:
        FuseboardError: no space, weights that are not the pinned ones, vectors that are not finite; what was finished
            stays.
    """
    job = _Job(card, dataset, root, device, batch_size or (8 if device == "cpu" else 128), shard_rows)
    with versions.lock_of(root, card.id, card.fingerprint, dataset.name):
        atomic.sweep(job.folder / dataset.name)
        for split in dataset.splits:
            if not job.is_done(split):
                job.run(split)
    return Version(job.folder, manifest.read(job.folder))


@dataclass
class _Job:
    """One backbone on one dataset."""

    card: Card
    dataset: Dataset
    root: Path
    device: str
    batch_size: int
    """Eight on a CPU, where small batches stay in its cache; a GPU wants many."""
    shard_rows: int

    @property
    def folder(self) -> Path:
        return versions.folder_of(self.root, self.card.id, self.card.fingerprint)

    @cached_property
    def backbone(self) -> tuple[Encoder, NDArray[np.float32]]:
        """The encoder and its canary's vectors; loaded when the first image, or a new manifest, needs one of them."""
        return canary.load(self.card, self.device)

    def is_done(self, split: SplitName) -> bool:
        """Whether the manifest lists this split of this very source, and every byte of it is there."""
        if not (self.folder / manifest.FILE).is_file():
            return False
        entry = manifest.read(self.folder).datasets.get(self.dataset.name)
        if entry is None or entry.source_md5 != self.dataset.source_md5 or split not in entry.splits:
            return False
        try:
            for shard in entry.splits[split].shards:
                shards.verify(self.folder / self.dataset.name / shard.file, shard)
        except FuseboardError:
            return False
        return True

    def run(self, split: SplitName) -> None:
        """Makes the missing shards of a split, then lists the split."""
        labels = self.dataset.labels(split)
        parts = np.split(np.arange(len(labels), dtype=np.uint32), range(self.shard_rows, len(labels), self.shard_rows))
        about, columns = self._about(split), self.dataset.columns(split)
        paths = [
            self.folder / self.dataset.name / shards.file_name(split, index, len(parts)) for index in range(len(parts))
        ]
        own = [{name: values[ids] for name, values in columns.items()} for ids in parts]
        found = [
            shards.adopt(path, ids, labels[ids], about, of_rows)
            for path, ids, of_rows in zip(paths, parts, own, strict=True)
        ]
        missing = [index for index, shard in enumerate(found) if shard is None]
        device = self.backbone[0].device if missing else self.device  # loaded before the clock starts
        computed = sum(len(parts[index]) for index in missing)
        meter = profile.Meter(self.device)
        with progress(f"{self.card.id} · {self.dataset.name} {split}", len(labels)) as advance:
            advance(len(labels) - computed)
            for index in missing:
                ids = parts[index]
                vectors = self._embed(split, ids, advance)
                found[index] = shards.write(paths[index], ids, labels[ids], vectors, about, own[index])
        wall_s = meter.wall_s
        cost = Profile(
            images=computed,
            wall_s=wall_s,
            images_per_s=computed / wall_s if computed else None,
            batch_size=self.batch_size,
            precision=self.card.precision,
            device=profile.hardware(device),
            peak_rss_mb=meter.peak_rss_mb,
            peak_vram_mb=meter.peak_vram_mb,
        )
        made = tuple(shard for shard in found if shard is not None)
        self._list(split, Split(rows=len(labels), shards=made, profile=cost))
        for path in (self.folder / self.dataset.name).glob(f"{split}-*.parquet"):
            if path not in paths:  # cut differently by an earlier run; readers that glob would read rows twice
                path.unlink()

    def _embed(
        self, split: SplitName, ids: NDArray[np.uint32], advance: Callable[[int], None]
    ) -> NDArray[np.floating[Any]]:
        images = self.dataset.images(split, int(ids[0]), int(ids[-1]) + 1)
        pixels, encode = self.card.preprocessing.pixels, self.backbone[0].encode
        return embed(images, len(ids), pixels, encode, self.batch_size, advance).astype(self.dtype)

    def _about(self, split: SplitName) -> dict[str, Any]:
        return {
            "fingerprint": self.card.fingerprint,
            "dataset": self.dataset.name,
            "source_md5": self.dataset.source_md5,
            "split": split,
        }

    @property
    def dtype(self) -> Any:
        """Half precision is kept as it was computed; bfloat16 has no Parquet type and is widened."""
        return "float16" if self.card.precision == "fp16" else "float32"

    def _list(self, split: SplitName, done: Split) -> None:
        """Adds a split to the manifest, which makes it exist."""
        with versions.lock_of(self.root, self.card.id, self.card.fingerprint):
            there = manifest.read(self.folder) if (self.folder / manifest.FILE).is_file() else self._new()
            entry = there.datasets.get(self.dataset.name)
            same_source = entry is not None and entry.source_md5 == self.dataset.source_md5
            splits: dict[SplitName, Split] = dict(entry.splits) if entry is not None and same_source else {}
            splits[split] = done
            extended = DatasetEntry(
                task=self.dataset.task,
                n_classes=len(self.dataset.label_names),
                label_names=self.dataset.label_names,
                licence=self.dataset.licence,
                source_md5=self.dataset.source_md5,
                columns=tuple(self.dataset.columns(split)),
                splits={name: splits[name] for name in self.dataset.splits if name in splits},
            )
            updated = there.model_copy(update={"datasets": {**there.datasets, self.dataset.name: extended}})
            atomic.write_text(self.folder / "card.toml", self.card.toml())
            card_readme.write(self.folder, updated)
            updated.write(self.folder)
            device = done.profile.device if done.profile else self.device
            history.add(self.folder, "extracted", device, {self.dataset.name: (split,)})

    def _new(self) -> Manifest:
        return Manifest(
            backbone=self.card.id,
            fingerprint=self.card.fingerprint,
            identity=self.card.identity,
            dim=self.card.dim,
            dtype=self.dtype,
            created=manifest.now(),
            about=self.card.about,
            canary=tuple(tuple(row) for row in canary.as_lists(self.backbone[1])),
            libraries=profile.libraries(),
            datasets={},
        )

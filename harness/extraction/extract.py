"""Extraction: from a backbone and a dataset to shards and a manifest."""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones import adaptive_batches, canary, held_card
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.extraction import known_images
from fuseboard.harness.extraction.plan import Plan
from fuseboard.harness.extraction.run_profile import profile_of
from fuseboard.harness.extraction.shard_worker import Made, Maker, Piece, on_worker
from fuseboard.harness.runtime import executor, profiling
from fuseboard.store.embeddings import dataset_card, history, manifest, shards, versions
from fuseboard.store.embeddings.manifest import DatasetEntry, Manifest, Split, SplitName
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic
from fuseboard.store.files.progress import counting
from fuseboard.store.store import Store

SHARD_ROWS = 8192
"""Images per shard: 32 MiB of a 1,024-wide float32 backbone, and the most that a killed run computes again."""


def extract(
    card: Card,
    dataset: Dataset,
    store: Store,
    device: str = "cpu",
    batch_size: int | None = None,
    shard_rows: int = SHARD_ROWS,
    trust: bool = False,
    address: str | None = None,
    precision_choice: str | None = None,
) -> Version:
    """Embeds every split of a dataset with a backbone, or what is missing of it.

    A shard is written whole or not at all, and a split joins the manifest when its last shard is there. A second run
    believes no file for its name: it holds listed shards against their SHA-256, and reads what a killed run left. Of
    one's own images those are embedded whose content the version does not know, whatever they are called by now.

    Args:
        card: the backbone.
        dataset: the images.
        store: where the embeddings go.
        device: `cpu`, or the name of a CUDA device.
        batch_size: images per forward pass at most; it is halved where the device has no memory for as many.
        shard_rows: images per shard.
        trust: whether code of the backbone's repository may run.
        address: a Dask scheduler whose workers make the shards; they see store and images under the same paths.
        precision_choice: why the card's precision is what it is, where it was chosen and not named.

    Raises:
        FuseboardError: no space, other weights or code than the pinned ones, vectors not finite; what is done stays.
    """
    folder = versions.folder_of(store.root, card.id, card.fingerprint)
    there = manifest.read(folder) if (folder / manifest.FILE).is_file() else None
    held_card.require(card, there)
    most, recorded = batch_size or adaptive_batches.batch_size(device), there.canary if there is not None else ()
    maker = Maker(card, dataset, device, most, trust, recorded)
    job = _Job(maker, store, shard_rows, address, precision_choice)
    with versions.lock_of(store.root, card.id, card.fingerprint, dataset.name):
        atomic.sweep(job.folder / dataset.name)
        lacking = [split for split in dataset.splits if not job.is_done(split)]
        job.run([Plan.of(dataset, s, shard_rows, job.folder / dataset.name, job.about(s)) for s in lacking])
        job.refresh()
        known_images.tidy(dataset, store, job.folder / dataset.name)
    return Version(job.folder, manifest.read(job.folder))


@dataclass
class _Job:
    """The extraction of one dataset with one backbone."""

    maker: Maker
    store: Store
    shard_rows: int
    address: str | None
    precision_choice: str | None

    @property
    def card(self) -> Card:
        return self.maker.card

    @property
    def dataset(self) -> Dataset:
        return self.maker.dataset

    @property
    def folder(self) -> Path:
        return versions.folder_of(self.store.root, self.card.id, self.card.fingerprint)

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

    def run(self, plans: Sequence[Plan]) -> None:
        """Makes the shards that are missing, in one go over all splits, and lists each split with its last shard."""
        missing = known_images.recall(self.maker, self.store, plans)
        for plan in plans:
            if plan.is_whole:
                self._finish(plan, 0.0)
        began = time.perf_counter()
        pieces = [plan.pieces[index] for plan, index in missing]
        with closing(self._make(pieces, sum(plan.rows for plan in plans))) as made:
            for number, one in made:
                plan, index = missing[number]
                plan.found[index] = one.shard
                plan.made.append(one)
                if plan.is_whole:
                    passed, began = time.perf_counter() - began, time.perf_counter()
                    self._finish(plan, sum(each.wall_s for each in plan.made) if self.address is None else passed)

    def _finish(self, plan: Plan, wall_s: float) -> None:
        whole = tuple(shard for shard in plan.found if shard is not None)
        profile = profile_of(self.maker, plan.made, wall_s, self.precision_choice)
        self._list(plan.split, Split(rows=plan.rows, shards=whole, profile=profile), plan.made)
        for path in (self.folder / self.dataset.name).glob(f"{plan.split}-*.parquet"):
            if path not in {piece.path for piece in plan.pieces}:  # of an earlier run; globs would read it twice
                path.unlink()

    def refresh(self) -> None:
        """Brings what card and dataset say today, of licences, reading and domain, to a version that may be older."""
        with versions.lock_of(self.store.root, self.card.id, self.card.fingerprint):
            there = manifest.read(self.folder)
            said = self.dataset
            facts = {"licence": said.licence, "reading": said.reading, "declares": said.declares}
            datasets = {**there.datasets, self.dataset.name: there.datasets[self.dataset.name].model_copy(update=facts)}
            updated = there.model_copy(update={"about": self.card.about, "datasets": datasets})
            card = self.folder / manifest.CARD
            known = card.is_file() and card.read_bytes() == self.card.toml().encode()
            if not known or updated != there or dataset_card.is_stale(self.folder, updated):
                self._write(updated)

    def _make(self, missing: list[Piece], total: int) -> Generator[tuple[int, Made], None, None]:
        """Makes shards one after another here, or side by side on the cluster."""
        with counting(f"{self.card.id} · {self.dataset.name}", total) as advance:
            advance(total - sum(len(piece.lacking) for piece in missing))
            if self.address is None:
                if missing:
                    with closing(self.maker.make(missing, advance)) as made:
                        yield from enumerate(made)
                return
            card = self.card.toml()
            jobs = [(card, self.maker, piece) for piece in missing]
            for number, one in executor.run(on_worker, jobs, None, self.address) if jobs else ():
                advance(len(missing[number].lacking))
                yield number, one

    def about(self, split: SplitName) -> dict[str, Any]:
        return {
            "fingerprint": self.card.fingerprint,
            "dataset": self.dataset.name,
            "source_md5": self.dataset.source_md5,
            "split": split,
        }

    def _list(self, split: SplitName, done: Split, made: list[Made]) -> None:
        """Adds a split to the manifest, which makes it exist."""
        with versions.lock_of(self.store.root, self.card.id, self.card.fingerprint):
            there = manifest.read(self.folder) if (self.folder / manifest.FILE).is_file() else self._new(made)
            entry = there.datasets.get(self.dataset.name)
            is_same = entry is not None and entry.source_md5 == self.dataset.source_md5
            splits: dict[SplitName, Split] = dict(entry.splits) if entry is not None and is_same else {}
            splits[split] = done
            extended = DatasetEntry(
                task=self.dataset.task,
                n_classes=len(self.dataset.label_names),
                label_names=self.dataset.label_names,
                licence=self.dataset.licence,
                source_md5=self.dataset.source_md5,
                columns=tuple(self.dataset.columns(split)),
                reading=self.dataset.reading,
                declares=self.dataset.declares,
                splits={name: splits[name] for name in self.dataset.splits if name in splits},
            )
            updated = there.model_copy(update={"datasets": {**there.datasets, self.dataset.name: extended}})
            self._write(updated)
            if done.profile is not None:
                history.add(self.folder, "extracted", done.profile.device, {self.dataset.name: (split,)})

    def _write(self, updated: Manifest) -> None:
        atomic.write_text(self.folder / manifest.CARD, self.card.toml())
        dataset_card.write(self.folder, updated)
        updated.write(self.folder)
        self.store.forget_versions()

    def _new(self, made: list[Made]) -> Manifest:
        return Manifest(
            backbone=self.card.id,
            fingerprint=self.card.fingerprint,
            identity=self.card.identity,
            dim=self.card.dim,
            dtype=self.maker.dtype,
            created=manifest.now(),
            about=self.card.about,
            canary=tuple(tuple(row) for row in canary.as_lists(made[0].canary if made else self.maker.loaded[1])),
            libraries=profiling.libraries(),
            datasets={},
        )

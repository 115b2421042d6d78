"""A large board of generated rows: as many backbones, datasets, evaluations and subsets as one is asked for."""

from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import numpy as np

from fuseboard.leaderboard.regression.metrics import accuracy, auc
from fuseboard.store.embeddings import manifest, shards, versions
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results import rows as results
from tests.leaderboard.conftest import LIBRARIES, md5, row
from tests.leaderboard.predicted import said

FLAGS = (
    "path",
    "chest",
    "derma",
    "oct",
    "pneumonia",
    "retina",
    "breast",
    "blood",
    "tissue",
    "organa",
    "organc",
    "organs",
)
OTHER = ("late", "tuned", "linear-probe", "knn", "attention-trained")
"""Evaluations beside the search, which is the sixth."""
TASK = "multi-class"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def fill(root: Path, backbones=60, datasets=12, pool=9, images=120):
    """Writes a store: every backbone alone under six evaluations, and all subsets of the first few."""
    names = [f"backbone-{number:02}" for number in range(backbones)]
    flags = [f"{flag}mnist" for flag in FLAGS[:datasets]]
    labels = np.arange(images, dtype=np.uint16) % 3
    for number, name in enumerate(names):
        _embed(root, name, flags, labels, number)
    for number, dataset in enumerate(flags):
        random = np.random.default_rng(number)
        skill = random.normal(0, 0.05, backbones)
        made = [_single(dataset, name, number * 1000 + i, labels) for i, name in enumerate(names)]
        for size in range(2, pool + 1):
            for subset in combinations(range(pool), size):
                level = float(np.clip(0.8 + skill[list(subset)].mean() + 0.02 * size, 0.4, 0.97))
                made.append(_subset(dataset, [names[i] for i in subset], level, random, images))
        results.keep(root, [one for pair in made for one in pair])
        for evaluation in OTHER:
            own = [_other(dataset, name, evaluation, random, images) for name in names]
            results.keep(root, [one for pair in own for one in pair])
    return root


def _single(dataset, name, seed, labels):
    """A backbone alone, with its predictions."""
    scores = said(seed, labels)
    finite = scores.astype(float)
    test = (auc(TASK, labels, finite), accuracy(TASK, labels, finite))
    right = (scores.argmax(1) == labels).astype(int).tolist()
    own = {"rows": len(labels), "right": right}
    yield row((name,), "val", *test, dataset, {}, **own)
    yield row((name,), "test", *test, dataset, {}, scores=scores.tolist(), **own)


def _subset(dataset, names, level, random, images):
    for split in ("val", "test"):
        right = (random.random(images) < level).astype(int)
        yield row(names, split, level, float(right.mean()), dataset, {}, rows=images, right=right.tolist())


def _other(dataset, name, evaluation, random, images):
    for split in ("val", "test"):
        level = float(random.uniform(0.7, 0.95))
        yield row((name,), split, level, level - 0.1, dataset, {}, rows=images, evaluation=evaluation)


def _embed(root, name, flags, labels, number):
    identity = {"backbone": name, "revision": 1}
    version = fingerprint(identity)
    folder = versions.folder_of(root, name, version)
    profile = manifest.Profile(
        images=len(labels), wall_s=0.5 + number, images_per_s=len(labels) / (0.5 + number), batch_size=4,
        precision="fp32", device="a GPU", peak_rss_mb=123.0, peak_vram_mb=1000.0 + 37 * (number % 17),
    )  # fmt: skip
    entries = {}
    for flag in flags:
        splits = {}
        for split in manifest.SPLITS:
            path = folder / flag / shards.file_name(split, 0, 1)
            ids = np.arange(len(labels), dtype=np.uint32)
            shard = shards.write(path, ids, labels, np.ones((len(labels), 2), np.float32), {"split": split})
            splits[split] = manifest.Split(rows=len(labels), shards=(shard,), profile=profile)
        entries[flag] = manifest.DatasetEntry(
            task=TASK,
            n_classes=3,
            label_names=("a", "b", "c"),
            licence="CC BY 4.0",
            source_md5=md5(flag),
            splits=splits,
        )
    about = manifest.Backbone(
        title=f"Backbone {number}", redistribution="embeddings", parameters=10**7 * (number + 1), licence="MIT",
        source="made up", paper=None, pretraining=("nothing",), overlap=(),
    )  # fmt: skip
    manifest.Manifest(
        backbone=name, fingerprint=version, identity=identity, dim=2, dtype="float32", created=NOW, about=about,
        libraries=LIBRARIES, datasets=entries,
    ).write(folder)  # fmt: skip

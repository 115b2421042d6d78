"""Tiny stores, written with the store's own functions."""

import hashlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from fuseboard.leaderboard.site.build import build
from fuseboard.store.embeddings import manifest, shards, versions
from fuseboard.store.embeddings.declaration import Declaration
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.leaderboard.predicted import LABELS, NAMES, SUBSETS, keep, said

LIBRARIES = {"xgboost": "3.0.0", "scikit-learn": "1.5.0"}
START = datetime(2026, 1, 1, tzinfo=UTC)


def md5(dataset):
    """The MD5 of the images that a dataset is made of; corrupted ones keep that of the clean ones."""
    return hashlib.md5(dataset.removesuffix("-c").encode()).hexdigest()


@dataclass
class TinyStore:
    """A store that a test fills."""

    root: Path

    @property
    def opened(self):
        """The store as a command opens it, with nothing read yet."""
        return Store(self.root)

    def embed(
        self,
        backbone,
        dataset="tiny",
        task="multi-class",
        labels=None,
        title=None,
        revision=1,
        day=0,
        domain="other-medical",
        declared_source=None,
        **about,
    ):
        """Writes one version with every split of a dataset; returns its fingerprint."""
        labels = np.arange(12, dtype=np.uint16) % 3 if labels is None else labels
        identity = {"backbone": backbone, "revision": revision}
        version = fingerprint(identity)
        folder = versions.folder_of(self.root, backbone, version)
        profile = manifest.Profile(
            images=len(labels),
            wall_s=0.5,
            images_per_s=len(labels) / 0.5,
            batch_size=4,
            precision="fp32",
            device="cpu",
            peak_rss_mb=123.0,
            peak_vram_mb=None,
        )
        splits = {}
        for split in manifest.SPLITS:
            ids = np.arange(len(labels), dtype=np.uint32)
            path = folder / dataset / shards.file_name(split, 0, 1)
            shard = shards.write(path, ids, labels, np.ones((len(labels), 2), np.float32), {"split": split})
            splits[split] = manifest.Split(rows=len(labels), shards=(shard,), profile=profile)
        entry = manifest.DatasetEntry(
            task=task,
            n_classes=3,
            label_names=("a", "b", "c"),
            licence="CC0",
            source_md5=md5(dataset),
            declares=Declaration(domain=domain, source=declared_source),
            splits=splits,
        )
        facts = {"licence": "MIT", "source": "nowhere", "paper": None, "pretraining": (), "overlap": (), **about}
        manifest.Manifest(
            backbone=backbone,
            fingerprint=version,
            identity=identity,
            dim=2,
            dtype="float32",
            created=START + timedelta(days=day),
            about=manifest.Backbone(
                title=title or backbone, redistribution="embeddings", parameters=1_000_000, **facts
            ),
            libraries=LIBRARIES,
            datasets={dataset: entry},
        ).write(folder)
        return version

    def measure(self, subset, val, test, dataset="tiny", revisions=None, **changes):
        """Keeps the validation and test row of one subset; `val` and `test` are (auc, acc)."""
        own = {"subset": subset, "dataset": dataset, "revisions": revisions, **changes}
        self.keep_together({**own, "split": "val", "metrics": val}, {**own, "split": "test", "metrics": test})

    def keep(self, subset, split, auc, acc, dataset="tiny", revisions=None, **changes):
        """Keeps one row."""
        own = {"subset": subset, "split": split, "metrics": (auc, acc), "dataset": dataset, "revisions": revisions}
        self.keep_together({**own, **changes})

    def keep_together(self, *rows):
        """Keeps rows of one dataset as one file; each is a mapping of what `row` takes, `metrics` being (auc, acc)."""
        made = []
        for one in rows:
            said = {"dataset": "tiny", **one}
            auc, acc = said.pop("metrics")
            made.append(row(auc=auc, acc=acc, revisions=said.pop("revisions", None) or {}, **said))
        results.keep(self.root, made)

    def search(self, scores, dataset="tiny", **changes):
        """Keeps one row pair per subset of a mapping subset -> (val, test)."""
        for subset, (val, test) in scores.items():
            self.measure(subset, val, test, dataset, **changes)


def row(subset, split, auc, acc, dataset, revisions, *, day=0, scores=None, **changes):
    """One result; changes go to the inputs when they belong there."""
    names = tuple(sorted(subset))
    inputs = {
        "evaluation": "fusion",
        "protocol": "starter",
        "protocol_digest": "d1",
        "dataset": dataset,
        "source_md5": md5(dataset),
        "split": split,
        "subset": names,
        "fingerprints": tuple(fingerprint({"backbone": n, "revision": revisions.get(n, 1)}) for n in names),
        "fusion": "concat",
        "classifier": "xgboost",
        "seed": 42,
    }
    values = {
        "selection": ("acc", "backbones", "features", "name"),
        "auc": auc,
        "acc": acc,
        "top5": None,
        "params": None,
        "reason": "nobody knows" if auc is None or acc is None else None,
        "rows": 12,
        "features": 2 * len(names),
        "fit_s": 1.25 * len(names),
        "predict_s": 0.01,
        "peak_rss_mb": 256.0,
        "peak_vram_mb": None,
        "jobs": 2,
        "device": "cpu",
        "hardware": "a machine",
        "libraries": LIBRARIES,
        "created": START + timedelta(days=day),
        "right": None,
        "scores": scores,
    }
    inputs |= {name: value for name, value in changes.items() if name in inputs}
    values |= {name: value for name, value in changes.items() if name in values}
    # Unchecked on purpose: a results file from elsewhere may hold what this project would refuse to write.
    return results.Result.model_construct(inputs=results.Inputs.model_construct(**inputs), **values)


@pytest.fixture
def store(tmp_path):
    return TinyStore(tmp_path / "store")


@pytest.fixture(scope="session")
def searched_once(tmp_path_factory):
    """What `searched` is a copy of; nobody writes to it."""
    store = TinyStore(tmp_path_factory.mktemp("searched") / "store")
    for name in ("alpha", "beta", "gamma"):
        store.embed(name)
    store.search(
        {
            ("alpha",): ((0.80, 0.70), (0.81, 0.72)),
            ("beta",): ((0.90, 0.75), (0.85, 0.75)),
            ("gamma",): ((0.70, 0.60), (0.81, 0.61)),
            ("alpha", "beta"): ((0.91, 0.80), (0.88, 0.78)),
            ("alpha", "gamma"): ((0.91, 0.80), (0.89, 0.79)),
            ("beta", "gamma"): ((0.90, 0.79), (0.93, 0.90)),
            ("alpha", "beta", "gamma"): ((0.92, 0.78), (0.91, 0.82)),
        }
    )
    return store


@pytest.fixture
def searched(searched_once, store):
    """Three backbones, all seven subsets, a tie on validation and an oracle that was not chosen."""
    shutil.copytree(searched_once.root, store.root, dirs_exist_ok=True)
    return store


@pytest.fixture(scope="session")
def searched_site(searched_once, tmp_path_factory):
    """The folder of the site of `searched`, its store beside it; nobody writes to either."""
    place = tmp_path_factory.mktemp("searched-site")
    store = TinyStore(shutil.copytree(searched_once.root, place / "store"))
    return build(store.opened, place / "site").parent


@pytest.fixture(scope="session")
def predicted_once(tmp_path_factory):
    """What `predicted` is a copy of; nobody writes to it."""
    store = TinyStore(tmp_path_factory.mktemp("predicted") / "store")
    for name in NAMES:
        store.embed(name, labels=LABELS)
    for number, subset in enumerate(SUBSETS):
        keep(store, subset, said(number), val=0.7 + 0.05 * number)
    return store


@pytest.fixture
def predicted(predicted_once, store):
    """Two backbones, all three subsets, all of which kept their predictions; both together are chosen."""
    shutil.copytree(predicted_once.root, store.root, dirs_exist_ok=True)
    return store

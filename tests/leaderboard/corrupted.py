"""Rows on clean images and on every condition of their corrupted twin."""

import numpy as np

from fuseboard.leaderboard.regression.metrics import accuracy, auc
from fuseboard.store.embeddings import manifest, versions
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results.corruption_errors import CLEAN
from fuseboard.store.statistics import alexnet_reference

DATA, TWIN = "breastmnist-28", "breastmnist-28-c"
CORRUPTIONS = tuple(alexnet_reference.errors()["breastmnist"].corrupted)
LABELS = np.arange(40, dtype=np.uint16) % 4 // 3
"""30 images of one class and 10 of the other, so that accuracy and balanced accuracy differ."""
TASK = "binary-class"


def embed(store, *names, labels=LABELS, task=TASK):
    """Versions that hold the clean images and their twin, so that the twin's labels are known."""
    for name in names:
        version = store.embed(name, dataset=DATA, task=task, labels=labels)
        _join(store, name, version)


def answers(seed, labels=LABELS):
    """(N, 1) probabilities that know something of the labels."""
    random = np.random.default_rng(seed)
    return np.clip(0.6 * labels + random.random(len(labels)) * 0.7 - 0.15, 0, 1).astype(np.float32)[:, None]


def expose(store, subset, seed=0, corruptions=CORRUPTIONS, keep=("right", "scores"), corrupted=None, **changes):
    """Keeps the rows of one classifier, corrupted ones with changes of their own; returns split -> probabilities."""
    splits = [CLEAN, *(f"{name}-{severity}" for name in corruptions for severity in range(1, 6))]
    said = {split: answers(100 * seed + number) for number, split in enumerate(splits)}
    rows = []
    for split, scores in said.items():
        right = ((scores[:, 0] > 0.5) == LABELS).astype(int).tolist()
        kept = {"right": right, "scores": scores.tolist()}
        own = {name: kept[name] if name in keep else None for name in kept}
        metrics = auc(TASK, LABELS, scores.astype(float)), accuracy(TASK, LABELS, scores)
        facts = {"evaluation": "corruption", "rows": len(LABELS), **own, **changes}
        if split != CLEAN:
            facts |= corrupted or {}
        rows.append({"subset": subset, "split": split, "metrics": metrics, "dataset": TWIN, **facts})
    store.keep_together(*rows)
    return said


def fingerprints(*names):
    """Of the embedded versions."""
    return tuple(fingerprint({"backbone": name, "revision": 1}) for name in names)


def _join(store, name, version):
    """Writes the twin's entry into the manifest: images of the same test set, one condition after another."""
    folder = versions.folder_of(store.root, name, version)
    whole = manifest.read(folder)
    clean = whole.datasets[DATA]
    twin = clean.model_copy(update={"columns": ("corruption", "severity"), "splits": {"test": clean.splits["test"]}})
    whole.model_copy(update={"datasets": {DATA: clean, TWIN: twin}}).write(folder)

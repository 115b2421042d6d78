"""A store with something of everything: what a site that is opened in a browser is made of."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np

from fuseboard.store.embeddings import manifest, shards, versions
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results import rows as results
from tests.leaderboard.conftest import LIBRARIES, START, TinyStore, md5, row
from tests.leaderboard.predicted import LABELS, TASK, keep, said

HOSTILE = "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"
"""What a stranger may write wherever he may write something."""
LONG = ("a-name-of-two-hundred-letters " * 7)[:200]
LONGEST_NAME = ("n" * 50 + "-") + "m" * 49
"""As long as the name of a backbone may be, with one place to break it."""
POOL = ("alpha", "beta", "gamma", "delta")
"""Backbones of which every subset was measured."""
NAMES = (*POOL, "epsilon", "zeta", "eta", LONGEST_NAME)
PUBLISHED = {"alpha": "2021-02", "beta": "2023-10", "gamma": "2022-06", LONGEST_NAME: "2019-01"}
"""Backbone -> the month that its card tells."""
LICENCES = ("MIT", "Apache-2.0", "MIT", "CC BY-NC 4.0", HOSTILE, "MIT", LONG, "MIT")
DATASETS = ("breastmnist-64", "pneumoniamnist-28", "dermamnist-64")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def fill(root: Path) -> Path:
    """Three datasets, three protocols, eight backbones, other evaluations, and nulls that have reasons."""
    store = TinyStore(root)
    for number, name in enumerate(NAMES):
        embed(root, name, number)
    for name, month in PUBLISHED.items():
        folder = versions.folder_of(root, name, fingerprint({"backbone": name, "revision": 1}))
        (folder / "card.toml").write_text(f'id = "{name}"\npublished = "{month}"\n', encoding="utf-8")
    for number, dataset in enumerate(DATASETS):
        for at, name in enumerate(NAMES):
            if dataset == "dermamnist-64" and name == "eta":
                store.measure((name,), (0.6, 0.5), (None, None), dataset, reason=HOSTILE)
            elif dataset != "pneumoniamnist-28" or name != "zeta":
                keep(store, (name,), said(100 * number + at), val=0.6 + 0.01 * at, dataset=dataset)
        for at, subset in enumerate(s for size in (2, 3, 4) for s in combinations(POOL, size)):
            keep(store, subset, said(100 * number + 20 + at), val=0.7 + 0.01 * (at % 7), dataset=dataset)
    for name in ("alpha", "beta"):
        keep(store, (name,), said(len(name)), dataset=DATASETS[0], protocol="biofuse-2026", protocol_digest="d2")
    keep(store, ("alpha", "beta"), said(7), dataset=DATASETS[0], protocol="biofuse-2026", protocol_digest="d2")
    about = {"protocol": HOSTILE, "hardware": HOSTILE, "device": LONG, "libraries": {HOSTILE: HOSTILE}}
    store.measure((LONG,), (0.5, 0.5), (0.5, 0.5), DATASETS[2], classifier=HOSTILE, **about)
    for subset in (("alpha",), ("beta",), ("alpha", "beta")):
        store.measure(subset, (0.9, 0.8), (0.9, 0.8), "digits")
    _other(store)
    return root


def embed(root: Path, name: str, number: int) -> None:
    """Writes a version of a backbone that has every dataset."""
    identity = {"backbone": name, "revision": 1}
    version = fingerprint(identity)
    folder = versions.folder_of(root, name, version)
    profile = manifest.Profile(
        images=len(LABELS), wall_s=0.5 + number, images_per_s=len(LABELS) / (0.5 + number), batch_size=4,
        precision="fp32", device="cpu", peak_rss_mb=123.0, peak_vram_mb=None if number % 2 else 1000.0 + number,
    )  # fmt: skip
    entries = {}
    for dataset in (*DATASETS, "breastmnist-64-c", "imagenet-1k"):
        splits = {}
        for split in manifest.SPLITS:
            path = folder / dataset / shards.file_name(split, 0, 1)
            vectors = np.random.default_rng(number).random((len(LABELS), 2), np.float32)
            shard = shards.write(path, np.arange(len(LABELS), dtype=np.uint32), LABELS, vectors, {"split": split})
            splits[split] = manifest.Split(rows=len(LABELS), shards=(shard,), profile=profile)
        entries[dataset] = manifest.DatasetEntry(
            task=TASK, n_classes=3, label_names=("a", HOSTILE, "c"), licence="CC BY 4.0", source_md5=md5(dataset),
            splits=splits,
        )  # fmt: skip
    about = manifest.Backbone(
        title=(LONG, HOSTILE)[number % 2] if number > 3 else f"The {name} net", licence=LICENCES[number],
        redistribution="embeddings", parameters=10**7 * (number + 1), source=HOSTILE if number > 3 else "hub",
        paper=None, pretraining=(HOSTILE,) if number > 3 else ("ImageNet",), overlap=("breastmnist",) if number else (),
    )  # fmt: skip
    manifest.Manifest(
        backbone=name, fingerprint=version, identity=identity, dim=2, dtype="float32", created=START, about=about,
        libraries=LIBRARIES, datasets=entries,
    ).write(folder)  # fmt: skip


def _other(store: TinyStore) -> None:
    """Rows of the evaluations beside the search."""
    dataset = DATASETS[0]
    keep(store, POOL, said(300), dataset=dataset, evaluation="late", fusion="late-soft")
    keep(store, POOL[:2], said(301), dataset=dataset, evaluation="linear-probe", classifier="linear-probe C=1")
    keep(store, POOL[:3], said(302), dataset=dataset, evaluation="attention-trained", fusion="attention-trained 64x4")
    for seed in (1, 2):
        keep(store, POOL[:2], said(302 + seed), dataset=dataset, evaluation="tuned", seed=seed)
    for subset in (*((name,) for name in POOL[:3]), *combinations(POOL[:3], 2), POOL[:3]):
        shared = {"dataset": dataset, "evaluation": "few-labels", "protocol": "linear-2026", "split": "test"}
        drawn = [(n, draw) for n in (3, 30) for draw in (0, 1)] + [(60, 0)]
        store.keep_together(
            *(
                {**shared, "subset": subset, "metrics": (0.5 + 0.001 * n + 0.02 * len(subset) + 0.01 * draw, 0.5),
                 "seed": 42 + draw, "params": {"images": n}, "classifier": f"ridge n={n}",
                 "protocol_digest": f"{n}{draw}"}
                for n, draw in drawn
            )
        )  # fmt: skip
    _groups(store, dataset)
    splits = ["clean", *(f"{kind}-{severity}" for kind in ("pixelate", "jpeg_compression") for severity in range(1, 6))]
    for at, name in enumerate(POOL):
        exposed = []
        for number, split in enumerate(splits):
            random = np.random.default_rng(number)
            right = (random.random(len(LABELS)) < 0.9 - 0.02 * number - 0.03 * at).astype(int)
            own = {"evaluation": "corruption", "rows": len(LABELS), "right": right.tolist(), "split": split}
            metrics = float(right.mean()), float(right.mean())
            exposed.append({"subset": (name,), "metrics": metrics, "dataset": "breastmnist-64-c", **own})
        store.keep_together(*exposed)
        natural = row((name,), "test", 0.9, 0.6 + 0.01 * at, "imagenet-1k", {}, evaluation="transfer")
        results.keep(store.root, [natural.model_copy(update={"top5": 0.8 + 0.01 * at})])


def _groups(store: TinyStore, dataset: str) -> None:
    """Scores by two sites."""
    facts = {"column": "site", "column_digest": "1", "train_images": 400, "rarest_class": 4}
    alone = {"label_auc": 0.8, "label_auc_by_chance": 0.6, "label_p": 0.001}
    index = {"index": 0.4, "index_low": 0.3, "index_high": 0.5, "by_chance": 0.5}
    sites = [{"measure": kind, "group": site} for kind in ("group", "left out") for site in ("north", "south")]
    parts = [{"measure": "known"}, *sites, {"measure": "column", **alone}, {"measure": "neighbours", **index}]
    for subset in (*((name,) for name in POOL[:3]), POOL[:3]):
        store.keep_together(
            *(
                {"subset": subset, "split": "test", "dataset": dataset, "evaluation": "groups",
                 "protocol": "linear-2026", "classifier": f"ridge {place}", "protocol_digest": f"{place}",
                 "params": {**facts, "auc_low": 0.4, "auc_high": 0.95, **part},
                 "metrics": (None if part["measure"] == "neighbours" else 0.9 - 0.05 * place, 0.8)}
                for place, part in enumerate(parts)
            )
        )  # fmt: skip


def submit(folder: Path) -> Path:
    """Submissions: a sound one, one that is hostile in every field that it may fill, and a broken one."""
    folder.mkdir()
    said_by = {
        "alpha": f'status = "active"\n[shards]\nhub = "some-one/net"\nrevision = "{COMMIT}"\n',
        "epsilon": f'status = "withdrawn"\nreason = {json.dumps(HOSTILE)}\n[shards]\nfolder = {json.dumps(HOSTILE)}\n'
        f'[[earlier]]\nfingerprint = "{"0" * 32}"\nuntil = 2026-01-02\nreason = {json.dumps(HOSTILE)}\n',
    }
    for name, statement in said_by.items():
        elsewhere = folder.parent / f"{name}-elsewhere"
        embed(elsewhere, name, NAMES.index(name))
        version = fingerprint({"backbone": name, "revision": 1})
        place = folder / name
        place.mkdir()
        (place / "manifest.json").write_bytes(
            (elsewhere / "embeddings" / name / version / "manifest.json").read_bytes()
        )
        (place / "submission.toml").write_text(statement, encoding="utf-8")
    (folder / "broken").mkdir()
    (folder / "broken" / "submission.toml").write_text(f"status = {HOSTILE}", encoding="utf-8")
    return folder

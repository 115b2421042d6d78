"""Small real stores to test on, and the loopback Hub."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuseboard.store.embeddings import manifest, shards, versions
from fuseboard.store.embeddings.manifest import Backbone, DatasetEntry, Manifest, Profile, Split
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.files.hashing import fingerprint
from tests.store.hub_client import point_at, server_module

PROFILE = Profile(
    images=1, wall_s=1, images_per_s=1.0, batch_size=1, precision="fp32", device="cpu", peak_rss_mb=1, peak_vram_mb=None
)
ABOUT = {
    "title": "A | backbone\n---\n<script>alert(1)</script>",
    "licence": "Apache-2.0",
    "redistribution": "embeddings",
    "parameters": 1,
    "source": "made up",
    "paper": None,
    "pretraining": (),
    "overlap": (),
}


def make(
    root: Path,
    backbone: str = "alpha",
    dim: int = 4,
    rows: int = 20,
    dataset: str = "digits",
    splits: tuple[str, ...] = ("train", "val", "test"),
    order: list[int] | None = None,
    ids: Any = None,
    labels: Any = None,
    vectors: Any = None,
    dtype: str = "float32",
    multi: int = 0,
    parts: int = 2,
    identity: dict[str, Any] | None = None,
    about: dict[str, Any] | None = None,
) -> Version:
    """A version with one dataset, whose vectors are a function of image and backbone. Called again, it adds to it."""
    identity = {"name": backbone, "dim": dim, **(identity or {})}
    print_ = fingerprint(identity)
    folder = versions.folder_of(root, backbone, print_)
    entries = dict(manifest.read(folder).datasets) if (folder / manifest.FILE).exists() else {}
    made = dict(entries[dataset].splits) if dataset in entries else {}
    for number, split in enumerate(splits):
        own = np.arange(rows, dtype=np.uint32) if ids is None else np.asarray(ids, np.uint32)
        classes = own % 3 if not multi else (own[:, None] + np.arange(multi)) % 2
        own_labels = (classes if labels is None else np.asarray(labels)).astype(np.uint8 if multi else np.uint16)
        seed = sum(backbone.encode()) + 1000 * number
        table = np.random.default_rng(seed).normal(size=(max(rows, int(own.max()) + 1), dim)).astype(dtype)
        matrix = table[own] if vectors is None else np.asarray(vectors, dtype)
        at = np.asarray(order if order is not None else range(len(own)))
        pieces = []
        for index, piece in enumerate(np.array_split(at, parts)):
            path = folder / dataset / shards.file_name(split, index, parts)
            pieces.append(shards.write(path, own[piece], own_labels[piece], matrix[piece], {"backbone": backbone}))
        made[split] = Split(rows=len(own), shards=tuple(pieces), profile=PROFILE)
    entries[dataset] = DatasetEntry(
        task="multi-label, binary-class" if multi else "multi-class",
        n_classes=multi or 3,
        label_names=tuple(str(n) for n in range(multi or 3)),
        licence="CC-BY-4.0",
        source_md5="0" * 32,
        splits=made,
    )
    Manifest(
        backbone=backbone,
        fingerprint=print_,
        identity=identity,
        dim=dim,
        dtype=dtype,
        created=manifest.now(),
        about=Backbone.model_validate({**ABOUT, **(about or {})}),
        libraries={},
        datasets=entries,
    ).write(folder)
    return Version(folder, manifest.read(folder))


@pytest.fixture
def make_version() -> Callable[..., Version]:
    return make


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture(scope="session")
def _hub_server() -> Iterator[Any]:
    server = server_module("hub_server").FakeHub()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def no_waiting() -> Iterator[None]:
    """Retries happen as often as in earnest, but at once."""
    import stamina

    from fuseboard.store.remotes.http import ATTEMPTS

    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


@pytest.fixture
def hub_server(_hub_server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_waiting: None) -> Any:
    """The loopback Hub, empty, and the real client pointed at it."""
    _hub_server.reset()
    point_at(_hub_server.url, monkeypatch, tmp_path / "hub-cache")
    return _hub_server

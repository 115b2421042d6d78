"""Conditions of a corrupted test set, read one at a time from shards that know nothing of them."""

from pathlib import Path

import numpy as np
import pytest

from fuseboard.store.embeddings import corruptions, manifest, shards, versions
from fuseboard.store.embeddings.corruptions import Condition
from fuseboard.store.embeddings.manifest import Backbone, DatasetEntry, Manifest, Split
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint

IMAGES, DIM, NAMES = 7, 3, ("fog", "snow")
ROWS = IMAGES * 5 * len(NAMES)
VECTORS = np.arange(ROWS * DIM, dtype=np.float16).reshape(ROWS, DIM)
CLEAN = (np.arange(IMAGES * 4).reshape(IMAGES, 4) % 3 == 0).astype(np.uint8)


@pytest.fixture
def version(tmp_path: Path) -> Version:
    return corrupted(tmp_path)


def corrupted(root: Path, more: float = 0) -> Version:
    """Several labels per image, half precision, and shards that end in the middle of a condition."""
    folder = versions.folder_of(root, "alpha", fingerprint({"name": "alpha"}))
    corruption, severity = np.repeat(NAMES, IMAGES * 5), np.tile(np.repeat(np.arange(1, 6), IMAGES), len(NAMES))
    labels, parts = np.tile(CLEAN, (5 * len(NAMES), 1)), np.array_split(np.arange(ROWS), 4)
    pieces = [
        shards.write(
            folder / "chestmnist-c" / shards.file_name("test", number, len(parts)),
            rows.astype(np.uint32),
            labels[rows],
            VECTORS[rows] + np.float16(more),
            {},
            {"corruption": corruption[rows], "severity": severity[rows]},
        )
        for number, rows in enumerate(parts)
    ]
    entry = DatasetEntry(
        task="multi-label, binary-class",
        n_classes=4,
        label_names=("a", "b", "c", "d"),
        licence="CC0",
        source_md5="0" * 32,
        columns=("corruption", "severity"),
        splits={"test": Split(rows=ROWS, shards=tuple(pieces), profile=None)},
    )
    about = Backbone(
        title="Alpha",
        licence="CC0",
        redistribution="hash",
        parameters=1,
        source="",
        paper=None,
        pretraining=(),
        overlap=(),
    )
    Manifest(
        backbone="alpha",
        fingerprint=folder.name,
        identity={"name": "alpha"},
        dim=DIM,
        dtype="float16",
        created=manifest.now(),
        about=about,
        libraries={},
        datasets={"chestmnist-c": entry},
    ).write(folder)
    return Version(folder, manifest.read(folder))


def test_every_condition_is_read_whole_and_alone(version: Version) -> None:
    found = corruptions.conditions(version, "chestmnist-c", IMAGES)
    assert [each.split for each in found] == [f"{name}-{severity}" for name in NAMES for severity in range(1, 6)]
    corruptions.verify(version, "chestmnist-c")
    for number, each in enumerate(found):
        matrix = corruptions.read(version, "chestmnist-c", each, CLEAN)
        assert matrix.dtype == np.float32
        np.testing.assert_array_equal(matrix, VECTORS[number * IMAGES : (number + 1) * IMAGES])


def test_another_number_of_images_is_refused(version: Version) -> None:
    with pytest.raises(FuseboardError, match="has 7 rows of fog at severity 1, for 8 clean test images"):
        corruptions.conditions(version, "chestmnist-c", 8)


@pytest.mark.parametrize("labels", [1 - CLEAN, CLEAN[:, :3], CLEAN[:, 0]])
def test_labels_of_other_images_are_refused(version: Version, labels: np.ndarray) -> None:
    with pytest.raises(
        FuseboardError, match=r"chestmnist-c fog-2: alpha@.* has other labels than the clean test images"
    ):
        corruptions.read(version, "chestmnist-c", Condition("fog", 2, IMAGES), labels)

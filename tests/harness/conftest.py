"""Small real inputs that the harness's tests share."""

import os
import shutil
from pathlib import Path

import pytest

from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.store import Store

SHARED_MEDMNIST = Path(__file__).parents[3] / "shared" / "medmnist"


@pytest.fixture
def medmnist_root(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the official BreastMNIST-64 file."""
    root = Path(os.environ.get("MEDMNIST_ROOT") or SHARED_MEDMNIST)
    if not (root / "breastmnist_64.npz").is_file():
        pytest.skip("breastmnist_64.npz is not on this machine: point MEDMNIST_ROOT at a folder that has it")
    monkeypatch.setenv("MEDMNIST_ROOT", str(root))
    return root


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 120 digits of every split, embedded with the two descriptors. Copy it before writing to it."""
    root = tmp_path_factory.mktemp("small-store")
    for name in ("hog", "pixels"):
        extract(registry.get(name), datasets.get("digits-first120"), Store(root))
    return root


@pytest.fixture
def store(small_store: Path, tmp_path: Path) -> Path:
    """A copy of the small store to write to."""
    return Path(shutil.copytree(small_store, tmp_path / "store"))

"""Removing: the vectors of a version or a dataset go, with the rows that rest on them, and nothing else."""

from pathlib import Path

import pytest

from fuseboard.cli import run
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.embeddings import history
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

ONE, OTHER = "digits-first60", "digits-sample60"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    store = Store(tmp_path, registry.fingerprints)
    for name in (ONE, OTHER):
        for backbone in ("hog", "pixels"):
            extract(registry.get(backbone), datasets.get(name), store)
        Search(store, name, QUICK).run(strategies.get("exhaustive"))
    return tmp_path


def rows(root: Path, dataset: str) -> set[tuple[str, ...]]:
    return {tuple(subset) for subset in Store(root).rows(dataset=dataset)["subset"].to_list()}


def held(root: Path) -> dict[str, list[str]]:
    return {version.manifest.backbone: list(version.manifest.datasets) for version in Store(root).versions}


def test_a_dataset_of_one_backbone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = rows(root, OTHER)
    assert run(["store", "remove", "hog", "-d", ONE, "--yes", "--store", str(root)]) == 0
    assert held(root) == {"hog": [OTHER], "pixels": [ONE, OTHER]}
    assert rows(root, ONE) == {("pixels",)}
    assert rows(root, OTHER) == before
    [hog] = [version for version in Store(root).versions if version.manifest.backbone == "hog"]
    assert not (hog.folder / ONE).exists()
    assert ONE not in (hog.folder / "README.md").read_text()
    assert all(ONE not in event.datasets for event in history.read(hog.folder))
    capsys.readouterr()
    assert run(["store", "verify", "--store", str(root)]) == 0


def test_a_whole_version_and_its_cache(root: Path) -> None:
    import numpy as np

    import fuseboard

    fuseboard.embed([np.zeros((9, 9), np.uint8)], "hog", store=root)
    assert run(["store", "remove", "hog", "--yes", "--store", str(root)]) == 0
    assert held(root) == {"pixels": [ONE, OTHER]}
    assert rows(root, ONE) | rows(root, OTHER) == {("pixels",)}
    assert not list((root / "images" / "hog").glob("*"))


def test_a_dataset_of_every_backbone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", "remove", "-d", ONE, "--yes", "--store", str(root)]) == 0
    assert held(root) == {"hog": [OTHER], "pixels": [OTHER]}
    assert rows(root, ONE) == set()
    assert not [path for path in root.rglob("*.parquet") if ONE in path.parts or path.stem == ONE]
    assert f"removed hog@{registry.get('hog').fingerprint}: {ONE}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a BACKBONE, a --dataset, or both"),
        (["-d", "digits-first06"], "did you mean digits-first60"),
        (["hog", "-d", ONE], "add --yes"),
        (["hogg", "--yes"], "hog"),
    ],
)
def test_what_is_not_meant_removes_nothing(
    root: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    before = held(root), rows(root, ONE)
    assert run(["store", "remove", *arguments, "--store", str(root)]) in (1, 2)
    assert said in capsys.readouterr().err
    assert (held(root), rows(root, ONE)) == before


def test_pairs_of_a_removed_version_go(root: Path) -> None:
    assert run(["similarity", ONE, "--store", str(root)]) == 0
    assert list((root / "similarity" / ONE).glob("*.parquet"))
    assert run(["store", "remove", "hog", "-d", ONE, "--yes", "--store", str(root)]) == 0
    assert not list((root / "similarity" / ONE).glob("*.parquet"))

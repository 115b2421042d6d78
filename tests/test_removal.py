"""Removing: the vectors of a version or a dataset go, with the rows that rest on them, and nothing else."""

import shutil
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


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `root` is a copy of; nobody writes to it."""
    folder = tmp_path_factory.mktemp("filled")
    store = Store(folder, registry.fingerprints)
    for name in (ONE, OTHER):
        for backbone in ("hog", "pixels"):
            extract(registry.get(backbone), datasets.get(name), store)
        Search(store, name, QUICK).run(strategies.get("exhaustive"))
    return folder


@pytest.fixture
def root(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "store"))


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


def test_of_own_images_no_vector_no_id_and_no_path_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np
    from PIL import Image

    import fuseboard

    rng = np.random.default_rng(3)
    for ward in ("mueller", "other"):
        for number in range(24):
            path = tmp_path / ward / "ab"[number % 2] / f"{ward}-{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8)).save(path)
    root, mine = tmp_path / "store", sorted((tmp_path / "mueller").rglob("*.png"))
    kept = sorted((tmp_path / "other").rglob("*.png"))
    store = Store(root, registry.fingerprints)
    fuseboard.embed([*map(str, mine), *map(str, kept[:3])], "hog", store=root)  # before any dataset: a cache by image
    for ward in ("mueller", "other"):
        for backbone in ("hog", "pixels"):
            extract(registry.get(backbone), datasets.get(f"{tmp_path}/{ward}"), store)
        Search(store, ward, QUICK).run(strategies.get("exhaustive"))
    extract(registry.get("pixels"), datasets.get(f"{tmp_path}/mueller-sample3"), store)
    mine[0].rename(mine[0].with_name("mueller-renamed.png"))
    extract(registry.get("hog"), datasets.get(f"{tmp_path}/mueller").as_divided(root), store)
    assert run(["similarity", "other", "--store", str(root)]) == 0
    assert run(["leaderboard", "accept", "--store", str(root), "--reference", str(root / "reference")]) == 0
    gone, stays = known(root, "mueller"), known(root, "other")
    assert (len(gone), len(stays)) == (2 * len(mine), 2 * len(kept))
    assert run(["store", "remove", "-d", "mueller", "--yes", "--store", str(root)]) == 0
    assert "images of mueller are also in mueller-sample3" in capsys.readouterr().err
    assert run(["store", "remove", "-d", "mueller-sample3", "--yes", "--store", str(root)]) == 0
    assert not [path for path in root.rglob("*") if "mueller" in path.name]
    for path in root.rglob("*"):
        if path.is_file():
            assert b"mueller" not in path.read_bytes(), path
    assert not gone & vectors_in(root)
    assert stays <= vectors_in(root)
    capsys.readouterr()
    assert run(["store", "verify", "--store", str(root)]) == 0


def known(root: Path, dataset: str) -> set[bytes]:
    """The vectors of a dataset, as bytes of float32."""
    import numpy as np

    store = Store(root, registry.fingerprints)
    found = set()
    for version in store.versions:
        for split in version.manifest.datasets.get(dataset, version.manifest.datasets["other"]).splits:
            block = store.blocks(dataset, split, [version.spec])
            found |= {row.astype(np.float32).tobytes() for row in block.features[version.manifest.backbone]}
    return found


def vectors_in(root: Path) -> set[bytes]:
    """Every vector in any Parquet file under a folder."""
    import numpy as np
    import pyarrow.parquet as pq

    found = set()
    for path in root.rglob("*.parquet"):
        if "embedding" in pq.read_schema(path).names:
            rows = pq.read_table(path, columns=["embedding"], partitioning=None)["embedding"].to_pylist()
            found |= {np.array(row, np.float32).tobytes() for row in rows}
    return found

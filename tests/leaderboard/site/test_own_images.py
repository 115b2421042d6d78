"""Datasets of one's own images: off the pages unless they are named, whatever stood there before."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fuseboard import cli
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

OWN, KNOWN = "mueller", "digits-sample40"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one's own images beside known ones, both of the same backbones; nobody writes to it."""
    folder = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(3)
    for number in range(30):
        path = folder / OWN / "ab"[number % 2] / f"{OWN}-{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8)).save(path)
    store = Store(folder / "store", registry.fingerprints)
    for name, source in ((OWN, f"{folder}/{OWN}"), (KNOWN, KNOWN)):
        for backbone in ("hog", "pixels"):
            extract(registry.get(backbone), datasets.get(source), store)
        Search(store, name, QUICK).run(strategies.get("exhaustive"))
        assert cli.run(["similarity", name, "--store", str(store.root)]) == 0
    return store.root


@pytest.fixture
def root(measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(measured, tmp_path / "store")


def build(root: Path, *more: str) -> Path:
    assert cli.run(["leaderboard", "build", "--store", str(root), "--out", "site", *more]) == 0
    return Path("site")


def names(site: Path, word: str) -> list[str]:
    """Files of a site in which a word stands, in their names, bytes or cells."""
    found = []
    for path in site.rglob("*"):
        if path.is_file():
            text = path.read_bytes() + path.as_posix().encode()
            if path.suffix == ".parquet":
                text += pl.read_parquet(path.read_bytes()).write_json().encode()
            if word.encode() in text:
                found.append(path.as_posix())
    return found


def test_own_images_are_off_the_pages(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = build(root)
    said = capsys.readouterr().err
    assert f"not on the pages, being of your own images: {OWN}; --dataset NAME puts one there" in said
    assert names(site, OWN) == []
    assert len(names(site, KNOWN)) > 10


def test_they_are_there_when_they_are_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = build(root, "--dataset", OWN)
    said = capsys.readouterr().err
    assert "not on the pages" not in said
    assert f"{OWN} counts on no board of medical images, because it declares no domain" in said
    page = (site / "datasets" / f"{OWN}.html").read_text()
    assert 'href="../boards/demo.html"' in page
    assert (site / "datasets" / f"{OWN}.html").is_file()
    assert names(site, f"{OWN}-0") == []  # paths never are


def test_a_site_that_had_them_hands_nothing_on(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build(root, "--dataset", OWN)
    capsys.readouterr()
    assert names(build(root), OWN) == []
    said = capsys.readouterr().err
    assert ("the site that stood here told of images of your own" in said, "first build" in said) == (True, False)
    build(root, "--dataset", OWN)
    assert cli.run(["store", "remove", "-d", OWN, "--yes", "--store", str(root)]) == 0
    assert names(build(root), OWN) == []


def test_they_are_in_no_release_and_nothing_for_the_hub_unless_named(root: Path) -> None:
    named = ["--store", str(root)]
    assert cli.run(["leaderboard", "release", "2026.12", *named]) == 0
    assert cli.run(["leaderboard", "export", "--benchmark", "org/name", *named]) == 0  # with the release, unpacked
    assert names(Path("hub"), OWN) == []
    assert len(names(Path("hub") / "space" / "releases" / "2026.12", KNOWN)) > 10
    assert cli.run(["leaderboard", "release", "2027.01", "--dataset", OWN, *named]) == 0
    assert names(build(root), OWN) == []
    assert (build(root, "--dataset", OWN) / "releases" / "2027.01" / "datasets" / f"{OWN}.html").is_file()


def test_a_name_that_the_store_has_nothing_of_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["leaderboard", "build", "--store", str(root), "--dataset", "muller"]) == 2
    assert f"did you mean {OWN}" in capsys.readouterr().err


def test_a_damaged_file_of_theirs_is_not_named(root: Path) -> None:
    (own,) = (root / "results" / "fusion" / OWN).glob("rows-*.parquet")
    pl.DataFrame({"of": ["another schema"]}).write_parquet(own)
    assert names(build(root), OWN) == []


def test_a_reference_for_others_has_them_when_they_are_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accept = ["leaderboard", "accept", "--store", str(root)]
    assert cli.run([*accept, "--reference", "given"]) == 0
    assert f"not in the reference, being of your own images: {OWN}" in capsys.readouterr().err
    assert names(Path("given"), OWN) == []
    assert len(names(Path("given"), KNOWN)) > 0
    assert cli.run([*accept, "--reference", "given", "--dataset", OWN]) == 0
    assert (Path("given") / "results" / "fusion" / OWN).is_dir()
    assert cli.run(accept) == 0  # of the store itself
    assert (root / "reference" / "results" / "fusion" / OWN).is_dir()

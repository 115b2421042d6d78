"""Metadata: what a table says of images beside their labels is kept with them, and never leaves the store."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fuseboard.cli import run
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import image_io
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.embeddings import metadata
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store

SITES = ("north", "south", None)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = []
    for number in range(60):
        pixels = np.random.default_rng(number).integers(0, 256, (6, 5, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number:02}.png")
        rows.append((f"{number:02}.png", "ab"[number % 2], f"p{number // 2}", SITES[number % 3], f"i{number}"))
    path = tmp_path / "ward.csv"
    pl.DataFrame(rows, ["path", "label", "patient", "site", "id"], orient="row").write_csv(path)
    return path


def embed(table: Path, name: str | None = None) -> Store:
    store = Store(table.parent / "store", registry.fingerprints)
    extract(registry.get("pixels"), datasets.get(name or str(table)).as_divided(store.root), store)
    return store


def said(store: Store, dataset: str = "ward") -> dict[str, tuple[str | None, ...]]:
    """Path -> patient, site and id, as the store has them by split and id."""
    wide = store.metadata(dataset).rename({"id": "place"}).pivot("name", index=["split", "place"], values="value")
    both = store.images(dataset).rename({"id": "place"}).join(wide, ["split", "place"], how="inner")
    return {path: tuple(rest) for path, *rest in both.select("path", "patient", "site", "id").iter_rows()}


def test_every_column_is_kept_with_its_image(table: Path) -> None:
    found = said(embed(table))
    assert found == {f"{n:02}.png": (f"p{n // 2}", SITES[n % 3], f"i{n}") for n in range(60)}


def test_a_block_and_the_columns_of_its_split_are_in_one_order(table: Path) -> None:
    store = embed(table)
    source = store.versions[0].manifest.datasets["ward"].source_md5
    columns = metadata.of_split(store.root, "ward", source, "test")
    images = store.images("ward").filter(pl.col("split") == "test").sort("id")
    assert images["id"].to_list() == store.blocks("ward", "test", ["pixels"]).ids.tolist()
    assert columns["id"] == [f"i{int(path[:2])}" for path in images["path"]]
    with pytest.raises(UsageError, match="other images"):
        metadata.of_split(store.root, "ward", "0" * 32, "test")


def test_a_corrected_column_embeds_nothing_and_is_the_same_source(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = embed(table).versions[0].manifest
    rows = pl.read_csv(table).with_columns(site=pl.lit("west"), sex=pl.lit("f"))
    rows.write_csv(table)
    monkeypatch.setattr(image_io, "read", lambda *_: pytest.fail("an image was read"))
    store = embed(table)
    assert store.versions[0].manifest == before
    assert {site for _, site, _ in said(store).values()} == {"west"}
    assert set(store.metadata("ward")["name"]) == {"patient", "site", "id", "sex"}
    rows.select("path", "label", "patient").write_csv(table)
    assert set(embed(table).metadata("ward")["name"]) == {"patient"}


def test_columns_of_a_toml_and_of_a_sample(table: Path) -> None:
    toml = table.with_name("mine.toml")
    toml.write_text('name = "mine"\nlicence = "own"\ntable = "ward.csv"\nimages = "."\ngroup = "id"\n[splits]\n')
    store = embed(table, f"{toml}-sample5")
    whole, sample = said(store, "mine"), said(store, "mine-sample5")
    assert len(whole) == 60
    assert len(sample) == 15
    assert sample.items() <= whole.items()


def test_the_view_of_sql(table: Path) -> None:
    found = embed(table).sql(
        "SELECT i.path, m.value FROM metadata m JOIN images i USING (dataset, source_md5, split, id) "
        "WHERE m.name = 'site' AND m.value IS NULL"
    )
    assert {path for path, _ in found.fetchall()} == {f"{n:02}.png" for n in range(60) if n % 3 == 2}


def test_it_goes_with_the_dataset_and_lies_in_nothing_that_is_pushed(table: Path) -> None:
    store = embed(table)
    version = store.versions[0]
    for path in version.folder.rglob("*.parquet"):
        assert pl.read_parquet(path).columns == ["id", "label", "embedding"]
    for path in version.folder.glob("*.*"):
        assert not {"site", "patient", "north"} & set(re.findall(r"\w+", path.read_text()))
    assert run(["store", "remove", "-d", "ward", "--yes", "--store", str(store.root)]) == 0
    assert not list(store.root.rglob("*metadata*"))


def test_a_folder_has_none_and_a_damaged_file_says_so(table: Path, tmp_path: Path) -> None:
    store = embed(table)
    with pytest.raises(UsageError, match="of other, only of ward"):
        store.metadata("other")
    metadata.path_of(store.root, "ward").write_bytes(b"PAR1")
    with pytest.raises(FuseboardError, match=r"ward\.metadata\.parquet"):
        store.metadata("ward")
    assert store.sql("SELECT count(*) FROM metadata").fetchall() == [(0,)]


def test_columns_of_a_dataset_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("datasets")
    monkeypatch.chdir(tmp_path)
    pixels = [np.full((4, 4), number, np.uint8) for number in range(40)]
    features = hub.Features(
        {
            "image": hub.Image(),
            "label": hub.ClassLabel(names=["well", "ill"]),
            "site": hub.ClassLabel(names=["north", "south"]),
            "age": hub.Value("int64"),
        }
    )
    cells = {
        "image": [Image.fromarray(one) for one in pixels],
        "label": [number % 2 for number in range(40)],
        "site": [number // 20 for number in range(40)],
        "age": [None, *range(1, 40)],
    }
    whole = hub.DatasetDict(train=hub.Dataset.from_dict(cells, features=features))
    monkeypatch.setattr(hub, "load_dataset", lambda *_, **__: whole)
    store = Store(tmp_path / "store", registry.fingerprints)
    extract(registry.get("pixels"), datasets.get("hub:org/scans"), store)
    wide = store.metadata("org-scans").pivot("name", index=["split", "id"], values="value")
    both = store.images("org-scans").join(wide, ["split", "id"])
    found = {int(path.rpartition("/")[2]): (site, age) for path, site, age in both.select("path", "site", "age").rows()}
    assert found == {n: (("north", "south")[n // 20], str(n) if n else None) for n in range(40)}

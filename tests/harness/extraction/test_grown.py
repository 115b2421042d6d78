"""Grown datasets: what a version has of an image is taken by its content, and images stay in their splits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fuseboard import cli
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import image_io
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.extraction.shared_reader import extract_together
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store

Vectors = dict[str, tuple[str, int, bytes]]


def draw(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 5, 3), dtype=np.uint8)).save(path)


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    for label in range(2):
        for number in range(20):
            draw(tmp_path / "ward" / "ab"[label] / f"{number:03}.png", 100 * label + number)
    return tmp_path / "ward"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the images that were decoded to be embedded, since the list was last cleared."""
    seen: list[str] = []
    real: Callable[..., Any] = image_io.read

    def counting(path: Path, *rest: Any) -> Any:
        seen.append(path.name)
        return real(path, *rest)

    monkeypatch.setattr(image_io, "read", counting)
    return seen


def embed(ward: Path, backbone: str = "pixels", rows: int = 8192) -> Store:
    """Embeds the folder as the command line does."""
    store = Store(ward.parent / "store", registry.fingerprints)
    own = datasets.get(str(ward)).as_divided(store.root)
    extract(registry.get(backbone), own, store, shard_rows=rows)
    return store


def held(ward: Path, backbone: str = "pixels") -> Vectors:
    """Path of every image -> its split, label and vector."""
    store, found = Store(ward.parent / "store", registry.fingerprints), {}
    table = store.images("ward")
    for split in SPLITS:
        part = table.filter(pl.col("split") == split)
        blocks = store.blocks("ward", split, [backbone])
        assert part["id"].to_list() == blocks.ids.tolist()
        vectors = blocks.features[backbone]
        for path, label, vector in zip(part["path"], blocks.labels.tolist(), vectors, strict=True):
            found[path] = (split, label, vector.tobytes())
    return found


def sides(vectors: Vectors) -> dict[bytes, str]:
    return {vector: split for split, _, vector in vectors.values()}


@pytest.mark.parametrize("rows", [8192, 5])
def test_an_image_more_is_one_image_embedded(ward: Path, read: list[str], rows: int) -> None:
    embed(ward, rows=rows)
    before = held(ward)
    read.clear()
    draw(ward / "a" / "000a.png", 5007)
    embed(ward, rows=rows)
    assert read == ["000a.png"]
    after = held(ward)
    assert {path: after[path] for path in before} == before
    assert after.keys() - before.keys() == {"a/000a.png"}


def test_names_labels_and_removals_embed_nothing(ward: Path, read: list[str]) -> None:
    embed(ward)
    before = held(ward)
    read.clear()
    for number in range(3):
        (ward / "a" / f"{number:03}.png").rename(ward / "a" / f"z{number}.png")
    (ward / "a" / "005.png").rename(ward / "b" / "x005.png")
    for number in range(10, 15):
        (ward / "b" / f"{number:03}.png").unlink()
    embed(ward)
    after = held(ward)
    assert read == []
    assert len(after) == 35
    assert sides(after).items() <= sides(before).items()
    assert after["b/x005.png"] == (before["a/005.png"][0], 1, before["a/005.png"][2])


def test_a_renamed_folder_and_a_sample_embed_nothing_again(ward: Path, read: list[str]) -> None:
    store = embed(ward)
    read.clear()
    other = ward.rename(ward.with_name("other"))
    extract(registry.get("pixels"), datasets.get(f"{other}-sample5").as_divided(store.root), store)
    extract(registry.get("pixels"), datasets.get(str(other)).as_divided(store.root), store)
    assert read == []
    assert (
        set(store.images("other-sample5")["md5"])
        < set(store.images("other")["md5"])
        == set(store.images("ward")["md5"])
    )


def test_another_image_under_an_old_name_is_embedded(ward: Path, read: list[str]) -> None:
    embed(ward)
    before = held(ward)
    read.clear()
    draw(ward / "a" / "004.png", 5008)
    embed(ward)
    after = held(ward)
    assert read == ["004.png"]
    assert after["a/004.png"][0] == before["a/004.png"][0]
    assert after["a/004.png"][2] != before["a/004.png"][2]


def test_a_backbone_of_earlier_images_catches_up(ward: Path, read: list[str]) -> None:
    embed(ward)
    draw(ward / "a" / "new.png", 5007)
    embed(ward, "hog")
    with pytest.raises(Exception, match=r"pixels has earlier images of ward.*extract pixels") as raised:
        Store(ward.parent / "store", registry.fingerprints).versions_of("ward")
    assert "hog" not in str(raised.value)
    draw(ward / "a" / "newer.png", 5009)
    read.clear()
    embed(ward)
    assert sorted(read) == ["new.png", "newer.png"]
    read.clear()
    embed(ward, "hog")
    assert read == ["newer.png"]
    assert sides(held(ward, "hog")).keys() != sides(held(ward)).keys()
    assert not list((ward.parent / "store" / "splits").glob("*@*"))


def test_what_is_cut_off_is_not_lost(ward: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from fuseboard.store.embeddings import shards

    embed(ward, rows=5)
    for number in range(20):
        draw(ward / "a" / f"n{number:03}.png", 1000 + number)
    real, written = shards.write, []

    def failing(path: Path, *rest: Any) -> Any:
        written.append(path)
        if len(written) == 4:
            raise KeyboardInterrupt
        return real(path, *rest)

    monkeypatch.setattr(shards, "write", failing)
    with pytest.raises(KeyboardInterrupt):
        embed(ward, rows=5)
    monkeypatch.setattr(shards, "write", real)
    read.clear()
    embed(ward, rows=5)
    assert set(read) <= {f"n{number:03}.png" for number in range(20)}
    assert len(held(ward)) == 60


def test_another_rule_makes_the_splits_anew_and_says_so(ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toml, store = ward.parent / "ward.toml", ward.parent / "store"
    toml.write_text('name = "ward"\nlicence = "x"\nimages = "ward"\n')
    assert cli.run(["extract", "pixels", "-d", str(toml), "--store", str(store)]) == 0
    before = sides(held(ward))
    toml.write_text('name = "ward"\nlicence = "x"\nimages = "ward"\n[splits]\nseed = 5\n')
    capsys.readouterr()
    assert cli.run(["extract", "pixels", "-d", str(toml), "--store", str(store)]) == 0
    said = capsys.readouterr().err
    assert "splits were made anew, as val 0.15, test 0.2, seed 5" in said
    assert "0 of 40 images" in said
    assert sides(held(ward)) != before


def test_a_group_stays_whole(tmp_path: Path) -> None:
    for number in range(40):
        draw(tmp_path / "images" / f"{number:03}.png", number)
    lines = [f"images/{n:03}.png,{'ab'[n % 2]},p{n // 4}" for n in range(38)]
    table = tmp_path / "ward.csv"
    table.write_text("\n".join(["path,label,patient", *lines]))
    store = Store(tmp_path / "store", registry.fingerprints)
    extract(registry.get("pixels"), datasets.get(str(table)), store)
    before = dict(store.images("ward").select("path", "split").iter_rows())
    table.write_text("\n".join(["path,label,patient", *lines, "images/038.png,a,p9", "images/039.png,b,p0"]))
    extract(registry.get("pixels"), datasets.get(str(table)).as_divided(store.root), store)
    after = store.images("ward")
    assert dict(after.select("path", "split").iter_rows()).items() >= before.items()
    assert after.group_by("group").agg(pl.col("split").n_unique())["split"].max() == 1


def test_an_id_leads_back_to_its_file(ward: Path) -> None:
    store = embed(ward)
    own = store.images("ward")
    assert own.columns == ["split", "id", "path", "label", "md5"]
    query = "SELECT split, id, path, label FROM embeddings JOIN images USING (dataset, source_md5, split, id)"
    joined = store.sql(query).pl().sort("path")
    assert joined["path"].to_list() == sorted(own["path"])
    assert joined["label"].to_list() == [ord(path[0]) - ord("a") for path in joined["path"]]
    with pytest.raises(UsageError, match="no table of the images of digits, only of ward"):
        store.images("digits")


def test_a_table_of_before_there_were_keys_keeps_the_splits(ward: Path) -> None:
    store = embed(ward)
    before = held(ward)
    store.images("ward").write_csv(store.root / "splits" / "ward.csv")
    draw(ward / "a" / "000a.png", 5007)
    embed(ward)
    after = held(ward)
    assert {path: after[path] for path in before} == before


def test_another_folder_of_the_same_name_is_refused(
    ward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "store")
    assert cli.run(["extract", "pixels", "-d", str(ward), "--store", store]) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()}
    other = tmp_path / "elsewhere" / ward.name
    for number in range(12):
        (other / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        draw(other / "ab"[number % 2] / f"{number:02d}.png", 1_000 + number)
    capsys.readouterr()
    for backbone in ("pixels", "hog"):
        assert cli.run(["extract", backbone, "-d", str(other), "--store", store]) == 2
        said = capsys.readouterr().err.strip().splitlines()[-1]
        assert f"{other}: the store has other images called {ward.name}, of which none is here" in said
    assert {path: path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()} == before


def test_a_damaged_table_is_said(ward: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = embed(ward)
    (store.root / "splits" / "ward.csv").write_text("split,id\n")
    capsys.readouterr()
    assert cli.run(["extract", "pixels", "-d", str(ward), "--store", str(store.root)]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "ward.csv: no table of images (it has no column label); restore it, or delete it" in said
    (store.root / "splits" / "ward.csv").unlink()
    assert cli.run(["extract", "pixels", "-d", str(ward), "--store", str(store.root)]) == 0


def test_backbones_that_share_reading_embed_what_is_new(ward: Path) -> None:
    store, cards = Store(ward.parent / "store", registry.fingerprints), [registry.get("hog"), registry.get("pixels")]
    extract_together(cards, datasets.get(str(ward)), store, "cpu")
    draw(ward / "b" / "000b.png", 5008)
    made = extract_together(cards, datasets.get(str(ward)).as_divided(store.root), store, "cpu")
    for version in made:
        profiles = [split.profile for split in version.manifest.datasets["ward"].splits.values()]
        assert sum(profile.images for profile in profiles if profile is not None) == 1
    assert held(ward, "hog").keys() == held(ward).keys()
    assert len(held(ward)) == 41

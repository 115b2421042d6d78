"""Embedding whatever people have as images: the same vectors for the same pixels, each computed once."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import fuseboard
from fuseboard.harness.backbones import registry
from fuseboard.harness.fusion import embed as by_name
from fuseboard.harness.fusion.embedder import Embedder
from fuseboard.harness.fusion.pictures import labels_of, pictures_of
from fuseboard.harness.fusion.transformer import FusionEmbedder
from fuseboard.store.embeddings.by_image import ByImage
from fuseboard.store.embeddings.reading import Reading
from fuseboard.store.errors import FuseboardError, UsageError

RNG = np.random.default_rng(0)
ARRAYS = [RNG.integers(0, 256, (28 + n, 30, 3), dtype=np.uint8) for n in range(5)]


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "images [a=b]"
    folder.mkdir()
    found = [folder / f"{number} é\n.png" for number in range(len(ARRAYS))]
    for path, array in zip(found, ARRAYS, strict=True):
        Image.fromarray(array).save(path)
    return found


def embed(images: Any, store: Path, backbone: str = "pixels", **more: Any) -> np.ndarray:
    return fuseboard.embed(images, backbone, store=store, **more)


def test_all_kinds_of_images_have_the_same_vectors(paths: list[Path], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    torch = pytest.importorskip("torch")

    class Items(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return len(ARRAYS)

        def __getitem__(self, number: int) -> tuple[np.ndarray, int]:
            return ARRAYS[number], number % 2

    expected = embed(ARRAYS, tmp_path / "a")
    assert expected.shape == (5, registry.get("pixels").dim)
    column = datasets.Dataset.from_dict({"image": [str(path) for path in paths]}).cast_column("image", datasets.Image())
    kinds = {
        "paths": paths,
        "texts": [str(path) for path in paths],
        "array of texts": np.array([str(path) for path in paths]),
        "pillow": [Image.fromarray(array) for array in ARRAYS],
        "opened": [Image.open(path) for path in paths],
        "tensors": [torch.from_numpy(np.moveaxis(array, -1, 0).copy()) for array in ARRAYS],
        "torch dataset": Items(),
        "datasets column": column["image"],
        "not decoded": column.cast_column("image", datasets.Image(decode=False))["image"],
    }
    for name, images in kinds.items():
        np.testing.assert_array_equal(embed(images, tmp_path / "a"), expected, err_msg=name)
    assert labels_of(Items()) == [0, 1, 0, 1, 0]


def test_an_image_is_embedded_once_whatever_it_is_called(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = embed(paths, tmp_path / "store")
    renamed = [path.rename(path.with_name(f"other{number}.png")) for number, path in enumerate(paths)]

    def never(*_: object) -> None:
        raise AssertionError("nothing is left to compute")

    monkeypatch.setattr(Embedder, "load", never)
    np.testing.assert_array_equal(embed([*renamed, renamed[0]], tmp_path / "store"), first[[0, 1, 2, 3, 4, 0]])
    with pytest.raises(AssertionError):
        embed(renamed, tmp_path / "store", "hog")


def test_the_same_image_twice_is_computed_once(paths: list[Path], tmp_path: Path) -> None:
    seen: list[int] = []
    pictures = pictures_of([paths[0], paths[0], paths[1]])
    counted = [type(p)(p.name, p.key, lambda p=p: (seen.append(1), p.read())[1]) for p in pictures]
    found = Embedder([registry.get("pixels")], tmp_path / "store").embed(counted)
    assert len(seen) == 2
    np.testing.assert_array_equal(found.blocks["pixels"][0], found.blocks["pixels"][1])


def test_one_bad_image_costs_the_others_nothing(paths: list[Path], tmp_path: Path) -> None:
    paths[1].write_bytes(b"no image")
    missing = tmp_path / "missing.png"
    whole = Embedder([registry.get("pixels")], tmp_path / "store").embed(pictures_of([*paths, missing]))
    assert set(whole.faults) == {1, 5}
    assert str(paths[1]) in whole.faults[1]
    assert "missing.png: No such file" in whole.faults[5]
    block = whole.blocks["pixels"]
    assert np.isnan(block[[1, 5]]).all()
    assert np.isfinite(block[[0, 2, 3, 4]]).all()
    with pytest.raises(FuseboardError, match=r"2 of these images cannot be used"):
        embed([*paths, missing], tmp_path / "store")


def test_how_files_are_read_is_part_of_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray((np.arange(900).reshape(30, 30) * 4).astype(np.uint16)).save(path)
    with pytest.raises(FuseboardError, match="12 bits"):
        embed([path], tmp_path / "store")
    twelve = embed([path], tmp_path / "store", reading=Reading(bits=12))
    sixteen = embed([path], tmp_path / "store", reading=Reading(bits=16))
    assert twelve.max() > sixteen.max()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ("one.png", "put it into a list"),
        ([np.zeros((3, 3), np.float32)], "give uint8"),
        ([np.zeros((3, 3, 7), np.uint8)], "is no image"),
        ([17], "an? int is no image|a int is no image"),
    ],
)
def test_what_is_no_image_is_named(images: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        embed(images, tmp_path / "store")


def test_a_damaged_file_is_computed_again(paths: list[Path], tmp_path: Path) -> None:
    first = embed(paths, tmp_path / "store")
    (file,) = (tmp_path / "store" / "images").rglob("*.parquet")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    np.testing.assert_array_equal(embed(paths, tmp_path / "store"), first)
    file.write_bytes(b"")
    np.testing.assert_array_equal(embed(paths, tmp_path / "store"), first)


def test_many_small_files_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuseboard.store.embeddings.by_image.FILES", 3)
    kept = ByImage(tmp_path, "pixels", "0" * 32, 2)
    keys = [f"{number:064x}" for number in range(9)]
    for number, key in enumerate(keys):
        kept.add([key], np.full((1, 2), number, np.float32))
    assert len(list(kept.folder.glob("*.parquet"))) <= 3
    assert [float(kept.find(keys)[key][0]) for key in keys] == list(range(9))


def test_the_transformer_is_one_of_scikit_learn(paths: list[Path], tmp_path: Path) -> None:
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    made = FusionEmbedder(["pixels", "hog"], store=tmp_path / "store")
    joined = made.fit_transform(paths)
    np.testing.assert_array_equal(joined, np.hstack([embed(paths, tmp_path / "b", n) for n in ("hog", "pixels")]))
    assert made.get_feature_names_out()[0] == "hog__0"
    assert len(made.get_feature_names_out()) == joined.shape[1]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(made)).transform(paths), joined)
    assert make_pipeline(clone(made), StandardScaler()).fit_transform(paths).shape == joined.shape


def test_backbones_are_named_once_and_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pixels is named twice"):
        by_name.cards_of(["pixels", "pixels"])
    with pytest.raises(UsageError, match="did you mean pixels"):
        by_name.cards_of(["pixel"])
    with pytest.raises(UsageError, match="no backbone is named"):
        by_name.cards_of([])

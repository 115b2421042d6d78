"""Corrupted test sets against the official generator."""

from pathlib import Path

import medmnist
import numpy as np
import pyarrow.parquet as pq
import pytest

from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.embeddings import verify
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store

COUNT = 3


@pytest.fixture
def small_breast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A BreastMNIST file of three 224-pixel test images, in the official form."""
    pytest.importorskip("medmnistc", reason="the extra `corruptions` is not installed")
    try:
        import medmnistc.corruptions.registry  # noqa: F401
    except ImportError:
        pytest.skip("ImageMagick's MagickWand library is not on this machine (Debian: libmagickwand-6.q16-6)")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (COUNT, 224, 224), dtype=np.uint8)
    np.savez(tmp_path / "breastmnist_224.npz", test_images=images, test_labels=np.array([[0], [1], [1]], np.uint8))
    info = {**medmnist.INFO["breastmnist"], "n_samples": {"train": 0, "val": 0, "test": COUNT}}
    monkeypatch.setitem(medmnist.INFO, "breastmnist", info)
    monkeypatch.setattr("fuseboard.harness.datasets.medmnist._md5", lambda _: info["MD5_224"])
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    return tmp_path


def pictures(dataset: Dataset, start: int, stop: int) -> np.ndarray:
    return np.stack(list(dataset.images("test", start, stop)))


def test_pixels_equal_those_of_the_official_generator(small_breast: Path, tmp_path: Path) -> None:
    from medmnistc.dataset_manager import DatasetManager

    DatasetManager(str(small_breast), str(tmp_path / "official")).create_dataset("breastmnist")
    ours = datasets.get("breastmnist-c")
    columns, labels = ours.columns("test"), ours.labels("test")
    everything = pictures(ours, 0, len(labels))
    assert len(everything) == len(labels) == 7 * 5 * COUNT
    for corruption in dict.fromkeys(columns["corruption"]):
        rows = columns["corruption"] == corruption
        official = np.load(tmp_path / "official" / "breastmnist" / f"{corruption}.npz")
        np.testing.assert_array_equal(everything[rows], official["test_images"], err_msg=corruption)
        np.testing.assert_array_equal(labels[rows], official["test_labels"][:, 0])
        assert columns["severity"][rows].tolist() == sorted(columns["severity"][rows].tolist())


def test_a_later_start_gives_the_same_pixels(small_breast: Path) -> None:
    everything = pictures(datasets.get("breastmnist-c"), 0, 105)
    again = datasets.get("breastmnist-c")
    np.testing.assert_array_equal(pictures(again, 40, 60), everything[40:60])
    np.testing.assert_array_equal(pictures(again, 60, 70), everything[60:70])
    np.testing.assert_array_equal(pictures(again, 5, 9), everything[5:9])


def test_shards_carry_corruption_and_severity(small_breast: Path, tmp_path: Path) -> None:
    import datasets as hub_datasets

    version = extract(registry.get("pixels"), datasets.get("breastmnist-c"), Store(tmp_path / "store"), shard_rows=50)
    assert tuple(version.manifest.datasets["breastmnist-c"].splits) == ("test",)
    assert verify.verify(tmp_path / "store", datasets=datasets.get).findings == ()
    table = pq.read_table(version.folder / "breastmnist-c")
    assert table["severity"].to_pylist() == datasets.get("breastmnist-c").columns("test")["severity"].tolist()
    loaded = hub_datasets.load_dataset(
        str(version.folder), "breastmnist-c", split="test", cache_dir=str(tmp_path / "cache")
    )
    assert loaded[104]["corruption"] == table["corruption"][104].as_py()


def test_a_corruption_that_fails_on_one_image_is_one_line(small_breast: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, calls = datasets.get("breastmnist-c"), []
    corruptor = dataset._corruptions["jpeg_compression"]  # type: ignore[attr-defined]
    plain = corruptor.apply

    def fails_once(image: object, severity: int) -> object:
        calls.append(severity)
        if len(calls) == COUNT + 2:
            raise ValueError("the binary mode of fromstring is removed,\n use frombuffer instead")
        return plain(image, severity)

    monkeypatch.setattr(corruptor, "apply", fails_once)
    with pytest.raises(FuseboardError, match=r"jpeg_compression of severity 2 fails on test image 1 \(the binary"):
        pictures(dataset, 0, 105)
    again = pictures(dataset, 0, 105)  # nothing of the broken stream is left
    np.testing.assert_array_equal(again, pictures(datasets.get("breastmnist-c"), 0, 105))


def test_without_magickwand_the_mend_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("medmnistc", reason="the extra `corruptions` is not installed")
    import builtins

    plain = builtins.__import__

    def no_wand(name: str, *arguments: object, **keywords: object) -> object:
        if name.startswith("medmnistc.corruptions"):
            raise ImportError("MagickWand shared library not found.")
        return plain(name, *arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", no_wand)
    with pytest.raises(FuseboardError, match=r"MagickWand library.*apt-get install libmagickwand"):
        datasets.get("breastmnist-c")


def test_digits_have_no_corrupted_set() -> None:
    with pytest.raises(FuseboardError, match="unknown dataset 'digits-c'"):
        datasets.get("digits-c")

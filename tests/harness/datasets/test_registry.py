"""Datasets: official splits, streams, and damaged files."""

import shutil
from pathlib import Path

import medmnist
import numpy as np
import pytest

from fuseboard.harness.datasets import known_names, registry
from fuseboard.harness.datasets.dataset import WORKERS, Reader, read_ahead
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import FuseboardError, UsageError


def test_there_are_twelve_medmnist_datasets_at_four_sizes_digits_and_imagenet() -> None:
    assert len(registry.names()) == 12 * 4 + 2
    assert {"digits", "imagenet"} < set(registry.names())
    two_d = {flag for flag, info in medmnist.INFO.items() if "3d" not in flag}
    assert two_d == set(known_names.FLAGS)


def test_every_name_gives_the_published_md5() -> None:
    for flag in known_names.FLAGS:
        assert registry.get(flag).source_md5 == medmnist.INFO[flag]["MD5_224"]
        assert registry.get(f"{flag}-28").source_md5 == medmnist.INFO[flag]["MD5"]


def test_digits_are_all_there_once_and_stratified() -> None:
    digits = registry.get("digits")
    counts = {split: np.bincount(digits.labels(split).astype(int)) for split in SPLITS}
    assert {split: int(count.sum()) for split, count in counts.items()} == {"train": 1257, "val": 180, "test": 360}
    for count in counts.values():
        np.testing.assert_allclose(count / count.sum(), 0.1, atol=0.01)
    everything = np.concatenate([np.stack(list(digits.images(s, 0, 2000))).reshape(-1, 64) for s in SPLITS])
    assert len(everything) == 1797
    from sklearn.datasets import load_digits

    reference = np.rint(load_digits().data * 255 / 16).astype(np.uint8)
    np.testing.assert_array_equal(np.sort(everything, axis=0), np.sort(reference, axis=0))


def test_digits_have_not_moved() -> None:
    digits = registry.get("digits")
    assert digits.source_md5 == "b66d73ae22944070f6870fd7e65927c5"
    assert digits.labels("val")[:8].tolist() == [2, 3, 5, 2, 4, 9, 2, 7]


def test_first_is_a_dataset_of_its_own() -> None:
    first = registry.get("digits-first30")
    assert first.name == "digits-first30"
    assert len(first.labels("val")) == 30
    assert len(list(first.images("val", 20, 99))) == 10
    assert [reader().shape for reader in first.readers("val", 28, 99)] == [(8, 8)] * 2
    assert first.source_md5 == first.published_md5 == registry.get("digits").source_md5
    assert first.remarks == ()
    first.check()


def test_the_list_names_all_without_looking_at_images() -> None:
    for name in registry.names():
        dataset = registry.get(name)
        assert (dataset.published_md5 is None) == (name == "imagenet")
        assert registry.name_of(name) == name
        assert len(dataset.label_names) >= 2


def test_reading_ahead_keeps_the_order_is_bounded_and_passes_errors_on() -> None:
    begun: list[int] = []

    def reader(number: int) -> Reader:
        begun.append(number)
        return lambda: np.full((1, 1), number, np.uint8) if number < 50 else 1 / 0  # type: ignore[return-value]

    stream = read_ahead(reader(number) for number in range(99))
    assert int(next(stream)[0, 0]) == 0
    assert len(begun) <= WORKERS + 1
    assert [int(image[0, 0]) for image, _ in zip(stream, range(48), strict=False)] == list(range(1, 49))
    with pytest.raises(ZeroDivisionError):
        list(stream)


@pytest.mark.parametrize(
    ("name", "message"),
    [("breastmnst", "did you mean breastmnist"), ("digit", "did you mean digits"), ("../x", "unknown")],
)
def test_unknown_dataset(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        registry.get(name)


def test_the_stream_equals_the_official_reader(medmnist_root: Path) -> None:
    breast = registry.get("breastmnist-64")
    for split in SPLITS:
        official = medmnist.BreastMNIST(split=split, size=64, root=str(medmnist_root))
        np.testing.assert_array_equal(np.stack(list(breast.images(split, 0, len(official)))), official.imgs)
        np.testing.assert_array_equal(breast.labels(split), official.labels[:, 0])
        np.testing.assert_array_equal(np.stack(list(breast.images(split, 13, 40))), official.imgs[13:40])


def test_a_name_says_whose_images_it_means() -> None:
    known = ["digits", "breastmnist-64", "breastmnist-c", "imagenet"]
    assert {known_names.origin(name) for name in known} == {"known"}
    assert {known_names.origin(f"{name}-{limit}") for name in known for limit in ("sample9", "first9")} == {"sample"}
    assert {known_names.origin(name) for name in ("ward", "ward-c", "ward-sample9", "x.toml", "digits2")} == {"own"}


def test_a_flipped_byte_is_noticed(medmnist_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "breastmnist_64.npz"
    shutil.copy(medmnist_root / damaged.name, damaged)
    damaged.chmod(0o644)
    content = bytearray(damaged.read_bytes())
    content[1000] ^= 1
    damaged.write_bytes(content)
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    with pytest.raises(FuseboardError, match=r"MD5 .* the published one is 742edef2a1fd1524b2efff4bd7ba9364"):
        registry.get("breastmnist-64").labels("val")


def test_no_file_and_no_network_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    monkeypatch.setattr("torchvision.datasets.utils.download_url", no_network)
    with pytest.raises(FuseboardError, match=r"could not be downloaded .*no route to host.*MEDMNIST_ROOT"):
        registry.get("bloodmnist").labels("val")
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_split_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "breastmnist_64.npz", train_images=np.zeros((1, 64, 64), np.uint8))
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    monkeypatch.setattr("fuseboard.harness.datasets.medmnist._md5", lambda _: medmnist.INFO["breastmnist"]["MD5_64"])
    with pytest.raises(FuseboardError, match="holds no test split"):
        registry.get("breastmnist-64").labels("test")


def test_the_starters_images_come_with_it_and_are_the_official_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    shipped = registry.get("breastmnist-28")
    assert shipped.at_hand
    counts = {split: np.bincount(shipped.labels(split)).tolist() for split in SPLITS}
    assert counts == {"train": [147, 399], "val": [21, 57], "test": [42, 114]}
    assert next(shipped.images("test", 155, 156)).shape == (28, 28)
    assert not registry.get("breastmnist-64").at_hand
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_ones_own_comes_before_the_shipped_one(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    (tmp_path / "breastmnist.npz").write_bytes(b"damaged")
    with pytest.raises(FuseboardError, match="MD5"):
        registry.get("breastmnist-28").labels("train")

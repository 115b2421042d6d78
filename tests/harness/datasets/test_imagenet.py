"""ImageNet from small trees and Parquet files of the official shape."""

import hashlib
import io
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets as hub
import numpy as np
import pytest
from datasets.exceptions import DatasetNotFoundError
from PIL import Image

from fuseboard.harness.backbones import registry as backbones
from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.datasets.imagenet import official, parquet
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store

NAMES = ("n01440764 tench", "n01443537 goldfish", "n01484850 great white shark")
IDS = [name.split()[0] for name in NAMES]
TRAIN, VAL = 8, 4
"""Images of each class."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three classes, of whose eight training images two are held out."""
    monkeypatch.setattr(official.ImageNet, "label_names", NAMES)
    monkeypatch.setattr(official, "LABELLED", {"train": 3 * TRAIN, "validation": 3 * VAL})
    monkeypatch.setattr(official, "HELD_OUT", 2)
    monkeypatch.delenv("IMAGENET_ROOT", raising=False)


def jpeg(value: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (8, 8), value).save(file, "JPEG")
    return file.getvalue()


def validation() -> list[tuple[str, str, int]]:
    """Name, class and grey value; classes alternate, as they do officially."""
    return [(f"ILSVRC2012_val_{n + 1:08}", IDS[n % 3], 100 + n) for n in range(3 * VAL)]


def tree(root: Path, flat: bool = False) -> Path:
    """Image n of class c has the grey value 10 c + n."""
    for number, wnid in enumerate(IDS):
        for n in range(TRAIN):
            put(root / "train" / wnid / f"{wnid}_{n}.JPEG", jpeg(10 * number + n))
    for name, wnid, value in validation():
        put(root / "val" / ("" if flat else wnid) / f"{name}.JPEG", jpeg(value))
    return root


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def solution(path: Path) -> None:
    lines = [f"{name},{wnid} 1 2 3 4 {wnid} 5 6 7 8" for name, wnid, _ in reversed(validation())]
    path.write_text("ImageId,PredictionString\n" + "\n".join(lines) + "\n")


def at(root: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("IMAGENET_ROOT", str(root))
    return registry.get("imagenet")


def values(dataset: Dataset, split: str, start: int = 0, stop: int = 999) -> list[int]:
    return [int(image[0, 0]) for image in dataset.images(split, start, stop)]


def test_all_classes_have_a_name_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    names = registry.get("imagenet").label_names
    assert len(set(names)) == 1000
    assert names[:3] == NAMES
    assert [names[134], names[517]] == ["n02012849 crane", "n03126707 crane"]
    assert [name.split()[0] for name in names] == sorted(name.split()[0] for name in names)


def test_a_tree_holds_ten_of_each_class_out_and_tests_on_validation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = at(tree(tmp_path), monkeypatch)
    assert dataset.at_hand
    assert dataset.published_md5 is None
    held_out = []
    for number, wnid in enumerate(IDS):
        by_md5 = sorted(range(TRAIN), key=lambda n: hashlib.md5(f"{wnid}_{n}.JPEG".encode()).digest())
        held_out += [10 * number + n for n in sorted(by_md5[:2])]
    everything = {10 * number + n for number in range(3) for n in range(TRAIN)}
    assert values(dataset, "val") == held_out
    assert values(dataset, "train") == sorted(everything - set(held_out))
    assert values(dataset, "test") == [value for _, _, value in validation()]
    assert dataset.labels("val").tolist() == [0, 0, 1, 1, 2, 2]
    assert dataset.labels("test").tolist() == [0, 1, 2] * VAL
    assert values(dataset, "train", 3, 5) == values(dataset, "train")[3:5]


def test_folders_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One folder per class, one folder with Kaggle's table, Kaggle's own folders, classes repeated in the names."""
    trees = [at(tree(tmp_path / "classes"), monkeypatch), at(tree(tmp_path / "flat", flat=True), monkeypatch)]
    solution(tmp_path / "flat" / "LOC_val_solution.csv")
    tree(tmp_path / "kaggle" / "ILSVRC" / "Data" / "CLS-LOC", flat=True)
    solution(tmp_path / "kaggle" / "LOC_val_solution.csv")
    trees.append(at(tmp_path / "kaggle", monkeypatch))
    again = tree(tmp_path / "again")
    for path in list(again.rglob("*.JPEG")):
        path.rename(path.with_name(f"{path.stem}_{path.parent.name}.JPEG"))
    trees.append(at(again, monkeypatch))
    assert len({dataset.source_md5 for dataset in trees}) == 1
    for split in ("train", "val", "test"):
        assert len({str(values(dataset, split)) for dataset in trees}) == 1
        assert len({str(dataset.labels(split)) for dataset in trees}) == 1


def test_the_source_knows_names_sizes_and_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = at(tree(tmp_path), monkeypatch).source_md5
    assert at(tmp_path, monkeypatch).source_md5 == first
    put(tmp_path / "train" / IDS[0] / f"{IDS[0]}_3.JPEG", jpeg(3) + b"\0")
    assert at(tmp_path, monkeypatch).source_md5 != first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: shutil.rmtree(root / "train" / IDS[1]), rf"{IDS[1]}: no such folder; every class has one"),
        (lambda root: shutil.rmtree(root / "val"), r"val: no such folder; the official validation images belong there"),
        (lambda root: next(root.glob("train/*/*")).unlink(), r"train: 23 \.JPEG files, 24 are official; unpack it"),
        (lambda root: put(root / "val" / IDS[0] / "x.JPEG", b""), r"val: 13 \.JPEG files, 12 are official"),
    ],
)
def test_half_a_tree_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], Any], message: str
) -> None:
    dataset = at(tree(tmp_path), monkeypatch)
    change(tmp_path)
    with pytest.raises(FuseboardError, match=message):
        _ = dataset.source_md5


def test_validation_images_without_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = at(tree(tmp_path, flat=True), monkeypatch)
    with pytest.raises(
        FuseboardError, match=r"in no folders of classes; put LOC_val_solution\.csv into .*or sort them"
    ):
        dataset.labels("test")
    (tmp_path / "LOC_val_solution.csv").write_text("ImageId,PredictionString\nILSVRC2012_val_00000001,n99 1 2\n")
    with pytest.raises(FuseboardError, match=r"LOC_val_solution\.csv says no class of it; get the table again"):
        dataset.labels("test")


@pytest.mark.parametrize("name", ["s[1]", "s*", "s?"])
def test_parquet_files_in_a_folder_that_is_a_pattern(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """`datasets` would read the files of `s1`."""
    for folder in ("s1", name):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "train-00000-of-00001.parquet").touch()
    with pytest.raises(UsageError, match=r"IMAGENET_ROOT=.*: .* takes \* \? \[ in a path for a pattern"):
        at(tmp_path / name, monkeypatch)


def test_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"IMAGENET_ROOT=.*: neither train/ nor Parquet files are there"):
        at(tmp_path, monkeypatch)


ORDER = np.random.default_rng(2).permutation(3 * TRAIN)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The Hub's repository: shuffled rows, three files of train and two of validation, several row groups each."""
    features = hub.Features({"image": hub.Image(), "label": hub.ClassLabel(names=list(NAMES))})
    rows = {
        "train": [(int(n % 3), 10 * int(n % 3) + int(n // 3)) for n in ORDER],
        "validation": [(n % 3, value) for n, (_, _, value) in enumerate(validation())],
    }
    for part, count in (("train", 3), ("validation", 2)):
        for index, some in enumerate(np.array_split(np.array(rows[part]), count)):
            content = [{"image": {"bytes": jpeg(int(v)), "path": f"{v}.JPEG"}, "label": int(c)} for c, v in some]
            path = tmp_path / "hub" / "data" / f"{part}-{index:05}-of-{count:05}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            hub.Dataset.from_list(content, features=features).to_parquet(path, batch_size=3)
    return tmp_path / "hub"


def expected(split: str) -> list[int]:
    seen: dict[int, int] = {}
    found: dict[str, list[int]] = {"train": [], "val": []}
    for n in ORDER.tolist():
        seen[n % 3] = seen.get(n % 3, 0) + 1
        found["val" if seen[n % 3] <= 2 else "train"].append(10 * (n % 3) + n // 3)
    return found[split] if split in found else [value for _, _, value in validation()]


def test_the_hub_and_a_download_of_it_are_one_source(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    download = at(repository, monkeypatch)
    monkeypatch.delenv("IMAGENET_ROOT")
    monkeypatch.setattr(parquet, "REPOSITORY", str(repository))
    remote = registry.get("imagenet")
    assert (download.at_hand, remote.at_hand) == (True, False)
    assert download.source_md5 == remote.source_md5
    for dataset in (download, remote):
        for split in dataset.splits:
            assert values(dataset, split) == expected(split)
            assert [value // 10 for value in values(dataset, split)] == dataset.labels(
                split
            ).tolist() or split == "test"
            assert values(dataset, split, 2, 4) == expected(split)[2:4]


def test_reading_on_goes_on_in_one_stream_and_opens_only_the_file_that_is_needed(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = at(repository, monkeypatch)
    assert isinstance(dataset, parquet.Parquet)
    count = len(dataset.labels("train"))
    opened: list[int] = []
    plain = dataset._open
    monkeypatch.setattr(dataset, "_open", lambda part, row: opened.append(row) or plain(part, row))  # type: ignore[func-returns-value]
    found = [value for start in range(0, count, 5) for value in values(dataset, "train", start, start + 5)]
    assert found == expected("train")
    assert len(opened) == 1
    (repository / "data" / "train-00001-of-00003.parquet").write_bytes(b"damaged")
    assert values(dataset, "train", count - 3, count) == expected("train")[-3:]
    with pytest.raises(FuseboardError, match=r"cannot be read .*run the same command again"):
        values(dataset, "train")
    (repository / "data" / "train-00001-of-00003.parquet").unlink()
    with pytest.raises(FuseboardError, match="2 files of train, there were 3; download it again"):
        values(dataset, "train")


def test_a_copy_for_another_machine_opens_its_own_stream(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = at(repository, monkeypatch)
    first = values(dataset, "train", 0, 3)
    assert values(pickle.loads(pickle.dumps(dataset)), "train", 0, 3) == first


def test_labels_of_the_hub_are_asked_for_once(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(parquet, "REPOSITORY", str(repository))
    first = registry.get("imagenet").labels("train")
    (kept,) = (tmp_path / "cache").glob("fuseboard-imagenet-1k-49e2ee26*.npz")
    with monkeypatch.context() as patch:
        patch.setattr(hub, "load_dataset", lambda *_, **__: pytest.fail("asked again"))
        np.testing.assert_array_equal(registry.get("imagenet").labels("train"), first)
    kept.write_bytes(kept.read_bytes()[:99])
    np.testing.assert_array_equal(registry.get("imagenet").labels("train"), first)


def test_half_a_repository_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "data" / "validation-00001-of-00002.parquet").unlink()
    with pytest.raises(FuseboardError, match="6 validation images, 12 are official; download it again"):
        at(repository, monkeypatch).labels("test")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            DatasetNotFoundError("gated"),
            r"which is gated; accept its terms at https.*`hf auth login` or set HF_TOKEN, or",
        ),
        (
            ConnectionError("no route\nto host"),
            r"cannot be read \(no route\); run the same command again, or set IMAGENET",
        ),
    ],
)
def test_without_access_the_mend_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(hub.config, "HF_DATASETS_CACHE", tmp_path)
    monkeypatch.setattr(hub, "load_dataset", refuse)
    dataset = registry.get("imagenet-first9")
    assert not dataset.at_hand
    with pytest.raises(FuseboardError, match=message):
        dataset.labels("train")


@pytest.mark.parametrize("form", ["tree", "download"])
def test_extraction_takes_all_of_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    dataset = at(tree(tmp_path / "tree") if form == "tree" else repository, monkeypatch)
    version = extract(backbones.get("pixels"), dataset, Store(tmp_path / "store"), shard_rows=7)
    rows = {split: part.rows for split, part in version.manifest.datasets["imagenet"].splits.items()}
    assert rows == {"train": 18, "val": 6, "test": 12}

"""One's own images: folders, tables, splits, and everything that can be wrong with them."""

import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fuseboard.harness.backbones import registry as backbones
from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store

HEAD = 'name = "my-lesions"\nlicence = "CC BY 4.0"\n'
RNG = np.random.default_rng(5)


def picture(path: Path, value: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RNG.integers(0, 256, (6, 5, 3), dtype=np.uint8)
    Image.fromarray(pixels if value is None else np.full_like(pixels, value)).save(path)


def folder(root: Path, classes: dict[str, int]) -> Path:
    for name, count in classes.items():
        for number in range(count):
            picture(root / "images" / name / f"{number:03}.png")
    return root


def own(root: Path, toml: str = 'images = "images"\n') -> Dataset:
    (root / "my.toml").write_text(HEAD + toml)
    return registry.get(str(root / "my.toml"))


def table(root: Path, text: str, toml: str = 'table = "list.csv"\n') -> Dataset:
    """A table of these lines; every path in its first column that ends in .png gets an image."""
    for line in text.splitlines()[1:]:
        path = line.split(",")[0].strip()
        if path.endswith(".png") and not path.startswith(("/", "..", "missing")) and not (root / path).exists():
            picture(root / path)
    (root / "list.csv").write_text(text)
    return own(root, toml)


def labels_of(dataset: Dataset) -> dict[str, list[int]]:
    return {split: dataset.labels(split).tolist() for split in dataset.splits}


def test_a_folder_of_classes_is_split_stratified(tmp_path: Path) -> None:
    dataset = own(folder(tmp_path, {"benign": 40, "malignant": 20}))
    assert (dataset.name, dataset.task, dataset.licence) == ("my-lesions", "binary-class", "CC BY 4.0")
    assert dataset.label_names == ("benign", "malignant")
    assert dataset.at_hand
    counts = {split: np.bincount(dataset.labels(split)).tolist() for split in dataset.splits}
    assert counts == {"train": [26, 13], "val": [6, 3], "test": [8, 4]}
    assert dataset.remarks[0] == "60 images of 2 classes: train 39, val 9, test 12"
    assert dataset.remarks[1].endswith("train 65.0 %, val 15.0 %, test 20.0 %")


def test_every_image_is_there_once_in_the_order_of_its_path(tmp_path: Path) -> None:
    for number in range(30):
        picture(tmp_path / "images" / "ab"[number % 2] / f"{number}.png", number)
    dataset = own(tmp_path)
    found = {split: [int(image[0, 0, 0]) for image in dataset.images(split, 0, 99)] for split in dataset.splits}
    assert sorted(number for numbers in found.values() for number in numbers) == list(range(30))
    for split, numbers in found.items():
        assert numbers == sorted(numbers, key=lambda number: ("ab"[number % 2], str(number)))
        assert [number % 2 for number in numbers] == dataset.labels(split).tolist()
        assert [int(reader()[0, 0, 0]) for reader in dataset.readers(split, 2, 4)] == numbers[2:4]
        assert [int(image[0, 0, 0]) for image in dataset.images(split, 2, 4)] == numbers[2:4]


def test_folders_of_splits_are_kept(tmp_path: Path) -> None:
    for split, count in (("train", 4), ("val", 2), ("test", 3)):
        for name in ("a", "b", "c"):
            for number in range(count):
                picture(tmp_path / "images" / split / name / "deeper" / f"{number}.jpg")
    dataset = own(tmp_path)
    assert dataset.task == "multi-class"
    assert {split: len(labels) for split, labels in labels_of(dataset).items()} == {"train": 12, "val": 6, "test": 9}


def test_a_missing_val_is_cut_off_the_given_train(tmp_path: Path) -> None:
    for split in ("train", "test"):
        folder(tmp_path / "images" / split / "..", {})
        for number in range(20):
            picture(tmp_path / "images" / split / "ab"[number % 2] / f"{number}.png")
    assert own(tmp_path).splits == ("train", "test")
    dataset = own(tmp_path, 'images = "images"\n[splits]\nval = 0.2\n')
    assert {split: len(labels) for split, labels in labels_of(dataset).items()} == {"train": 16, "val": 4, "test": 20}
    with pytest.raises(UsageError, match=r"test given, and asked for in \[splits\]; leave one of them out"):
        own(tmp_path, 'images = "images"\n[splits]\nval = 0.2\ntest = 0.2\n')


def test_a_table_names_its_columns(tmp_path: Path) -> None:
    dataset = table(
        tmp_path,
        "file,sign,who,fold\nx/1.png, yes ,p1,train\nx/2.png,no,p2,train\nx/3.png,no,p3,test\nx/4.png,yes,p3,test\n",
        'table = "list.csv"\npath = "file"\nlabel = "sign"\ngroup = "who"\nsplit = "fold"\nclasses = ["yes", "no"]\n',
    )
    assert dataset.label_names == ("yes", "no")
    assert labels_of(dataset) == {"train": [0, 1], "test": [1, 0]}
    assert "3 groups (who), none of them in two splits" in dataset.remarks


def test_whole_numbers_are_sorted_as_numbers(tmp_path: Path) -> None:
    text = "path,label\n" + "".join(f"{n}.png,{(2, 10, 1)[n % 3]}\n" for n in range(30))
    assert table(tmp_path, text).label_names == ("1", "2", "10")


@pytest.mark.parametrize("name", ["s[1]", "s*", "s?", "label=7", "split=val", "path=x", "é #%20'"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_table_of_a_path_is_that_of_no_other(tmp_path: Path, name: str, kind: str) -> None:
    for folder, labels in (("s1", "ab"), (name, "cd")):
        table(tmp_path / folder, "path,label\n" + "".join(f"{n}.png,{labels[n % 2]}\n" for n in range(12)))
        pl.read_csv(tmp_path / folder / "list.csv", glob=False).write_parquet(tmp_path / folder / "list.parquet")
    dataset = own(tmp_path / name, f'table = "list.{kind}"\n')
    assert dataset.label_names == ("c", "d")
    assert sum(len(dataset.labels(split)) for split in dataset.splits) == 12


def test_a_table_from_windows(tmp_path: Path) -> None:
    text = "path,label\r\n" + "".join(f"{n}.png,{'äb'[n % 2]}\r\n" for n in range(12))
    table(tmp_path, text)
    (tmp_path / "list.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert own(tmp_path, 'table = "list.csv"\n').label_names == ("b", "ä")


def test_parquet_with_several_labels(tmp_path: Path) -> None:
    for number in range(24):
        picture(tmp_path / "images" / f"{number}.png")
    rows = {
        "path": [f"{n}.png" for n in range(24)],
        "cough": [n % 2 for n in range(24)],
        "edema": [n % 3 == 0 for n in range(24)],
    }
    pl.DataFrame(rows).write_parquet(tmp_path / "list.parquet")
    dataset = own(tmp_path, 'table = "list.parquet"\nimages = "images"\nlabels = ["cough", "edema"]\n')
    assert dataset.task == "multi-label, binary-class"
    assert dataset.label_names == ("cough", "edema")
    assert dataset.labels("train").dtype == np.uint8
    assert Counter(tuple(row) for split in dataset.splits for row in dataset.labels(split).tolist()) == Counter(
        (n % 2, int(n % 3 == 0)) for n in range(24)
    )
    assert all(dataset.labels(split).any(axis=0).all() for split in dataset.splits)


def test_ordered_classes_are_said(tmp_path: Path) -> None:
    folder(tmp_path, {"mild": 5, "severe": 5, "moderate": 5})
    toml = 'images = "images"\ntask = "ordinal-regression"\nclasses = ["mild", "moderate", "severe"]\n'
    assert (own(tmp_path, toml).task, own(tmp_path, toml).label_names[1]) == ("ordinal-regression", "moderate")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=60, max_size=90), st.integers(0, 99))
def test_no_group_is_on_two_sides_and_every_image_is_there_once(
    tmp_path: Path, images: list[tuple[int, int]], seed: int
) -> None:
    text = "path,label,group\n" + "".join(f"i/{n}.png,{label},{group}\n" for n, (group, label) in enumerate(images))
    toml = f'table = "list.csv"\n[splits]\nseed = {seed}\n'
    try:
        dataset = table(tmp_path, text, toml)
    except UsageError as error:
        assert "too few for" in str(error) or "one class only" in str(error)  # noqa: PT017
        return
    sides: dict[int, set[str]] = {}
    seen = []
    for split, paths in dataset._paths.items():  # type: ignore[attr-defined]
        for path, label in zip(paths, dataset.labels(split).tolist(), strict=True):
            number = int(Path(path).stem)
            assert dataset.label_names[label] == str(images[number][1])
            sides.setdefault(images[number][0], set()).add(split)
            seen.append(number)
    assert sorted(seen) == list(range(len(images)))
    assert all(len(of) == 1 for of in sides.values())


def test_the_source_is_another_with_another_image_label_split_or_rule(tmp_path: Path) -> None:
    text = "path,label\n" + "".join(f"{n}.png,{n % 2}\n" for n in range(30))
    first = table(tmp_path, text).source_md5
    assert table(tmp_path, text).source_md5 == first
    found = [
        table(tmp_path, text, toml).source_md5
        for toml in ('table = "list.csv"\nbits = 12\n', 'table = "list.csv"\n[splits]\nseed = 1\n')
    ]
    found.append(table(tmp_path, text.replace("7.png,1", "7.png,0", 1)).source_md5)
    found.append(table(tmp_path, text, 'table = "list.csv"\nclasses = ["1", "0"]\n').source_md5)
    picture(tmp_path / "9.png")
    found.append(table(tmp_path, text).source_md5)
    assert len({first, *found}) == 6


def test_images_that_train_has_too_are_remarked(tmp_path: Path) -> None:
    dataset = table(tmp_path, "path,label,split\na.png,0,train\nb.png,1,train\nc.png,0,test\nd.png,1,test\n")
    assert not any("bytes" in remark for remark in dataset.remarks)
    (tmp_path / "d.png").write_bytes((tmp_path / "a.png").read_bytes())
    assert (
        own(tmp_path, 'table = "list.csv"\n').remarks[-1]
        == "1 in test, with the very bytes of an image in train: d.png"
    )


def test_files_that_are_no_images_are_left_out_and_said(tmp_path: Path) -> None:
    folder(tmp_path, {"a": 5, "b": 5})
    (tmp_path / "images" / "notes.txt").write_text("x")
    (tmp_path / "images" / "a" / ".DS_Store").write_text("x")
    assert own(tmp_path).remarks[-1] == "1 file left out, being no image by its ending: notes.txt"


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    folder(tmp_path / "far", {"a": 6, "b": 6})
    (tmp_path / "images").symlink_to(tmp_path / "far" / "images")
    assert sum(map(len, labels_of(own(tmp_path)).values())) == 12
    (tmp_path / "far" / "images" / "a" / "up").symlink_to(tmp_path / "far" / "images")
    with pytest.raises(UsageError, match="a link to a folder that it lies in"):
        own(tmp_path)


def test_a_file_that_is_no_image_is_found_before_a_model_is_loaded(tmp_path: Path) -> None:
    dataset = own(folder(tmp_path, {"a": 9, "b": 9}))
    dataset.check()
    for name in ("a/003.png", "b/001.png"):
        (tmp_path / "images" / name).write_bytes(b"<html></html>")
    dataset = own(tmp_path)
    with pytest.raises(
        FuseboardError, match=r"^2 of these images .*:\n.*00[13]\.png: not a readable image \(it is an HTML.*\n"
    ):
        dataset.check()


def test_a_file_that_breaks_in_the_middle_of_a_run_keeps_the_finished_shards(tmp_path: Path) -> None:
    dataset, store = own(folder(tmp_path, {"a": 40, "b": 40})), tmp_path / "store"
    card = backbones.get("pixels")
    dataset.check()
    assert dataset.source_md5
    (tmp_path / "images" / dataset._paths["train"][-1]).write_bytes(b"")  # type: ignore[attr-defined]
    with pytest.raises(FuseboardError, match=r"images/b/\d+\.png: not a readable image \(the file is empty\)"):
        extract(card, dataset, Store(store), shard_rows=20)
    assert Store(store).versions == []
    assert len(list(store.rglob("train-0000[01]-of-00003.parquet"))) == 2
    assert not list(store.rglob(".tmp-*"))


def test_extraction_takes_all_of_it(tmp_path: Path) -> None:
    dataset = own(folder(tmp_path, {"a": 20, "b": 20}))
    version = extract(backbones.get("pixels"), dataset, Store(tmp_path / "store"))
    assert {s: part.rows for s, part in version.manifest.datasets["my-lesions"].splits.items()} == {
        "train": 26, "val": 6, "test": 8,
    }  # fmt: skip
    first = registry.get(f"{tmp_path / 'my.toml'}-first4")
    assert first.name == registry.name_of(f"{tmp_path / 'my.toml'}-first4") == "my-lesions-first4"
    assert len(first.labels("train")) == 4
    assert pickle.loads(pickle.dumps(dataset)).source_md5 == dataset.source_md5, "workers of a cluster get a copy"


def test_what_else_a_table_says_stays_with_its_image(tmp_path: Path) -> None:
    rows = [f"{n:02}.png,{'ab'[n % 2]},p{n // 2},{'LR'[n % 2]},{n}.5,{n if n else ''}" for n in range(20)]
    dataset = table(
        tmp_path,
        "\n".join(["path,label,patient,site,age,visits", *rows]),
        'table = "list.csv"\ngroup = "patient"\n',
    )
    plain = own(tmp_path, 'table = "list.csv"\ngroup = "patient"\n')
    assert dataset.source_md5 == plain.source_md5
    for each in (dataset, registry.get(f"{tmp_path / 'my.toml'}-sample4")):
        for split in each.splits:
            further, paths = each.further_columns(split), each.paths(split)
            assert set(further) == {"site", "age", "visits"}
            numbers = [int(path[:2]) for path in paths or ()]
            assert numbers
            assert list(further["site"]) == ["LR"[n % 2] for n in numbers]
            assert list(further["age"]) == [f"{n}.5" for n in numbers]
            assert list(further["visits"]) == [str(n) if n else None for n in numbers]
            assert list(each.groups[split]) == [f"p{n // 2}" for n in numbers]

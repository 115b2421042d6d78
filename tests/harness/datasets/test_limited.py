"""Limited datasets: a sample holds the classes as the whole does; names of older stores still mean the first images."""

import pickle
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from fuseboard.harness.datasets import known_names, registry
from fuseboard.harness.datasets.dataset import Dataset, Images
from fuseboard.harness.datasets.limited import Sample, draw
from fuseboard.store.arrays import Labels
from fuseboard.store.errors import UsageError


class Sorted(Dataset):
    """Images whose value is their row number, sorted by class."""

    name, task, licence, source_md5 = "sorted", "multi-class", "CC0", "0" * 32
    label_names = ("a", "b", "c")

    def __init__(self) -> None:
        self.seen: list[int] = []

    def labels(self, split: str) -> Labels:
        return np.repeat(np.arange(3, dtype=np.uint16), (60, 30, 10))

    def images(self, split: str, start: int, stop: int) -> Images:
        for row in range(start, min(stop, 100)):
            self.seen.append(row)
            yield np.full((1, 1), row, np.uint8)

    def columns(self, split: str) -> dict[Any, NDArray[Any]]:
        return {"severity": np.arange(100)}


def test_a_sample_of_a_sorted_list_has_every_class_in_its_share() -> None:
    whole = Sorted()
    sample = Sample(whole, 20)
    assert sample.name == "sorted-sample20"
    assert np.bincount(sample.labels("train")).tolist() == [12, 6, 2]
    rows = sample.columns("train")["severity"]
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert [int(image[0, 0]) for image in sample.images("train", 0, 99)] == rows.tolist()
    assert [int(image[0, 0]) for image in sample.images("train", 5, 9)] == rows[5:9].tolist()
    assert [int(reader()[0, 0]) for reader in sample.readers("train", 18, 99)] == rows[18:].tolist()
    assert list(sample.images("train", 20, 30)) == []
    assert (sample.labels("test") == sample.labels("train")).all()
    assert sample.columns("test")["severity"].tolist() != rows.tolist(), "a split has a draw of its own"
    assert len(Sample(whole, 1000).labels("train")) == 100
    assert pickle.loads(pickle.dumps(sample)).labels("val").tolist() == sample.labels("val").tolist()


def test_a_sample_is_the_same_everywhere() -> None:
    assert draw(np.arange(12, dtype=np.uint16) % 3, 5, "2026 train").tolist() == [3, 7, 8, 10, 11]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=80), st.integers(1, 90), st.integers(0, 99))
def test_every_class_comes_before_any_comes_twice_and_none_has_more_than_its_share(
    of: list[int], count: int, seed: int
) -> None:
    labels = np.array(of, np.uint16)
    rows = draw(labels, count, str(seed))
    assert len(rows) == min(count, len(of))
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert set(rows.tolist()) <= set(draw(labels, count + 1, str(seed)).tolist())
    held, whole = np.bincount(labels[rows], minlength=6).tolist(), np.bincount(labels, minlength=6).tolist()
    if count >= sum(map(bool, whole)):
        assert all(bool(own) == bool(there) for own, there in zip(held, whole, strict=True))
    for own, there in zip(held, whole, strict=True):
        assert own <= max(1, ceil(Fraction(len(rows) * there, len(of))))


def test_several_labels_are_drawn_plainly_and_that_is_said() -> None:
    class Several(Sorted):
        task = "multi-label, binary-class"

        def labels(self, split: str) -> Labels:
            return np.eye(100, 4, dtype=np.uint8)

    sample = Sample(Several(), 10)
    assert sample.labels("val").shape == (10, 4)
    assert any("without regard" in remark for remark in sample.remarks)
    assert Sample(Sorted(), 10).remarks == ()


def test_names_of_both_kinds() -> None:
    whole = registry.get("digits")
    assert registry.get("digits-first30").labels("val").tolist() == whole.labels("val")[:30].tolist()
    sample = registry.get("digits-sample30")
    assert sample.name == registry.name_of("digits-sample30") == "digits-sample30"
    assert np.bincount(sample.labels("val")).tolist() == [3] * 10
    assert sample.source_md5 == whole.source_md5
    assert known_names.base_name("digits-sample30") == known_names.base_name("digits-first30") == "digits"


def test_a_sample_of_ones_own_opens_no_other_files(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(20):
            Image.new("L", (2, 2), number).save(tmp_path / "images" / name / f"{number}.png")
    (tmp_path / "my.toml").write_text('name = "mine"\nlicence = "CC0"\nimages = "images"\n')
    sample = registry.get(f"{tmp_path / 'my.toml'}-sample4")
    assert (sample.name, registry.name_of(f"{tmp_path / 'my.toml'}-sample4")) == ("mine-sample4", "mine-sample4")
    assert np.bincount(sample.labels("train")).tolist() == [2, 2]
    assert len(list(sample.images("train", 0, 4))) == 4
    (tmp_path / "my.toml").write_text('name = "mine-sample4"\nlicence = "CC0"\nimages = "images"\n')
    with pytest.raises(UsageError, match="means another dataset"):
        registry.get(str(tmp_path / "my.toml"))

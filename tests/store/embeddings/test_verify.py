import json

import numpy as np
import pytest

from fuseboard.store import installation
from fuseboard.store.embeddings import dataset_card, manifest
from fuseboard.store.embeddings.verify import Report, verify
from fuseboard.store.errors import UsageError
from fuseboard.store.files.hashing import sha256_of


def resign(version, file):
    """Makes the manifest agree with the bytes of a shard, so that only its content is wrong."""
    path = version.folder / "digits" / file
    data = json.loads((version.folder / manifest.FILE).read_text())
    for split in data["datasets"]["digits"]["splits"].values():
        for shard in split["shards"]:
            if shard["file"] == file:
                shard |= {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    (version.folder / manifest.FILE).write_text(json.dumps(data))


@pytest.mark.parametrize("kind", [{}, {"dtype": "float16"}, {"multi": 14}])
def test_a_sound_store_has_no_findings(make_version, root, kind):
    make_version(root, **kind)
    make_version(root, "beta")
    assert verify(root).findings == ()
    assert verify(root, "alpha").findings == ()


def test_it_goes_on_after_a_finding(make_version, root):
    one, two = make_version(root), make_version(root, "beta")
    broken = make_version(root, "gamma").folder
    (broken / manifest.FILE).write_text("{")
    first, second = (v.folder / "digits" / "val-00001-of-00002.parquet" for v in (one, two))
    first.unlink()
    second.write_bytes(second.read_bytes()[::-1])
    findings = verify(root).findings
    assert [f.version.split("@")[0] for f in findings] == ["gamma", "alpha", "beta"]
    assert ["not there" in findings[1].problem, "damaged" in findings[2].problem] == [True, True]
    assert (findings[2].split, findings[2].file) == ("val", second.name)
    assert len(verify(root, "beta").findings) == 1
    assert len(verify(root, f"gamma@{broken.name[:6]}").findings) == 1
    with pytest.raises(UsageError, match=r"no version fits 'delta'"):
        verify(root, "delta")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"ids": [*range(19), 3]}, "ids do not ascend"),
        ({"order": [1, 0, *range(2, 20)]}, "ids do not ascend"),
        ({"order": [*range(10, 20), *range(10)]}, "ids do not ascend without repetition after id 19"),
        ({"labels": [3] * 20}, "label 3 of 3 classes"),
        ({"multi": 3, "labels": np.full((20, 3), 2)}, "not 3 numbers of 0 and 1"),
        ({"multi": 3, "labels": np.ones((20, 2))}, "not 3 numbers of 0 and 1"),
    ],
)
def test_content_that_cannot_be_meant_is_found(make_version, root, content, said):
    make_version(root, splits=("val",), **content)
    assert said in verify(root).findings[0].problem


def test_vectors_that_are_not_finite_are_found(make_version, root, monkeypatch):
    vectors = np.ones((20, 4), np.float32)
    vectors[11, 2] = np.inf
    monkeypatch.setattr("numpy.isfinite", lambda values: np.ones(np.shape(values), bool))
    make_version(root, vectors=vectors, splits=("val",))
    monkeypatch.undo()
    assert [f.problem for f in verify(root).findings] == ["the vector of id 11 holds NaN or infinity"]


def test_another_schema_or_number_of_rows_is_found(make_version, root, tmp_path):
    version = make_version(root, splits=("val",), parts=1)
    file = "val-00000-of-00001.parquet"
    wide = make_version(tmp_path / "wide", dim=5, splits=("val",), parts=1).folder / "digits" / file
    (version.folder / "digits" / file).write_bytes(wide.read_bytes())
    resign(version, file)
    assert "column embedding is fixed_size_list" in verify(root).findings[0].problem
    short = make_version(tmp_path / "short", rows=19, splits=("val",), parts=1).folder / "digits" / file
    (version.folder / "digits" / file).write_bytes(short.read_bytes())
    resign(version, file)
    assert [f.problem for f in verify(root).findings] == ["19 rows, the manifest says 20"]
    (version.folder / "digits" / file).write_text("<html>")
    resign(version, file)
    assert "not readable as Parquet" in verify(root).findings[0].problem


class Dataset:
    """What the harness's datasets say of themselves."""

    task, label_names, licence, source_md5 = "multi-class", ("0", "1", "2"), "CC-BY-4.0", "0" * 32
    splits, at_hand, rows = ("train", "val", "test"), True, 20

    def labels(self, split):
        return np.arange(self.rows, dtype=np.uint16) % 3


def test_ids_and_labels_are_held_against_the_dataset(make_version, root):
    make_version(root)
    report = verify(root, datasets=lambda name: Dataset())
    assert report == Report((), {})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"rows": 19}, "19 ids up to 18, the dataset has the 20 ids from 0 on"),
        ({"ids": range(1, 21)}, "20 ids up to 20, the dataset has the 20 ids from 0 on"),
        ({"labels": [0, 1, 2, 1, *(n % 3 for n in range(4, 20))]}, "id 3 has label 1, in the dataset 0 (1 differ)"),
        ({"multi": 3}, "task multi-label, binary-class, the dataset has multi-class"),
    ],
)
def test_what_the_dataset_says_otherwise_is_found(make_version, root, content, said):
    make_version(root, splits=("val",), **content)
    found = verify(root, datasets=lambda name: Dataset()).findings
    assert said in [finding.problem for finding in found]


def test_other_images_or_splits_are_found(make_version, root):
    make_version(root, splits=("train", "val"))
    other = Dataset()
    other.source_md5, other.splits = "1" * 32, ("val",)
    problems = {finding.problem for finding in verify(root, datasets=lambda name: other).findings}
    assert any("source MD5" in problem for problem in problems)
    assert "the dataset has no train split" in problems


def test_other_images_are_said_once_and_not_again_of_every_row(make_version, root):
    make_version(root, splits=("train", "val"), labels=np.zeros(20, np.uint16))
    other = Dataset()
    other.source_md5, other.splits = "1" * 32, ("train", "val")
    findings = verify(root, datasets=lambda name: other).findings
    assert [(one.dataset, one.split, one.problem[:10]) for one in findings] == [("digits", "", "source MD5")]


def test_one_dataset_alone_makes_no_readme_stale(make_version, root):
    version = make_version(root, splits=("val",))
    facts = json.loads((version.folder / manifest.FILE).read_text())
    facts["datasets"]["other"] = facts["datasets"]["digits"]
    (version.folder / manifest.FILE).write_text(json.dumps(facts))
    dataset_card.write(version.folder, manifest.read(version.folder))
    assert verify(root, datasets=lambda name: Dataset(), dataset="digits").stale_readmes == ()


def test_what_cannot_be_compared_is_said(make_version, root):
    make_version(root, splits=("val",))
    away = Dataset()
    away.at_hand = False

    def missing(name):
        raise ModuleNotFoundError("No module named 'medmnist'", name="medmnist")

    assert verify(root, datasets=lambda name: away).not_compared == {"digits": "its file is not on this machine"}
    reason = verify(root, datasets=missing).not_compared["digits"]
    assert (reason.startswith("that needs medmnist"), reason.endswith(installation.command("harness"))) == (True, True)
    assert verify(root).not_compared == {"digits": "no datasets were given"}

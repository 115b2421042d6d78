"""The duplicate of a backbone: another backbone's vectors under a new name, however they are turned and scaled."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from scipy.stats import special_ortho_group

from fuseboard.harness.submissions.shards import sample, split_statistics, stored_backbones
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.statistics.cka import linear_cka
from fuseboard.store.store import Store
from tests.harness.submissions.field import DATA
from tests.harness.submissions.stranger import DIM, Stranger


@pytest.fixture
def stranger(small_store: Path, tmp_path: Path) -> Stranger:
    return Stranger(small_store, tmp_path)


def pixels(version: Version, split: str) -> NDArray[np.float32]:
    """(120, 256)."""
    (path,) = version.shards(DATA, split)
    return np.array(pq.read_table(path)["embedding"].combine_chunks().flatten().to_numpy().reshape(120, -1))


def copy(stranger: Stranger, noise: float) -> None:
    """Every split of `pixels`, padded to the width of `hog`, turned, scaled and moved."""
    turn = 7 * special_ortho_group.rvs(DIM, random_state=1)
    for number, split in enumerate(("train", "val", "test")):
        wide = np.zeros((120, DIM))
        wide[:, :256] = pixels(Store(stranger.root).version("pixels"), split)
        scale = noise * wide.std() * np.random.default_rng(number).standard_normal(wide.shape)
        stranger.embed(split, ((wide + scale) @ turn + 3).astype(np.float32))


def test_a_copy_is_named(stranger: Stranger) -> None:
    copy(stranger, 0)
    assert "twin: digits-first120: sees the test images as pixels does (CKA 1.00000)" in stranger.problem()


def test_a_near_copy_is_a_note(stranger: Stranger) -> None:
    copy(stranger, 0.3)
    found = [f for f in stranger.check().findings if f.check == "twin"]
    assert [f.status for f in found] == ["note"]
    assert "nearly as pixels does (CKA 0.99" in found[0].message


def test_another_backbone_is_none(stranger: Stranger) -> None:
    found = [f for f in stranger.check().findings if f.check == "twin"]
    assert [f.status for f in found] == ["ok"]
    assert "nearest is pixels (CKA 0.6" in found[0].message


def test_ones_own_earlier_version_is_none(stranger: Stranger) -> None:
    shutil.copytree(stranger.shards.parent, stranger.root / "embeddings" / "hog")
    assert not stranger.check().is_bad


def test_other_vectors_under_the_same_fingerprint_are_refused(stranger: Stranger) -> None:
    shutil.copytree(stranger.shards.parent, stranger.root / "embeddings" / "hog")
    stranger.embed("val", stranger.vectors("val") + np.float32(0.01))
    assert "the store holds other vectors of digits-first120 val under this fingerprint" in stranger.problem()


def test_nobody_to_compare_with_is_a_note(stranger: Stranger) -> None:
    shutil.rmtree(stranger.root / "embeddings")
    found = [f for f in stranger.check().findings if f.check == "twin"]
    assert [f.status for f in found] == ["note"]


def test_the_cka_of_factors_is_that_of_the_vectors(stranger: Stranger) -> None:
    statistics = split_statistics.split_statistics(stranger.version, DATA)
    found = stored_backbones.StoredBackbones(stranger.version, Store(stranger.root), DATA, statistics)
    theirs = pixels(Store(stranger.root).version("pixels"), "test")
    assert found.cka("pixels", "test") == pytest.approx(linear_cka(stranger.vectors("test"), theirs).value, abs=1e-9)


def test_a_sample_of_another_backbone_is_its_rows(stranger: Stranger) -> None:
    version = Store(stranger.root).version("pixels")
    ids = np.array([0, 1, 7, 118])
    found = sample.read(version, DATA, "val", ids)
    assert found is not None
    np.testing.assert_array_equal(found, pixels(version, "val")[ids])


def test_a_sample_is_drawn_from_all_over_the_split(stranger: Stranger) -> None:
    facts = stranger.version.manifest.entry(DATA, "train").model_copy(update={"rows": 89_996})
    drawn = sample.draw("train", facts)
    assert len(drawn) == 1_200
    assert (np.diff(drawn) > 0).all()
    assert drawn[0] < 7_500
    assert drawn[-1] > 82_000
    np.testing.assert_array_equal(drawn, sample.draw("train", facts))

"""Parity: distances as anybody would compute them, and files of vectors in any state."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics.pairwise import cosine_similarity

from fuseboard.harness.backbones import canary, parity, registry
from fuseboard.store.errors import UsageError

CARD = registry.get("pixels")


def test_distances_are_the_usual_ones() -> None:
    rng = np.random.default_rng(0)
    ours = rng.normal(size=(3, CARD.dim)).astype(np.float32)
    theirs = ours + rng.normal(size=ours.shape).astype(np.float32) * 1e-5
    found = parity.compare(CARD, ours, theirs)
    assert found.cosine == pytest.approx(cosine_similarity(ours, theirs).diagonal().min())
    assert found.max_relative_difference == pytest.approx(np.abs(ours - theirs).max() / np.abs(theirs).max(), rel=1e-5)
    assert found.holds
    assert not parity.compare(CARD, ours, theirs * 1.01).holds, "a scaled vector has cosine 1 and is another vector"


def test_the_images_are_the_canarys_own(tmp_path: Path) -> None:
    paths = parity.write_images(tmp_path / "new" / "folder")
    for path, image in zip(paths, canary.images(), strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(path)), image)


def test_arrays_and_tables_read_alike(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(3, CARD.dim)).astype(np.float32)
    for name, save in (("a", np.save), ("b", lambda p, v: np.savetxt(p.with_suffix(".csv"), v, "%.9g", ","))):
        (tmp_path / name).mkdir()
        save(tmp_path / name / "pixels", vectors)
        np.testing.assert_array_equal(parity.read_all(tmp_path / name, [CARD])["pixels"], vectors)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("pixel.npy", b"", "unknown backbone 'pixel' in .*did you mean pixels"),
        ("pixels.npy", b"\x80\x04cos\nsystem\n", "cannot be read as numbers"),
        ("pixels.npy", np.zeros((2, 2), object), "cannot be read as numbers"),
        ("pixels.npy", np.zeros((3, 5)), r"an array of 3 x 5, wanted is 3 x \d+: one vector per image"),
        ("pixels.npy", np.full((3, CARD.dim), np.inf), "NaN or infinity"),
        ("pixels.csv", b"a,b\n", "cannot be read as numbers"),
        ("pixels.csv", b"1," * 2**20, "more than 1,048,576 bytes"),
        ("readme.txt", b"", "no NAME.npy and no NAME.csv lies there"),
    ],
)
def test_what_is_no_file_of_vectors(tmp_path: Path, file: str, content: bytes | np.ndarray, message: str) -> None:
    path = tmp_path / file
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    with pytest.raises(UsageError, match=message) as caught:
        parity.read_all(tmp_path, [CARD])
    assert "\n" not in str(caught.value)

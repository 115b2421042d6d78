"""Images that are the same: pixel for pixel, nearly, and not when they are only of one kind."""

import numpy as np
import pytest

from fuseboard.harness.audit import duplicates
from fuseboard.harness.audit.images import AuditedImages, digest, read
from fuseboard.harness.datasets.dataset import Dataset

RNG = np.random.default_rng(3)
GREY = RNG.integers(0, 256, (9, 7), dtype=np.uint8)


class Made(Dataset):
    """One split of given images."""

    name, task, label_names, licence, source_md5 = "made", "binary-class", ("a", "b"), "x", "0" * 32
    splits = ("train",)

    def __init__(self, images):
        self.shown = images

    def labels(self, split):
        return np.arange(len(self.shown), dtype=np.uint16) % 2

    def images(self, split, start, stop):
        return iter(self.shown[start:stop])


class Told:
    """Features of several backbones, as a test has them."""

    def __init__(self, images, vectors):
        self.images, self._vectors = images, vectors
        self.backbones, self.majority = tuple(vectors), max(2, len(vectors) // 2 + 1)

    def read(self, backbone):
        return self._vectors[backbone].astype(np.float32)


@pytest.mark.parametrize(
    "same", [np.dstack([GREY] * 3), np.dstack([GREY] * 3 + [np.full_like(GREY, 255)]), np.ascontiguousarray(GREY)]
)
def test_one_picture_saved_in_several_ways_has_one_digest(same):
    assert digest(same) == digest(GREY)


@pytest.mark.parametrize(
    "other",
    [GREY.T, GREY.reshape(7, 9), GREY ^ 1, np.dstack([GREY, GREY, GREY ^ 1]), np.dstack([GREY] * 4)],
    ids=["turned", "shape", "value", "colour", "alpha"],
)
def test_another_picture_has_another(other):
    assert digest(np.ascontiguousarray(other)) != digest(GREY)


def scenes(count, size=24):
    """Images of one kind: a bright disc on dark, each with a texture of its own, as fundus photographs are."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    disc = 150.0 * (np.hypot(x, y) < size / 2.4)
    texture = RNG.normal(0, 1, (count, size // 3, size // 3)).repeat(3, 1).repeat(3, 2)
    return [np.clip(disc + 25 * each + 30, 0, 255).astype(np.uint8) for each in texture]


def audited(images):
    return read(Made(images))


def vectors(images, backbones=3, noise=0.05):
    """What backbones say: each another projection of the pixels."""
    flat = np.stack([image.ravel() for image in images]).astype(np.float64)
    flat = (flat - flat.mean(1, keepdims=True)) / flat.std(1, keepdims=True)
    return {
        f"b{n}": flat @ RNG.normal(0, 1, (flat.shape[1], 40)) + noise * RNG.normal(0, 1, (len(flat), 40))
        for n in range(backbones)
    }


def test_a_copy_of_other_brightness_contrast_and_noise_is_near_and_its_kind_is_not():
    images = scenes(60)
    changed = 0.7 * images[5].astype(float) + 40 + RNG.normal(0, 2, images[5].shape)
    images.append(np.clip(changed, 0, 255).astype(np.uint8))
    known = audited(images)
    found = duplicates.near(known, Told(known, vectors(images)), [])
    assert [each.rows for each in found] == [(5, 60)]
    assert 0.9 < found[0].correlation < 1


def test_pixels_decide_where_backbones_call_different_images_the_same():
    images = scenes(60)
    said = vectors(images)
    for each in said.values():
        each[20] = each[7]
    known = audited(images)
    assert duplicates.near(known, Told(known, said), []) == []


def test_one_backbone_alone_says_nothing():
    images = scenes(60)
    images.append(np.clip(images[5] * 0.8 + 20, 0, 255).astype(np.uint8))
    said = vectors(images)
    for name in ("b1", "b2"):
        said[name][60] = RNG.normal(0, 1, 40) * np.abs(said[name]).mean()
    known = audited(images)
    assert duplicates.near(known, Told(known, said), []) == []


def test_equal_images_are_one_and_belong_to_what_is_near_them():
    images = scenes(60)
    images += [images[5].copy(), np.clip(images[5] * 0.8 + 20, 0, 255).astype(np.uint8), images[9].copy()]
    known = audited(images)
    exact = duplicates.exact(known)
    assert [each.rows for each in exact] == [(5, 60), (9, 62)]
    near = duplicates.near(known, Told(known, vectors(images)), exact)
    assert [each.rows for each in near] == [(5, 60, 61)]


def test_what_belongs_together_is_one_unit():
    same = [duplicates.Duplicates("exact", (0, 3), 1.0)]
    units = duplicates.units(6, same, ["p", "p", "q", "r", "r", "s"])
    assert units[0] == units[1] == units[3] == units[4]
    assert len(set(units.tolist())) == 3
    assert len(set(duplicates.units(3, [], None).tolist())) == 3


def test_images_of_one_value_are_not_near_to_everything():
    images = [*scenes(30), np.zeros((24, 24), np.uint8), np.full((24, 24), 90, np.uint8)]
    known = audited(images)
    assert duplicates.near(known, Told(known, vectors(scenes(32))), []) == []


def test_the_copies_are_of_the_images():
    known = audited(scenes(4))
    assert isinstance(known, AuditedImages)
    assert np.allclose(np.linalg.norm(known.copies.astype(np.float32), axis=1), 1, atol=1e-2)
    assert known.name(3) == "train 3"
    assert known.label(3) == "b"


def test_copies_are_found_where_most_images_have_one_as_frames_of_a_video_do():
    images = scenes(20)
    frames = [
        np.clip(image + RNG.normal(0, 4, image.shape), 0, 255).astype(np.uint8) for image in images for _ in range(6)
    ]
    known = audited(frames)
    found = duplicates.near(known, Told(known, vectors(frames)), [])
    assert [each.rows for each in found] == [tuple(range(6 * n, 6 * n + 6)) for n in range(20)]


def test_a_compressed_copy_is_near_although_vectors_moved_far():
    images = scenes(60)
    images.append(np.clip(images[5] + RNG.normal(0, 3, images[5].shape), 0, 255).astype(np.uint8))
    said = vectors(images)
    for each in said.values():
        usual = np.median(np.sort(np.linalg.norm(each[:, None] - each[None], axis=2), axis=1)[:, 1])
        step = RNG.normal(0, 1, 40)
        each[60] = each[5] + 0.8 * usual * step / np.linalg.norm(step)
    known = audited(images)
    assert [each.rows for each in duplicates.near(known, Told(known, said), [])] == [(5, 60)]

"""Example images: the first training image of every class, where the licence lets it be passed on."""

import hashlib
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from fuseboard.harness.datasets import examples as module
from fuseboard.harness.datasets import medmnist
from fuseboard.harness.datasets.digits import Digits
from fuseboard.harness.datasets.examples import examples
from fuseboard.harness.pages.thumbnail import EDGE


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def publish(monkeypatch, folder, flag, size, images, labels, task="multi-class", licence="CC BY 4.0"):
    """Puts a file at hand that is the published one as far as the dataset knows."""
    suffix = "" if size == 28 else f"_{size}"
    path = folder / f"{flag}{suffix}.npz"
    np.savez_compressed(path, train_images=images, train_labels=labels)
    info = dict(medmnist._table()[flag])
    info |= {f"MD5{suffix}": hashlib.md5(path.read_bytes()).hexdigest(), "task": task, "license": licence}
    info["n_samples"] = {**info["n_samples"], "train": len(images)}
    table = {**medmnist._table(), flag: info}
    monkeypatch.setattr(medmnist, "_table", lambda: table)
    monkeypatch.setenv("MEDMNIST_ROOT", str(folder))
    return path


def test_digits_need_no_file():
    found = examples("digits")
    assert list(found) == [str(digit) for digit in range(10)]
    digits = Digits()
    labels = digits.labels("train")
    for number, png in enumerate(found.values()):
        first = next(
            image
            for image, label in zip(digits.images("train", 0, len(labels)), labels, strict=True)
            if label == number
        )
        assert np.array_equal(pixels(png), first)


def test_the_first_training_image_of_each_class(monkeypatch, tmp_path):
    images = np.arange(6 * 28 * 28, dtype=np.uint32).reshape(6, 28, 28).astype(np.uint8)
    publish(monkeypatch, tmp_path, "breastmnist", 28, images, np.array([[1], [1], [0], [1], [0], [0]]))
    found = examples("breastmnist-28")
    assert list(found) == ["malignant", "normal, benign"]
    assert np.array_equal(pixels(found["malignant"]), images[2])
    assert np.array_equal(pixels(found["normal, benign"]), images[0])
    assert examples("breastmnist-28") == found, "the same bytes"


def test_colours_stay_and_large_images_shrink(monkeypatch, tmp_path):
    images = np.zeros((9, 128, 128, 3), np.uint8)
    images[..., 0] = 200
    publish(monkeypatch, tmp_path, "bloodmnist", 128, images, np.arange(9)[:, None] % 8)
    found = examples("bloodmnist-128")
    assert len(found) == 8
    for png in found.values():
        assert pixels(png).shape == (EDGE, EDGE, 3)
        assert (pixels(png) == (200, 0, 0)).all()


def test_an_image_may_stand_for_several_labels(monkeypatch, tmp_path):
    labels = np.zeros((3, 14), np.uint8)
    labels[1, [2, 5]] = 1
    images = np.arange(3 * 28 * 28, dtype=np.uint32).reshape(3, 28, 28).astype(np.uint8)
    publish(monkeypatch, tmp_path, "chestmnist", 28, images, labels, task="multi-label, binary-class")
    found = examples("chestmnist-28")
    assert len(found) == 2
    assert all(np.array_equal(pixels(png), images[1]) for png in found.values())


def test_what_may_not_be_passed_on_is_not(monkeypatch, tmp_path):
    images, labels = np.zeros((2, 28, 28), np.uint8), np.array([[0], [1]])
    publish(monkeypatch, tmp_path, "breastmnist", 28, images, labels, licence="CC BY-NC 4.0")
    assert examples("breastmnist-28") == {}
    assert medmnist.get("dermamnist").licence not in module.FREE


@pytest.mark.parametrize("name", ["octmnist", "breastmnist-64-c", "digits-first10", "of-my-own", "../x", "imagenet"])
def test_nothing_is_at_hand_or_downloaded(monkeypatch, tmp_path, name):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    monkeypatch.setattr(medmnist.MedMNIST, "_download", lambda self, path: pytest.fail("downloads"))
    assert examples(name) == {}


def test_a_damaged_file_has_no_examples(monkeypatch, tmp_path):
    images, labels = np.zeros((2, 28, 28), np.uint8), np.array([[0], [1]])
    path = publish(monkeypatch, tmp_path, "breastmnist", 28, images, labels)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more", b"x")
    assert examples("breastmnist-28") == {}


def test_of_a_file_too_large_the_next_smaller_size_is_shown(monkeypatch, tmp_path):
    small = np.full((2, 64, 64), 7, np.uint8)
    publish(monkeypatch, tmp_path, "breastmnist", 64, small, np.array([[0], [1]]))
    large = publish(monkeypatch, tmp_path, "breastmnist", 224, np.zeros((2, 224, 224), np.uint8), np.array([[0], [1]]))
    assert pixels(examples("breastmnist")["malignant"]).shape == (EDGE, EDGE)
    monkeypatch.setattr(module, "LARGEST", large.stat().st_size - 1)
    large.write_bytes(large.read_bytes() + b"\0" * 10_000)
    assert (pixels(examples("breastmnist")["malignant"]) == 7).all()

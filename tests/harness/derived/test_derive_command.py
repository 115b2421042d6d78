"""`store derive` from the command line: what it makes, says, and refuses."""

import shutil

import numpy as np
import pytest
from PIL import Image

from fuseboard.cli import run
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.embeddings import block
from fuseboard.store.store import Store

DIGITS = "digits-first120"


def derive(store, *arguments, backbone="hog", dataset=DIGITS):
    return run(["store", "derive", backbone, "-d", dataset, *arguments, "--store", str(store)])


def test_a_derived_version_is_a_backbone_like_any_other(store, capsys):
    assert derive(store, "--pca", "16", "--int8") == 0
    said = capsys.readouterr()
    assert said.out.startswith("hog-pca16-int8@")
    assert "16 numbers, 16 bytes per image instead of" in said.err
    assert derive(store, "--pca", "16", "--int8") == 0
    assert capsys.readouterr().out.strip().endswith(", nothing new")
    names = "hog-pca16-int8,pixels"
    command = ["search", DIGITS, "--backbones", names, "--protocol", "linear-2026", "--store", str(store), "--json"]
    assert run(command) == 0
    assert "hog-pca16-int8+pixels" in capsys.readouterr().out
    assert run(["store", "verify", "--store", str(store)]) == 0


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        ((), "say what is to be made: --pca DIM, --int8 or --binary", 2),
        (("--int8", "--binary"), "exclude each other", 2),
        (("--pca", "5000"), "directions; ", 2),
    ],
)
def test_what_cannot_be_meant_is_refused(store, arguments, said, code, capsys):
    assert derive(store, *arguments) == code
    error = capsys.readouterr().err.strip()
    assert said in error
    assert "\n" not in error
    assert not list(store.glob("embeddings/hog-*"))


def test_vectors_that_are_not_there_are_named(store, capsys):
    assert derive(store, "--int8", backbone="hug") == 2
    assert "did you mean hog?" in capsys.readouterr().err
    assert derive(store, "--int8", dataset="breastmnist-28") == 1
    assert "hog has no embeddings of breastmnist-28" in capsys.readouterr().err


def test_extracting_a_derived_name_says_what_to_do(store, capsys):
    assert run(["extract", "hog-pca16", "-d", DIGITS, "--store", str(store)]) == 2
    assert "hog-pca16 is made of the vectors of hog and has no card" in capsys.readouterr().err


def test_an_audit_of_derived_vectors_says_what_to_audit(store, capsys):
    assert derive(store, "--binary") == 0
    capsys.readouterr()
    assert run(["store", "audit", "hog-binary", "--store", str(store)]) == 1
    assert "cannot be embedded again: it is derived from hog@" in capsys.readouterr().err


def images(folder, count, seed=0):
    rng = np.random.default_rng(seed)
    for number in range(count):
        for label in ("benign", "malignant"):
            path = folder / label / f"{seed}-{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (32, 32), np.uint8)).save(path)


def test_images_that_come_later_get_vectors_of_the_same_transform(tmp_path, capsys):
    folder, root, card = tmp_path / "lesions", tmp_path / "store", registry.get("hog")
    images(folder, 40)
    extract(card, datasets.get(str(folder)).as_divided(root), Store(root))
    assert derive(root, "--pca", "8", dataset=str(folder)) == 0
    first = Store(root).version("hog-pca8")
    old = {split: block.read(first, "lesions", split).matrix for split in ("train", "test")}
    images(folder, 10, seed=1)
    extract(card, datasets.get(str(folder)).as_divided(root), Store(root))
    capsys.readouterr()
    assert run(["search", str(folder), "--backbones", "hog,hog-pca8", "--store", str(root)]) == 1
    assert "hog-pca8 has earlier images of lesions; `fuseboard store derive hog -d lesions`" in capsys.readouterr().err
    assert derive(root, "--pca", "8", dataset=str(folder)) == 0
    assert "training images that lesions had when" in capsys.readouterr().err
    grown = Store(root).version("hog-pca8")
    assert grown.manifest.fingerprint == first.manifest.fingerprint
    entry = grown.manifest.datasets["lesions"]
    assert sum(part.rows for part in entry.splits.values()) == 100
    new = {tuple(row) for split in entry.splits for row in block.read(grown, "lesions", split).matrix.tolist()}
    assert all(tuple(row) in new for rows in old.values() for row in rows.tolist())
    assert run(["store", "verify", "hog-pca8", "-d", str(folder), "--store", str(root)]) == 0
    shutil.rmtree(grown.folder)
    assert derive(root, "--pca", "8", dataset=str(folder)) == 0
    assert Store(root).version("hog-pca8").manifest.fingerprint != first.manifest.fingerprint, "fitted anew"

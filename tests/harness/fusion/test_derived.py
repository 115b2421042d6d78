"""Fused models on derived versions: new images get the network of the source, then the transform."""

import numpy as np
import pytest
from PIL import Image

from fuseboard import Fusion
from fuseboard.cli import run
from fuseboard.harness.backbones import registry
from fuseboard.harness.derived.card import DerivedCard
from fuseboard.harness.fusion.bundle import cards, loading, writing
from fuseboard.harness.fusion.embed import embed_images
from fuseboard.store.embeddings import transform_file
from fuseboard.store.embeddings.derived import Recipe
from fuseboard.store.embeddings.transform import Step, Transform
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store

NAMES = ("hog-pca8-int8", "pixels")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Images, a store and a model of a derived and a plain backbone, made from the command line."""
    folder = tmp_path_factory.mktemp("derived")
    rng = np.random.default_rng(0)
    for number in range(40):
        for place, label in enumerate(("dark", "light")):
            path = folder / "images" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(60 * place, 195 + 60 * place, (32, 32), np.uint8)).save(path)
    command = ["fuse", "train", str(folder / "images"), "-o", str(folder / "model"), "--backbones", ",".join(NAMES)]
    assert run([*command, "--store", str(folder / "store")]) == 0
    return folder


def test_new_images_get_the_scores_that_stored_vectors_get(trained):
    bundle = loading.load(trained / "model")
    assert bundle.backbones_ == NAMES
    assert isinstance(bundle.cards["hog-pca8-int8"], DerivedCard)
    said = bundle.predictions["test"]
    paths = [trained / "images" / name for name in said.names]
    np.testing.assert_allclose(bundle.predict_proba(paths), said.scores, atol=1e-5)
    wide = bundle.transform(paths[:2])
    assert wide.shape == (2, 8 + registry.get("pixels").dim)


def test_a_model_is_saved_and_loaded_whole(trained, tmp_path):
    bundle = loading.load(trained / "model")
    bundle.save(tmp_path / "model.zip")
    again = loading.load(tmp_path / "model.zip")
    prints = [[card.fingerprint for card in one.cards.values()] for one in (bundle, again)]
    assert prints[0] == prints[1]
    assert again.facts.backbones == bundle.facts.backbones


def test_blocks_of_the_store_are_learned_from_and_images_predicted(trained, tmp_path):
    store = Store(trained / "store")
    blocks = store.blocks("images", "train", NAMES)
    fusion = Fusion(store=trained / "store").fit(blocks)
    assert set(fusion.cards_) == set(NAMES)
    test = store.blocks("images", "test", NAMES)
    paths = [trained / "images" / path for path in store.images("images").filter(split="test").sort("id")["path"]]
    np.testing.assert_allclose(fusion.predict_proba(paths), fusion.predict_proba(test), atol=1e-5)


def test_a_transform_of_another_version_is_not_loaded(trained):
    bundle = loading.load(trained / "model")
    facts, files = bundle.facts, bundle.files()
    name = facts.backbones["hog-pca8-int8"].derived.file
    pca, codes = transform_file.parse(files[name], name).steps
    nudged = Step("pca", {**pca.arrays, "mean": pca.arrays["mean"] + 1})
    files[name] = transform_file.dump(Transform((nudged, codes)))
    with pytest.raises(FuseboardError, match="the card is of hog-pca8-int8, 8 numbers, fingerprint"):
        cards.parse(writing.listed(facts, files), files, "here")


def test_what_nobody_fitted_embeds_no_image(trained, tmp_path):
    with pytest.raises(UsageError, match="hog-pca8 is fitted on the training images of a dataset, and none is named"):
        embed_images([np.zeros((9, 9), np.uint8)], DerivedCard(registry.get("hog"), Recipe(8)), store=tmp_path)
    assert run(["fuse", "train", str(trained / "images"), "-o", str(tmp_path / "m"), "--backbones", "hug-pca8"]) == 2

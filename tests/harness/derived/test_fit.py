"""What is fitted, held against scikit-learn and against quantisation written down again."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from fuseboard.harness.derived.fit import fit
from fuseboard.store.embeddings.derived import Recipe
from fuseboard.store.errors import UsageError


def vectors(rows, dim, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(rows, dim)) * np.linspace(3, 0.1, dim) + 5).astype(np.float32)


@pytest.mark.parametrize(("rows", "dim"), [(300, 40), (25, 80)], ids=["more images", "more numbers"])
def test_pca_is_scikit_learns(rows, dim):
    train, unseen = vectors(rows, dim), vectors(9, dim, 1)
    made, share = fit(Recipe(12), train)
    theirs = PCA(12, svd_solver="full").fit(train.astype(np.float64))
    ours = made.steps[0].arrays["components"]
    turned = np.sign((ours * theirs.components_).sum(axis=1))
    np.testing.assert_allclose(ours, theirs.components_ * turned[:, None], atol=1e-6)
    np.testing.assert_allclose(made.apply(unseen), theirs.transform(unseen) * turned, atol=1e-4)
    assert share == pytest.approx(theirs.explained_variance_ratio_.sum())
    assert (ours[np.arange(12), np.abs(ours).argmax(axis=1)] > 0).all()


def test_the_same_vectors_give_the_same_bits():
    train = vectors(300, 40)
    for recipe in (Recipe(12), Recipe(12, "int8"), Recipe(None, "binary")):
        assert fit(recipe, train)[0].sha256 == fit(recipe, train.copy())[0].sha256


def test_a_row_does_not_depend_on_the_rows_beside_it():
    made, _ = fit(Recipe(12, "int8"), vectors(300, 40))
    unseen = vectors(500, 40, 1)
    one_by_one = np.concatenate([made.stored(row[None]) for row in unseen])
    assert np.array_equal(one_by_one, made.stored(unseen))


def test_one_byte_is_the_range_of_training_in_steps():
    train, unseen = vectors(300, 7), vectors(50, 7, 1)
    train[:, 2] = unseen[:, 2] = 4.0
    made, share = fit(Recipe(None, "int8"), train)
    assert share == 1
    low, high = train.min(axis=0).astype(np.float64), train.max(axis=0).astype(np.float64)
    step = (high - low) / 254
    wanted = np.clip(unseen, low, high)
    found = made.apply(unseen)
    assert (np.abs(found - wanted) <= step / 2 + 1e-5).all()
    assert (found[:, 2] == 4).all()
    assert set(np.unique(made.stored(train))) <= set(range(-127, 128))


def test_one_bit_divides_training_at_the_median():
    train = vectors(301, 9)
    made, _ = fit(Recipe(None, "binary"), train)
    bits = np.unpackbits(made.stored(train), axis=1, count=9)
    assert (bits.sum(axis=0) == 150).all()
    assert np.array_equal(bits, (train > np.median(train, axis=0)).astype(np.uint8))
    distances = (bits[:1] != bits).sum(axis=1)
    plus_minus = made.apply(train)
    assert np.array_equal(plus_minus[:1] @ plus_minus.T, (9 - 2 * distances)[None]), "products count equal bits"


@pytest.mark.parametrize(
    ("train", "recipe", "said"),
    [
        (vectors(25, 80), Recipe(25), "--pca 25: the 25 training vectors of 80 numbers have 24 directions; 24 at most"),
        (vectors(90, 6), Recipe(7), "--pca 7: .* have 6 directions"),
        (np.repeat(vectors(3, 9), 30, axis=0), Recipe(3), "--pca 3: .* have 2 directions"),
        (np.ones((9, 4), np.float32), Recipe(2), "all 9 training vectors are the same"),
        (np.ones((1, 4), np.float32), Recipe(None, "int8"), "all 1 training vectors are the same"),
    ],
)
def test_what_cannot_be_fitted_is_told_in_one_line(train, recipe, said):
    with pytest.raises(UsageError, match=said):
        fit(recipe, train)

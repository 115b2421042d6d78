"""Splitting: shares, classes and groups."""

import warnings

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from fuseboard.harness.datasets.custom.splitting import assign

SHARES = {"train": 0.65, "val": 0.15, "test": 0.2}


def names(count: int) -> list[str]:
    return [f"unit {number}" for number in range(count)]


def single(labels: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes, dtype=np.int64)[labels]


def largest_gap(counts: np.ndarray, split: np.ndarray) -> float:
    held = np.stack([counts[split == name].sum(axis=0) for name in SHARES])
    return float(np.abs(held / counts.sum(axis=0) - np.array(list(SHARES.values()))[:, None]).max())


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=200), st.integers(0, 2**31))
def test_single_images_are_stratified_to_within_one_image(labels: list[int], seed: int) -> None:
    of = np.array(labels)
    split = assign(names(len(of)), single(of, 4), SHARES, seed)
    for name in np.unique(of):
        count = int((of == name).sum())
        held = {side: int(((split == side) & (of == name)).sum()) for side in SHARES}
        assert sum(held.values()) == count
        assert count < 12 or all(abs(held[side] - count * share) < 1 for side, share in SHARES.items())
        if count >= len(SHARES):
            assert min(held.values()) >= 1


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**31))
def test_two_classes_share_no_split_without_one_of_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 5, (rng.integers(6, 60), 2))
    counts = counts[counts.sum(axis=1) > 0]
    split = assign(names(len(counts)), counts, SHARES, seed % 100)
    if (np.count_nonzero(counts, axis=0) >= 6).all():
        assert all((counts[split == side].sum(axis=0) > 0).all() for side in SHARES)


def test_the_order_in_which_units_come_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 9, (40, 3))
    units, shuffled = names(40), rng.permutation(40)
    split = assign(units, counts, SHARES, 1)
    again = assign([units[number] for number in shuffled], counts[shuffled], SHARES, 1)
    np.testing.assert_array_equal(again, split[shuffled])


def test_a_seed_makes_another_split_and_the_first_has_not_moved() -> None:
    counts = single(np.arange(12) % 2, 2)
    assert " ".join(assign(names(12), counts, SHARES, 2026)) == (
        "val train train train train val train train test test train train"
    )
    assert (assign(names(12), counts, SHARES, 2026) != assign(names(12), counts, SHARES, 2027)).any()


def test_groups_come_nearer_to_the_shares_than_by_scikit_learn() -> None:
    """Its folds are of one size, so shares are made of twentieths."""
    rng, ours, theirs = np.random.default_rng(0), [], []
    for seed in range(10):
        counts = np.stack([rng.multinomial(rng.geometric(0.1), rng.dirichlet(np.ones(4))) for _ in range(40)])
        ours.append(largest_gap(counts, assign(names(40), counts, SHARES, seed)))
        labels = np.concatenate([np.repeat(np.arange(4), row) for row in counts])
        groups = np.repeat(np.arange(40), counts.sum(axis=1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            folds = StratifiedGroupKFold(20, shuffle=True, random_state=seed).split(labels, labels, groups)
            sides = [np.unique(groups[fold]) for _, fold in folds]
        split = np.full(40, "train")
        split[np.concatenate(sides[:4])], split[np.concatenate(sides[4:7])] = "test", "val"
        theirs.append(largest_gap(counts, split))
    assert np.mean(ours) < np.mean(theirs)


def test_large_groups_are_drawn_like_small_ones() -> None:
    rng, sizes = np.random.default_rng(1), []
    for seed in range(40):
        counts = rng.geometric(0.1, (60, 1))
        split = assign(names(60), counts, SHARES, seed)
        sizes.append(counts[split == "test"].mean() / counts.mean())
    assert 0.85 < np.mean(sizes) < 1.15

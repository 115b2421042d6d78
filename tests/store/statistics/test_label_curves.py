"""Curves over labelled images: means, bands, and the horizontal distance of two, with its interval."""

import numpy as np
import polars as pl
import pytest

from fuseboard.store.statistics.label_curves import LabelCurve, curves, worth

IMAGES = (2, 20, 200, 2_000)


def rising(shift: float, seed: int = 0, noise: float = 0.0) -> LabelCurve:
    """An AUC of .5 at one image that gains .1 whenever images are ten times as many."""
    luck = np.random.default_rng(seed).normal(size=(20, 1)) * noise
    mean = 0.5 + 0.1 * np.log10(IMAGES) + shift
    draws = [mean[k] + luck[:, 0] for k in range(3)] + [mean[3:]]
    return LabelCurve(IMAGES, tuple(draws))


def test_a_curve_has_the_mean_and_the_band_of_its_draws() -> None:
    rows = [("a", 10, seed, 0.5 + seed / 1000) for seed in range(21)] + [("a", 50, 0, 0.9)]
    frame = pl.DataFrame([([name], n, seed, auc) for name, n, seed, auc in rows], orient="row")
    frame.columns = ["subset", "images", "seed", "auc"]
    (curve,) = curves(frame).values()
    assert curve.images == (10, 50)
    assert curve.mean == pytest.approx([0.51, 0.9])
    assert curve.band[:, 0] == pytest.approx([0.5005, 0.5195])
    assert curve.band[:, 1] == pytest.approx([0.9, 0.9])


def test_a_size_that_lacks_the_metric_is_left_out() -> None:
    frame = pl.DataFrame({"subset": [["a"], ["a"]], "images": [2, 10], "seed": [0, 0], "auc": [None, 0.6]})
    assert curves(frame)["a",].images == (10,)


def test_a_method_is_worth_the_distance_along_the_curves() -> None:
    found = worth(rising(0.1), rising(0.0))
    assert [one.at for one in found] == [2, 20, 200]
    assert [one.images for one in found] == pytest.approx([18, 180, 1_800])  # ten times as many
    assert [one.low for one in found] == pytest.approx([18, 180, 1_800])


def test_a_worse_one_is_worth_fewer_and_a_far_better_one_more_than_there_are() -> None:
    assert worth(rising(-0.1), rising(0.0))[1].images == pytest.approx(-18)
    assert worth(rising(0.5), rising(0.0))[0].images == float("inf")


def test_luck_that_both_share_does_not_widen_the_interval() -> None:
    shared = worth(rising(0.05, 1, 0.02), rising(0.0, 1, 0.02))[1]
    own = worth(rising(0.05, 1, 0.02), rising(0.0, 2, 0.02))[1]
    assert shared.high - shared.low < 1e-6
    assert own.high - own.low > 1
    assert own.low < own.images < own.high


def test_a_curve_that_falls_has_reached_what_it_reached() -> None:
    falls = LabelCurve((2, 20, 200), (np.array([0.6]), np.array([0.8]), np.array([0.7])))
    better = LabelCurve((2, 20, 200), (np.array([0.75]), np.array([0.8]), np.array([0.9])))
    assert worth(better, falls)[0].images == pytest.approx(2 * 10**0.75 - 2)

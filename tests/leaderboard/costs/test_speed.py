"""Speed: the median over splits, and what a busy machine makes of it."""

from dataclasses import replace

import pytest

from fuseboard.leaderboard.costs.costs import extractions
from fuseboard.leaderboard.costs.speed import speed
from fuseboard.leaderboard.costs.totals import totals
from fuseboard.store.embeddings.manifest import SPLITS


def paced(store, *rates, dataset="tiny"):
    """Extractions of the splits of one dataset at so many images a second each."""
    store.embed("alpha", dataset)
    (manifest,) = (version.manifest for version in store.opened.versions)
    found = [one for one in extractions([manifest]) if one.dataset == dataset]
    assert len(found) == len(SPLITS)
    return [
        replace(one, profile=one.profile.model_copy(update={"wall_s": one.profile.images / rate}))
        for one, rate in zip(found, rates, strict=False)
    ]


def test_the_median_is_not_moved_by_one_slow_split(store):
    found = speed(paced(store, 96, 90, 60))
    assert (found.images_per_s, found.low, found.high, found.unsteady) == pytest.approx((90, 60, 96, None))


def test_splits_that_differ_more_than_twice_do_not_compare(store):
    found = speed(paced(store, 96, 9.5, 6.4))
    assert found.images_per_s == pytest.approx(9.5)
    assert found.unsteady == "its splits of tiny differ 15.0-fold in speed"


def test_datasets_may_differ_more_than_twice_and_splits_may_not(store):
    first = paced(store, 96, 90, 60)
    other = [replace(one, dataset="large", profile=one.profile.model_copy(update={"wall_s": 1.2})) for one in first]
    found = speed([*first, *other])
    assert (found.low, found.high, found.unsteady) == pytest.approx((10, 96, None))


def test_what_was_not_computed_has_no_speed(store):
    nothing = [replace(one, profile=one.profile.model_copy(update={"images": 0})) for one in paced(store, 1, 1, 1)]
    assert speed(nothing).images_per_s is None
    (total,) = totals(nothing)
    assert (total.images_per_s, total.unsteady) == (None, None)


def test_totals_have_the_spread_beside_the_median(store):
    (total,) = totals(paced(store, 96, 9.5, 6.4))
    assert (total.images_per_s, total.slowest_images_per_s, total.fastest_images_per_s) == pytest.approx((9.5, 6.4, 96))
    assert "differ 15.0-fold in speed" in total.unsteady

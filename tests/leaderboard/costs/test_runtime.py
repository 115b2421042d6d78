"""What a board cost, phase by phase."""

import json
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.costs.costs import extractions, searches
from fuseboard.leaderboard.costs.runtime import runtimes
from fuseboard.leaderboard.plots.runtime import phases
from fuseboard.leaderboard.site.build import build


def spent(store):
    snapshot = take(store.opened)
    return runtimes(snapshot.manifests, extractions(snapshot.manifests), searches(snapshot.rows))


def tune(store, trials=3, fit_s=2.0):
    for number in range(trials):
        own = {"evaluation": "tuning", "protocol_digest": f"t{number}", "fit_s": fit_s, "peak_rss_mb": 300.0 + number}
        store.keep(("alpha",), "val", 0.7, 0.7, **own)
    for seed in (1, 2):
        tuned = {"evaluation": "tuned", "protocol": "starter-trials3", "seed": seed, "fit_s": fit_s}
        store.measure(("alpha",), (0.7, 0.7), (0.7, 0.7), **tuned)


def test_phases_add_up(searched):
    tune(searched)
    (one,) = spent(searched)
    assert (one.dataset, one.protocol) == ("tiny", "starter")
    assert (one.extraction.count, one.extraction.seconds) == (9, 9 * 0.5)
    assert (one.search.count, one.search.seconds) == (7, 1.25 * 12)
    assert (one.tuning.count, one.tuning.seconds, one.tuning.peak_rss_mb) == (5, 10.0, 302.0)
    assert one.seconds == pytest.approx(4.5 + 15 + 10)
    assert "a machine" in one.search.where
    assert {phase.reason for phase in one.phases.values()} == {None}


def test_what_was_not_done_is_no_zero(store):
    store.embed("alpha")
    (one,) = spent(store)
    assert one.protocol is None
    assert (one.search.seconds, one.search.reason) == (None, "no search was run")
    assert (one.tuning.seconds, one.tuning.reason) == (None, "nothing was tuned")
    assert "without search and tuning" in phases([one])


def test_fits_without_a_time_are_counted(store):
    store.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), fit_s=None)
    (one,) = spent(store)
    assert (one.search.seconds, one.search.reason) == (None, "1 of 1 fits were not timed")
    assert (one.extraction.seconds, one.extraction.reason) == (None, "no embeddings in this store")
    store.measure(("beta",), (0.5, 0.5), (0.5, 0.5), fit_s=3.0)
    (one,) = spent(store)
    assert (one.search.seconds, one.search.reason) == (3.0, "1 of 2 fits were not timed")


def test_reported_seconds_stand_beside_the_same_dataset_alone(store):
    for name in ("breastmnist", "breastmnist-64"):
        store.embed(f"on-{name}", dataset=name)
    full, small = spent(store)
    assert (full.reported.concat_s, full.reported.best_single_s) == (446.41, 364.66)
    assert small.reported is None
    assert full.seconds == 1.5  # the reported ones are in no sum


def test_bars_share_one_scale_and_leave_no_gap(searched):
    tune(searched)
    searched.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), protocol="other", fit_s=1000.0)
    found = spent(searched)
    bars = {}
    for path in ElementTree.fromstring(str(phases(found))).iter("path"):
        if path.find("title") is not None and path.get("d").endswith("Z"):
            x, width = re.match(r"M([\d.]+),[\d.]+h([\d.]+)", path.get("d")).groups()
            name = path.find("title").text.rpartition(":")[0]
            bars.setdefault(name.rpartition(",")[0], []).append((float(x), float(width)))
    assert list(bars) == ["tiny, other", "tiny, starter"]
    for pieces in bars.values():
        for (x, width), (following, _) in pairwise(pieces):
            assert x + width == pytest.approx(following, abs=0.11)
    ends = [sum(pieces[-1]) for pieces in bars.values()]
    assert ends[1] / ends[0] == pytest.approx(found[1].seconds / found[0].seconds, abs=0.01)
    assert phases([]) is None


def test_the_page_and_the_export_have_the_same_seconds(searched, tmp_path):
    tune(searched)
    build(searched.opened, tmp_path / "site")
    (one,) = json.loads((tmp_path / "site" / "data" / "results.json").read_text())["runtimes"]
    assert one["tuning"]["seconds"] == 10.0
    page = " ".join(re.sub(r"<[^>]+>", " ", (tmp_path / "site" / "runtime.html").read_text()).split())
    assert "tiny, tuning: 10 s" in page
    assert "5 10 s 302" in page
    assert "more than the time on the clock" in page
    assert "30 s" in page or "29 s" in page

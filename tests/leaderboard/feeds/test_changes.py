"""What moved between two builds of a site, why, and who is told."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.feeds.entry import MAX_ENTRIES, ChangeLine, History
from fuseboard.leaderboard.feeds.rank_changes import rank_changes
from fuseboard.leaderboard.feeds.state import Ranked, Ranking
from fuseboard.leaderboard.site import build
from tests.leaderboard.page import Page
from tests.leaderboard.site.test_build import HOSTILE, files


@pytest.fixture
def built(searched, searched_site, tmp_path, monkeypatch):
    """A store with a site, and `again`, which builds it anew and gives the page and the newest entry."""
    searched.out = shutil.copytree(searched_site, tmp_path / "site")
    monkeypatch.setattr(build, "PAGES", ("dataset", "backbone", "provenance"))  # what the page of changes links to

    def again():
        message = []
        build.build(searched.opened, searched.out, report=message.append)
        searched.message = message
        history = History.model_validate_json((searched.out / "data/changes.json").read_bytes())
        return Page(searched.out / "changes.html"), history.entries[0] if history.entries else None

    searched.again = again
    return searched


def test_the_first_build_says_so(built):
    shutil.rmtree(built.out)
    built.again()
    assert built.message == ["the first build here, so nothing to compare it with"]
    assert "This is the first build of this site" in Page(built.out / "changes.html").words
    assert json.loads((built.out / "data/changes.json").read_text()) == {"format": 1, "entries": []}
    assert len(json.loads((built.out / "data/ranking.json").read_text())["rankings"]) == 2


def test_nothing_moved_changes_no_byte(built):
    built.measure(("alpha",), (0.80, 0.70), (0.5, 0.5), day=1)
    built.again()
    before = files(built.out)
    (built.out / ".fuseboard-site").write_text("{}")  # so that it is built although nothing changed
    built.again()
    assert (files(built.out), built.message) == (before, ["nothing moved since the last build"])
    built.again()
    assert built.message == ["nothing changed since the last build"]


def test_a_row_that_moved_is_told_with_the_input_that_explains_it(built):
    built.measure(
        ("alpha",), (0.80, 0.70), (0.95, 0.72), day=1, libraries={"xgboost": "3.1.0", "scikit-learn": "1.5.0"}
    )
    page, entry = built.again()
    (move,) = entry.moves
    assert (move.subset, move.split, move.metric, move.before, move.now) == (("alpha",), "test", "auc", 0.81, 0.95)
    assert (move.why, entry.moved) == ("xgboost 3.0.0 -> 3.1.0", 1)
    assert entry.date == take(built.opened).newest
    assert "xgboost 3.0.0 -> 3.1.0" in page.words
    assert "+14.0" in page.words
    (href,) = [a["href"] for a in page.all("a") if a.get("class") == "from"]
    path, _, anchor = href.partition("#")
    assert anchor in {a.get("id") for _, a in Page(built.out / path).tags}
    assert built.message == [f"{entry.headline}: see changes.html"]
    assert entry.headline.startswith("1 row moved, 3 ranks changed")


def test_a_row_that_moved_without_a_cause_is_told_too(built):
    built.measure(("alpha",), (0.80, 0.70), (0.9, 0.72), day=1)
    _, entry = built.again()
    assert entry.moves[0].why.startswith("no input changed that rows keep")


def test_a_metric_that_went_missing_is_no_zero(built):
    built.measure(("alpha",), (0.80, 0.70), (None, 0.72), day=1)
    page, entry = built.again()
    assert [(move.metric, move.before, move.now) for move in entry.moves] == [("auc", 0.81, None)]
    assert "it is missing" in page.words


def test_validation_alone_is_no_move(built):
    built.keep(("alpha",), "val", 0.81, 0.71, day=1)
    _, entry = built.again()
    assert entry is None


def test_a_new_backbone_is_told_with_the_ranks_that_it_took(built):
    built.measure(("delta",), (0.5, 0.5), (0.99, 0.99), day=1)
    page, entry = built.again()
    assert [line.text for line in entry.lines] == ["New backbone: delta", "tiny: 2 new rows (fusion 2)"]
    ranks = {place.name: place for place in entry.places if place.board == "singles"}
    assert (ranks["beta"].before, ranks["beta"].now, ranks["beta"].why) == (1, 2, "new above it: delta")
    assert (ranks["delta"].before, ranks["delta"].why) == (None, "new on this board")
    assert "backbones/delta.html" in [a["href"] for a in page.all("a")]


def test_a_headline_says_what_came_and_claims_no_change_where_none_was(built):
    built.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), dataset="other")
    _, entry = built.again()
    assert entry.headline == "New dataset: other; other: 2 new rows (fusion 2)"
    (built.out / "data/changes.json").unlink()
    built.measure(("beta",), (0.5, 0.5), (0.5, 0.5), dataset="other")
    _, entry = built.again()
    assert entry.headline.startswith("Changes cannot be told, because")
    many = History().after(
        date=None, lines=tuple(ChangeLine(text=f"line {n}") for n in range(5)), lines_left_out=7,
        moves=(), moved=3, places=(), placed=1,
    )  # fmt: skip
    assert many.entries[0].headline == "3 rows moved, 1 rank changed; line 0; line 1; 10 more"


def test_another_choice_is_told(built):
    built.measure(("alpha",), (0.99, 0.99), (0.81, 0.72), day=1)
    _, entry = built.again()
    assert "tiny under starter: alpha is chosen, where it was alpha + beta" in [line.text for line in entry.lines]


def test_rows_datasets_and_backbones_that_are_gone_are_told_and_not_linked(built):
    shutil.rmtree(built.root)
    built.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), dataset="other")
    page, entry = built.again()
    texts = [line.text for line in entry.lines]
    assert texts[:4] == ["Gone backbone: beta", "Gone backbone: gamma", "New dataset: other", "Gone dataset: tiny"]
    assert "tiny: 14 rows are gone (fusion 14)" in texts
    gone = ("datasets/tiny.html", "backbones/beta.html")
    assert not [a["href"] for a in page.all("a") if a["href"].partition("#")[0] in gone]


def test_superseded_rows_are_told(built):
    built.embed("beta", revision=2, day=1)
    built.measure(("beta",), (0.5, 0.5), (0.85, 0.75), revisions={"beta": 2}, day=1)
    _, entry = built.again()
    assert "tiny: 6 rows superseded, being of another version of a backbone" in [line.text for line in entry.lines]


def test_other_vectors_under_one_fingerprint_are_told(built):
    shutil.rmtree(built.root / "embeddings" / "alpha")
    built.embed("alpha", labels=np.arange(12, dtype=np.uint16)[::-1] % 3)
    built.measure(("alpha",), (0.80, 0.70), (0.9, 0.72), day=1)
    _, entry = built.again()
    assert "other vectors of alpha under the same fingerprint" in entry.moves[0].why


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda out: (out / "data/changes.json").unlink(), "kept no history"),
        (lambda out: (out / "data/changes.json").write_text("{}x"), "data/changes.json cannot be read"),
        (lambda out: (out / "data/changes.json").write_text('{"format": 9}'), "data/changes.json cannot be read"),
        (lambda out: (out / "data/ranking.json").unlink(), "ranking.json is not there"),
        (lambda out: (out / "data/results.parquet").write_bytes(b"PAR1"), "cannot be read"),
        (lambda out: drop(out, "hardware"), "cannot be read"),
        (lambda out: change(out, libraries=pl.lit("{")), "libraries that are no JSON of versions"),
    ],
)
def test_an_earlier_site_that_is_damaged_or_older_fails_nothing(built, damage, said):
    damage(built.out)
    page, entry = built.again()
    assert said in page.words
    assert (len(entry.lines), entry.moves) == (1, ())
    _, same = built.again()
    assert same == entry


def drop(out, *columns):
    path = out / "data/results.parquet"
    pl.read_parquet(path).drop(*columns).write_parquet(path)


def change(out, **columns):
    path = out / "data/results.parquet"
    pl.read_parquet(path).with_columns(**columns).write_parquet(path)


def test_what_an_earlier_site_says_is_text(built):
    path = built.out / "data/changes.json"
    history = History().after(
        date=None, lines=(ChangeLine(text=HOSTILE, dataset="../../x", backbone="javascript:alert(1)"),),
        lines_left_out=0,
        moves=(), moved=0, places=(), placed=0,
    )  # fmt: skip
    path.write_bytes(history.as_json())
    built.measure(("alpha",), (0.80, 0.70), (0.9, 0.72), day=1)
    page, _ = built.again()
    assert HOSTILE in page.text
    assert not [a for a in page.all("a") if "javascript" in a["href"] or ".." in a["href"]]
    assert all(set(script) <= {"src", "defer"} for script in page.all("script"))
    assert "<script>alert" not in (built.out / "feed.xml").read_text()


def test_a_history_is_kept_short_and_every_entry_has_a_name_of_its_own():
    history = History()
    found = {"date": None, "lines_left_out": 0, "moves": (), "moved": 0, "places": (), "placed": 0}
    for _ in range(MAX_ENTRIES + 5):
        history = history.after(lines=(ChangeLine(text="x"),), **found)
    assert len(history.entries) == len({entry.id for entry in history.entries}) == MAX_ENTRIES


def ranking(counted=("a",), **means):
    ordered = sorted(means, key=lambda name: -means[name])
    rank = {name: 1 + sum(other > means[name] for other in means.values()) for name in means}
    rows = tuple(Ranked(name=n, rank=rank[n], mean_auc=means[n], tier=1) for n in ordered)
    return Ranking(protocol="p", board="singles", counted=counted, rows=rows)


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        (
            ranking(x=0.8, y=0.7),
            ranking(x=0.6, y=0.7),
            {"x": "its mean AUC moved by -20 percentage points; now above it: y", "y": "no longer above it: x"},
        ),
        (
            ranking(x=0.8, y=0.9),
            ranking(x=0.8),
            {"x": "gone from above it: y", "y": "not on this board any more"},
        ),
        (
            ranking(x=0.8, y=0.7),
            ranking(("a", "b"), x=0.6, y=0.7),
            {
                "x": "the mean is over b too; now above it: y",
                "y": "the mean is over b too; no longer above it: x",
            },
        ),
        (
            ranking(("a", "b"), x=0.8, y=0.7),
            ranking(x=0.7, y=0.7),
            {"y": "the mean is over b no more; no longer above it: x"},
        ),
        (ranking(x=0.8, y=0.7), ranking(x=0.81, y=0.7), {}),
    ],
)
def test_a_rank_says_why_it_changed(before, now, why):
    message = {place.name: place.why for place in rank_changes([before], [now])}
    assert message == why


def test_the_command_says_on_stderr_what_moved(built):
    from tests.leaderboard.test_cli import run

    built.measure(("alpha",), (0.80, 0.70), (0.95, 0.72), day=1)
    done = run("build", "--store", built.root, "--out", built.out)
    assert (done.exit_code, done.stdout) == (0, f"{built.out / 'index.html'}\n")
    assert "1 row moved, 3 ranks changed" in done.stderr

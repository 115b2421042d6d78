"""The rows that ship: sound by themselves, on everybody's board, and marked as the project's."""

import csv
import io

import polars as pl

from fuseboard.leaderboard.regression.accept import accept
from fuseboard.leaderboard.regression.recompute import recompute
from fuseboard.leaderboard.rows.shipped_rows import SHIPPED
from fuseboard.leaderboard.rows.validation import valid_rows
from fuseboard.leaderboard.site.build import build
from fuseboard.store.results.evaluations import EVALUATIONS
from fuseboard.store.store import Store
from tests.leaderboard.page import Page


def test_a_board_shows_what_ships_beside_what_was_measured_and_says_which(predicted, store, tmp_path):
    reference = tmp_path / "reference"
    accept(predicted.opened, reference)
    own = type(store)(tmp_path / "own")
    own.embed("delta", dataset="mine")
    own.measure(("delta",), (0.5, 0.5), (0.5, 0.5), dataset="mine")
    index = build(Store(own.root, reference=reference), tmp_path / "site")
    shipped = len(Store(reference).rows())
    assert f"{shipped} measured by the project" in Page(index).words
    page = Page(index.parent / "datasets" / "tiny.html").words
    assert f"the fuseboard project: {shipped} of {shipped} rows came with fuseboard" in page
    assert "this store" in Page(index.parent / "datasets" / "mine.html").words
    assert "measured by the project" in Page(index.parent / "provenance" / "tiny.html").words
    assert "measured by the project" not in Page(index.parent / "provenance" / "mine.html").words
    rows = list(csv.DictReader(io.StringIO((index.parent / "data" / "results.csv").read_text())))
    assert {(row["dataset"], row["origin"]) for row in rows} == {("tiny", "project"), ("mine", "store")}
    assert not list((own.root / "results").glob("*/tiny")), "what ships is read, not taken over"


def test_what_ships_is_valid_and_its_predictions_give_its_metrics(tmp_path):
    held = Store(tmp_path / "nothing", reference=SHIPPED)
    rows = held.rows(scores=True)
    good, invalid = valid_rows(rows.drop("scores"))
    assert (len(good), invalid) == (len(rows), ())
    assert set(rows["evaluation"]) <= set(EVALUATIONS)
    assert recompute(held, rows).findings == ()
    assert held.broken_versions == {}


def test_every_version_of_a_row_that_ships_is_known_with_its_card():
    held = Store(SHIPPED)
    known = {(version.manifest.backbone, version.manifest.fingerprint) for version in held.versions}
    pairs = held.rows().select("subset", "fingerprints").explode("subset", "fingerprints").unique()
    assert set(pairs.iter_rows()) == known
    assert all((version.folder / "card.toml").is_file() for version in held.versions)


def test_what_ships_are_medical_images_that_may_be_shown():
    licences = {entry.licence for v in Store(SHIPPED).versions for entry in v.manifest.datasets.values()}
    assert licences == {"CC BY 4.0"}
    assert pl.Series(Store(SHIPPED).rows()["dataset"]).str.contains("mnist").all()

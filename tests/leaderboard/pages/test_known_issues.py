import re
from math import sqrt

import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.boards.test_set_size import small_test_sets
from fuseboard.leaderboard.published import known_issues
from fuseboard.leaderboard.site import build
from tests.leaderboard.page import Page


def test_every_concern_has_a_source():
    found = known_issues.load()
    assert len(found.difference) == 10
    for one in (*found.difference, *found.figure, *found.overlap):
        assert one.url
    assert any(one.known for one in found.overlap)
    assert not all(one.known for one in found.overlap)


def test_a_key_that_nobody_knows_is_refused(tmp_path):
    file = tmp_path / "quality.toml"
    file.write_text('[[duplicate]]\nsource = "me"\nsize = 3\n')
    with pytest.raises(ValueError, match="size"):
        known_issues.load(file)


def test_what_one_image_is_worth(predicted):
    snapshot = take(predicted.opened)
    (one,) = small_test_sets(snapshot.boards, snapshot.confusions)
    chosen = snapshot.boards[0].role("chosen").entry
    assert (one.val, one.test) == (60, 60)
    assert one.standard_error == pytest.approx(sqrt(chosen.test.acc * (1 - chosen.test.acc) / 60))
    assert dict(one.classes) == {"a": 20, "b": 20, "c": 20}


def test_without_predictions_the_class_balance_is_missing_with_the_reason(searched):
    snapshot = take(searched.opened)
    (one,) = small_test_sets(snapshot.boards, snapshot.confusions)
    assert one.rarest is None
    assert one.no_classes
    assert one.ties == 2


def test_the_page_names_overlap_licences_and_duplicates(store, tmp_path):
    store.embed("alpha", overlap=("chestmnist",), pretraining=("<b>X-rays</b>",), licence="MIT-0")
    build.build(store.opened, tmp_path / "site")
    page = Page(tmp_path / "site/quality.html")
    for text in ("chestmnist", "<b>X-rays</b>", "MIT-0", "CC0", "Test image 76 is training image 115"):
        assert text in page.words
    assert "<b>X-rays" not in (tmp_path / "site/quality.html").read_text(encoding="utf-8")
    assert "nothing was searched yet" in page.words


def test_an_empty_store_still_has_what_is_known(store, tmp_path):
    build.build(store.opened, tmp_path / "site")
    assert "Prov-GigaPath is DINOv2-giant" in Page(tmp_path / "site/quality.html").words


STRANGE = "<b>star signs"
"""An evaluation that nobody declared, as a newer version or a stranger may have written it."""


def test_an_undeclared_evaluation_is_named_and_never_called_an_older_definition(store, tmp_path):
    store.embed("alpha")
    store.measure(("alpha",), (0.7, 0.7), (0.71, 0.72))
    for day, digest in enumerate(("d1", "d2")):
        made = {"evaluation": STRANGE, "protocol_digest": digest, "day": day}
        store.measure(("alpha",), (0.9, 0.9), (0.999, 0.999), **made)
    build.build(store.opened, tmp_path / "site")
    page = Page(tmp_path / "site/quality.html")
    assert "Undeclared evaluations" in page.words
    assert STRANGE in page.words
    assert re.search(rf"{re.escape(STRANGE)}\W*4\W*tiny", page.words)
    written = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "site").rglob("*.html")}
    assert not any(STRANGE in text for text in written.values())
    assert not any("older definition" in text for text in written.values())


def test_an_undeclared_evaluation_changes_no_board(store):
    store.embed("alpha")
    store.measure(("alpha",), (0.7, 0.7), (0.71, 0.72))
    before = take(store.opened)
    for day, digest in enumerate(("d2", "d3"), 1):
        made = {"evaluation": STRANGE, "protocol_digest": digest, "day": day}
        store.measure(("alpha",), (0.9, 0.9), (0.999, 0.999), **made)
    after = take(store.opened)
    assert after.boards == before.boards
    assert after.board_uncertainties == before.board_uncertainties
    assert set(after.rows["superseded"]) == {None}


def test_a_store_of_declared_evaluations_alone_has_no_such_section(searched, tmp_path):
    build.build(searched.opened, tmp_path / "site")
    assert "Undeclared evaluations" not in Page(tmp_path / "site/quality.html").words

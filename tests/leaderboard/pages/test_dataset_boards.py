"""A dataset's page leads to the boards that have rows of it, and they lead back."""

import posixpath

from fuseboard.leaderboard.site import build
from tests.leaderboard.boards import test_few_labels, test_groups
from tests.leaderboard.corrupted import DATA, embed, expose
from tests.leaderboard.page import Page

BOARDS = ("boards/groups.html", "boards/classifiers.html", "boards/few-labels.html", f"robustness/{DATA}-c.html")
SCORES = {("alpha",): ((0.7, 0.7), (0.8, 0.7)), ("alpha", "beta"): ((0.7, 0.8), (0.9, 0.7))}


def links(path):
    """Where a page leads, from the root of the site, each with its place on the page."""
    folder = posixpath.dirname(path.relative_to(path.parents[1]).as_posix())
    hrefs = [a["href"].partition("#") for a in Page(path).all("a") if "href" in a]
    return {(posixpath.normpath(f"{folder}/{page}"), place) for page, _, place in hrefs if page}


def test_every_board_with_rows_of_a_dataset_is_linked_and_leads_back(store, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "PAGES", ("dataset", "groups", "classifiers", "few_labels", "robustness"))
    embed(store, "alpha")
    store.search(SCORES, DATA)
    store.search(SCORES, DATA, protocol="linear-2026", protocol_digest="d2", classifier="ridge")
    test_groups.measure(store, ("alpha",), {"a": 0.9, "b": 0.8}, dataset=DATA)
    test_few_labels.measure(store, ("alpha",), (0.6, 0.7, 0.8), dataset=DATA)
    expose(store, ("alpha",))
    store.search(SCORES, "octmnist")
    build.build(store.opened, tmp_path / "site")
    site, own = tmp_path / "site", f"datasets/{DATA}.html"
    there = links(site / own)
    for board in BOARDS:
        places = {place for page, place in there if page == board}
        assert places, board
        assert places - {""} <= {attrs.get("id") for _, attrs in Page(site / board).tags}
        assert own in {page for page, _ in links(site / board)}, board
    other = {(page, place) for page, place in links(site / "datasets/octmnist.html") if page in BOARDS and place}
    assert other == set()

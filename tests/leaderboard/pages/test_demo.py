"""Sets that are not medical have a board of their own, which the other boards lead to."""

from fuseboard.leaderboard.pages.demo import PATH
from tests.leaderboard.built import built

TIMELINE = "boards/timeline.html"
SCORES = {("alpha",): ((0.7, 0.7), (0.91, 0.7)), ("beta",): ((0.7, 0.6), (0.89, 0.7))}


def test_a_demo_set_is_on_its_own_board_alone(store):
    store.search(SCORES, "digits")
    store.search({("alpha",): ((0.7, 0.7), (0.8, 0.7))}, "breastmnist-64")
    page = built(store, "demo")[PATH]
    assert "digits: alpha has the highest test AUC of 2 backbones, .910" in page.words
    assert "breastmnist" not in page.words
    assert "digits" not in built(store, "singles")["boards/singles.html"].words


def test_where_nothing_else_was_searched_the_boards_lead_to_it(store):
    store.search(SCORES, "digits")
    for kind, path in (
        ("singles", "boards/singles.html"),
        ("fusion", "boards/fusion.html"),
        ("dataset", "datasets/digits.html"),
    ):
        assert "../boards/demo.html" in [link.get("href") for link in built(store, kind)[path].all("a")], path


def test_the_menu_leads_to_it_where_there_is_one(searched):
    def linked():
        return "../boards/demo.html" in [link.get("href") for link in built(searched, "timeline")[TIMELINE].all("a")]

    assert not linked()
    searched.search(SCORES, "digits")
    assert linked()


def test_without_a_demo_set_there_is_no_such_page(searched):
    assert built(searched, "demo") == {}


def test_the_page_of_a_set_apart_has_its_answer(store):
    store.search(SCORES, "digits")
    found = built(store, "dataset")["datasets/digits.html"].words
    assert "alpha has the highest test AUC of 2 backbones, .910" in found
    assert "It counts on no board of medical images, because it is not medical" in found


def test_sets_that_declare_nothing_have_a_section_of_their_own(store):
    store.search(SCORES, "digits")
    store.search(SCORES, "scans")
    page = built(store, "demo")[PATH]
    assert (
        page.words.index("digits: alpha")
        < page.words.index("Sets that declare no domain")
        < page.words.index("scans: alpha")
    )
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))

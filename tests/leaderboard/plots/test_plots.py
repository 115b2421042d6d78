"""Drawings: what may stand in a page, what they show, and that they are the same every time."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.plots import client
from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import axis, frame, layer
from fuseboard.leaderboard.plots.intervals import Estimate, intervals
from fuseboard.leaderboard.plots.pareto import Dot, pareto
from fuseboard.leaderboard.plots.rank_positions import LETTER, place
from fuseboard.leaderboard.plots.subset_size import size
from fuseboard.leaderboard.plots.svg import draw
from fuseboard.leaderboard.plots.validation import validation
from fuseboard.leaderboard.statistics.cost_measures import COSTS

HOSTILE = "<script>alert('1')</script> & \"q\" \x00\u202e " + "long " * 60
ROWS = [Estimate("b", 0.8, 0.7, 0.9), Estimate("a", 0.9, 0.85, 0.95), Estimate("c", 0.6, None, None)]


def drawn(markup):
    """The drawing as any XML parser reads it."""
    return ElementTree.fromstring(str(markup))


def texts(markup):
    return [element.text for element in drawn(markup).iter("text")]


def titles(markup):
    return [element.text for element in drawn(markup).iter("title")]


def big(board, subsets):
    """The board with many subsets, the first of which is chosen, the second the best on test."""

    def score(old, value):
        return old.model_copy(update={"auc": value, "acc": value})

    first = board.entries[0]
    entries = tuple(
        first.model_copy(
            update={
                "subset": tuple(f"b{bit}" for bit in range(10) if number >> bit & 1),
                "val": score(first.val, 1 - number / 3000),
                "test": score(first.test, 0.5 + (number * 7919 % 997) / 3000),
            }
        )
        for number in range(1, subsets + 1)
    )
    played = {"chosen": entries[0], "best test AUC": entries[1], "best test ACC": entries[1]}
    roles = tuple(role.model_copy(update={"entry": played.get(role.name)}) for role in board.roles)
    return board.model_copy(update={"entries": entries, "roles": roles})


def test_a_drawing_holds_nothing_that_a_strict_page_refuses(searched):
    (board,) = take(searched.opened).boards
    for markup in (validation(board), size(board), intervals(ROWS, "AUC of something")):
        root = drawn(markup)
        assert root.attrib.keys() == {"class", "viewBox", "role", "aria-label"}
        assert root.get("role") == "img"
        assert len(root.get("aria-label").split()) > 2
        for element in root.iter():
            assert element.tag in {"svg", "g", "path", "line", "text", "title"}
            assert not {"style", "id", "href", "class"} & set(element.attrib) or element is root
            assert not any(name.startswith("on") for name in element.attrib)
            for paint in ("fill", "stroke"):
                assert re.fullmatch(r"none|var\(--[a-z-]+\)", element.get(paint, "none"))
        numbers = re.findall(r"\d+\.(\d+)", " ".join(e.get("transform", "") + e.get("d", "") for e in root.iter()))
        assert max(map(len, numbers)) == 1


@pytest.mark.parametrize("says", [HOSTILE, "plain"])
def test_hostile_text_stays_text(says):
    markup = intervals([Estimate(HOSTILE, 0.9, 0.8, 1.0), Estimate("x", 0.5, None, None)], says)
    assert "<script" not in markup
    assert "&lt;script&gt;" in markup
    assert any(title.startswith("<script>alert('1')</script> & \"q\"") for title in titles(markup))
    assert all(len(text) < 30 for text in texts(markup))
    assert "\x00" not in markup
    assert "\u202e" not in markup


@pytest.mark.parametrize(
    ("mark", "complaint"),
    [
        ({"type": "point", "color": "red"}, "painted 'red'"),
        ({"type": "point", "stroke": "url(http://x/)"}, "painted"),
        ({"type": "image", "url": "http://x/"}, "<image>"),
        ({"type": "point", "stroke": "var(--ink)", "href": "http://x/"}, "href='http://x/'"),
        ({"type": "point", "stroke": "var(--ink)", "opacity": 0.5}, "opacity"),
    ],
)
def test_what_is_not_on_the_list_is_refused(mark, complaint):
    x = axis("x", "x", (0, 1))
    with pytest.raises(ValueError, match=re.escape(complaint)):
        svg(frame([layer(mark, [{"x": 0.5}], x=x)], 100, {}), "something")


def test_no_drawing_loads_anything(searched, monkeypatch):
    import vl_convert

    convert, specs = vl_convert.vegalite_to_svg, []
    monkeypatch.setattr(
        vl_convert, "vegalite_to_svg", lambda spec, **how: specs.append((str(spec), how)) or convert(spec, **how)
    )
    monkeypatch.setattr(client, "ask", draw)  # here, where one can watch it
    (board,) = take(searched.opened).boards
    validation(board), size(board), intervals(ROWS, "AUC"), pareto(DOTS, COSTS["hours"], "a machine")
    assert len(specs) == 4
    for spec, how in specs:
        assert "url" not in spec
        assert how == {"allowed_base_urls": []}


def test_another_process_draws_the_same_bytes(searched):
    (board,) = take(searched.opened).boards
    code = (
        "import sys; from fuseboard.store.store import Store; from tests.leaderboard.plots.test_plots import *;"
        "(board,) = take(Store(sys.argv[1])).boards; print(intervals(ROWS, 'AUC'), validation(board), size(board))"
    )
    command = [sys.executable, "-c", code, str(searched.root)]
    again = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert again == f"{intervals(ROWS, 'AUC')} {validation(board)} {size(board)}\n"


def test_hundreds_of_subsets_stay_small(searched):
    (board,) = take(searched.opened).boards
    many = big(board, 562)
    for markup in (validation(many), size(many)):
        assert len(markup) < 60_000
    points = [e for e in drawn(validation(many)).iter("path") if e.get("d", "").startswith("M2.5,0A2.5")]
    assert len(points) == 562 - 10 + 1  # but for the singles, and with the mark of the legend


def test_validation_marks_every_role(searched):
    (board,) = take(searched.opened).boards
    markup = validation(board)
    assert {"chosen", "all 3 of the pool", "best test ACC", "single", "validation ACC", "test ACC"} <= set(
        texts(markup)
    )
    for name in ("chosen", "all backbones", "best test ACC"):
        entry = board.role(name).entry
        assert f"{entry.name}: {plain.score(entry.val.acc)} validation, {plain.score(entry.test.acc)} test" in titles(
            markup
        )


def test_size_follows_the_best_on_validation(searched):
    (board,) = take(searched.opened).boards
    said = titles(size(board))
    assert said[:3] == [
        "beta: test AUC .850",
        "alpha + beta: test AUC .880",
        "alpha + beta + gamma: test AUC .910",
    ]
    assert texts(size(board))[:3] == ["1", "2", "3"]


def test_intervals_are_sorted_and_say_what_is_not_known():
    markup = intervals(ROWS, "AUC")
    assert [text for text in texts(markup) if text in "abc"] == ["a", "b", "c"]
    assert {"a: .900, 95 % interval .850 to .950", "c: .600, interval not known"} <= set(titles(markup))
    assert "interval not known" in texts(markup)
    assert "interval not known" not in texts(intervals(ROWS[:2], "AUC"))
    twice = [Estimate("a", 0.5, 0.4, 0.6), Estimate("a", 0.5, 0.5, 0.5)]
    assert [text for text in texts(intervals(twice, "AUC")) if text == "a"] == ["a", "a"]


def test_rows_that_tie_with_the_best_are_shaded():
    tied = [Estimate("a", 0.9, 0.8, 1.0, tied=True), Estimate("b", 0.89, 0.8, 0.95, tied=True), ROWS[0]]
    markup = intervals(tied, "AUC")
    assert "tied with the best" in texts(markup)
    assert sum("cannot be told from the best" in title for title in set(titles(markup))) == 2
    assert "tied with the best" not in texts(intervals(ROWS, "AUC"))


def test_a_mark_leads_to_a_page_of_the_site_and_is_named_after_what_it_stands_for():
    markup = intervals([Estimate("a", 0.9, 0.8, 1.0, "../backbones/a.html"), ROWS[0]], "AUC")
    (link,) = drawn(markup).iter("a")
    assert link.attrib == {"href": "../backbones/a.html"}
    assert link.find("title").text == "a: .900, 95 % interval .800 to 1.000"
    assert link.find("text").text == "a"
    assert drawn(markup).get("role") == "group"


@pytest.mark.parametrize("href", ["javascript:alert(1).html", "//x/a.html", "http://x/a.html", "a.html?x", "/a.html"])
def test_no_mark_leads_out_of_the_site(href):
    with pytest.raises(ValueError, match="href"):
        intervals([Estimate("a", 0.9, 0.8, 1.0, href)], "AUC")


def test_too_little_is_not_drawn(store):
    store.search({("alpha",): ((0.8, 0.7), (0.8, 0.7)), ("beta",): ((0.8, 0.7), (0.8, 0.7))})
    (board,) = take(store.opened).boards
    assert validation(board) is None
    assert size(board) is None
    assert intervals([], "AUC") is None
    assert pareto(DOTS[:1], COSTS["hours"], "a machine") is None


def test_equal_values_are_drawn(store):
    names = ("alpha", "beta", "gamma")
    store.search(dict.fromkeys([*((n,) for n in names), names], ((0.8, 0.7), (0.8, 0.7))))
    (board,) = take(store.opened).boards
    assert "NaN" not in validation(board) + size(board)


DOTS = [Dot("cheap", 0.01, 0.8, True), Dot("dear", 10.0, 0.9, True), Dot("bad", 10.0, 0.7, False)]


def test_pareto_labels_the_front_alone():
    markup = pareto(DOTS, COSTS["hours"], "a machine")
    assert {"cheap", "dear"} <= set(texts(markup))
    assert "bad" not in texts(markup)
    assert any(title.startswith("bad: .700, hours 10") for title in titles(markup))
    assert {"0.1", "1"} <= set(texts(markup))  # logarithms: round numbers between


def test_costs_of_nothing_have_a_place_beside_hundreds_of_millions():
    none = [Dot("hog", 0.0, 0.8, True), Dot("small", 2e6, 0.85, True), Dot("large", 3e8, 0.9, True, "a.html")]
    markup = pareto(none, COSTS["parameters"], "any device")
    assert {"hog", "small", "large", "0", "10 M", "100 M"} <= set(texts(markup))
    assert "large: .900, parameters 300 M, on the front" in titles(markup)
    assert [link.get("href") for link in drawn(markup).iter("a")] == ["a.html"]
    # Below the least cost the axis is even, above it every factor of ten takes as much room.
    places = {mark: float(x) for mark, x in _places(markup).items()}
    assert places["small"] - places["hog"] < places["large"] - places["small"]


def _places(markup):
    """Label -> how far right its mark stands."""
    marks = [path for path in drawn(markup).iter("path") if path.find("title") is not None]
    named = [(path.find("title").text, path) for path in marks]
    named += [(link.find("title").text, link.find("path")) for link in drawn(markup).iter("a")]
    return {text.partition(":")[0]: path.get("transform")[10:].partition(",")[0] for text, path in named}


def test_labels_do_not_cover_one_another():
    points = [(10.0 + 12 * n, 200.0 - 8 * n, f"backbone-{n}") for n in range(20)]
    boxes = []
    for text, x, y, align in place(points, 320, 240, False):
        left = x if align == "left" else x - LETTER * len(text)
        boxes.append((left, y - 7, left + LETTER * len(text), y + 7))
    assert len(boxes) > 3
    for number, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0
        for other in boxes[:number]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top

"""A phone: the first screen of a board holds one of its results, whatever there is to explain."""

import re

import pytest

from tests.browser.conftest import visitor

BOARDS = (
    *("choose.html", "datasets.html", "backbones.html", "explorer.html", "explorer/breastmnist-64.html"),
    *("datasets/breastmnist-64.html", "backbones/alpha.html", "robustness/breastmnist-64-c.html"),
    *("compare.html?pins=starter.B.alpha+starter.B.beta", "runtime.html", "runtime/breastmnist-64.html"),
    *(
        f"boards/{name}.html"
        for name in (
            *("singles", "accuracy", "fusion", "contribution", "classifiers", "few-labels", "robustness", "groups"),
            *("efficiency", "timeline", "demo"),
        )
    ),
)
RESULT = re.compile(r"(?<![\d.])\.\d{3}|[+\N{MINUS SIGN}]\d+\.\d|\d\.\d images/s|\d+\.\d\b")
"""A score, a difference in points, or a speed."""
SEEN = """() => {
    // Text that stands on the first screen as a whole, not in a part that is folded.
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const range = document.createRange(), found = [];
    while (walker.nextNode()) {
        const around = walker.currentNode.parentElement;
        if (!around.checkVisibility() || around.closest("svg")) continue;
        range.selectNodeContents(walker.currentNode);
        const box = range.getBoundingClientRect();
        if (box.height && box.bottom < innerHeight && box.left < innerWidth) found.push(walker.currentNode.data);
    }
    return found.join(" ");
}"""


@pytest.fixture(scope="module")
def phone(browser, site):
    context = visitor(browser, site)
    page = context.new_page()
    page.set_viewport_size({"width": 375, "height": 812})
    yield page
    context.close()


def test_the_first_screen_of_every_board_holds_a_result(phone):
    without = []
    for path in BOARDS:
        phone.goto(path)
        if "pins" in path:
            phone.locator("#differences").wait_for()
        if not RESULT.search(phone.evaluate(SEEN)):
            without.append(path)
    assert without == []


def test_controls_are_folded_on_a_phone_and_stand_there_on_a_wide_screen(phone):
    phone.goto("boards/singles.html")
    search = phone.locator(".controls input[type=search]").first
    assert not search.is_visible()
    phone.get_by_text("Search and filter").first.click()
    search.fill("alpha")
    assert phone.locator("#singles-starter tbody tr:visible").count() == 1
    phone.set_viewport_size({"width": 1440, "height": 812})
    phone.goto("boards/singles.html")
    assert search.is_visible()
    assert not phone.get_by_text("Search and filter").first.is_visible()
    phone.set_viewport_size({"width": 375, "height": 812})


def test_no_reason_stands_in_a_narrow_cell(site):
    """It is a footnote: of some words in a cell of numbers the whole row was as high as they."""
    within = re.compile(r'<td class="n[^>]*>[^<]*<span class="missing">[^<]*<small>.*?</td>')
    paths = [*site.folder.glob("boards/*.html"), site.folder / "runtime.html"]
    paths += [*site.folder.glob("runtime/*.html"), *site.folder.glob("backbones/*.html")]
    assert {path.name: found[:2] for path in paths if (found := within.findall(path.read_text()))} == {}

"""Every page: opens without a complaint, fits every width, works from a disk, on paper, in the dark and without scripts."""

import pytest

from tests.browser.filled import HOSTILE

WIDTHS = (320, 768, 1440)
KINDS = (
    "index.html",
    "boards/singles.html",
    "boards/fusion.html",
    "boards/robustness.html",
    "boards/efficiency.html",
    "datasets/breastmnist-64.html",
    "explorer/breastmnist-64.html",
    "backbones/alpha.html",
    "provenance/breastmnist-64.html",
    "submissions/epsilon.html",
    "method.html",
    "reported.html",
)
"""One page of every kind that differs from the others in how it is laid out."""
OVERFLOW = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


def test_every_page_opens_without_a_complaint_and_fits_every_width(site, page):
    wide = []
    for path in site.paths:
        page.goto(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate(OVERFLOW) > 0:
                wide.append((path, width))
    assert wide == []


def test_what_strangers_wrote_is_text(site, page):
    shown = 0
    for path in site.paths:
        page.goto(path)
        assert page.locator("script:not([src])").count() == 0, path
        assert page.locator("img[src=x]").count() == 0, path
        shown += page.get_by_text(HOSTILE[:30]).count()
    assert shown > 20, "the site shows too little of it for this test to mean anything"


@pytest.mark.parametrize("path", KINDS)
def test_dark_is_dark(page, path):
    page.emulate_media(color_scheme="light")
    page.goto(path)
    brightness = (
        "(([r, g, b]) => r + g + b)(getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number))"
    )
    assert page.evaluate(brightness) > 600
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(brightness) < 200


def test_without_scripts_pages_are_whole(browser, site):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    for path in KINDS:
        page.goto(path)
        for dead in ("button", "input", "select", "dialog"):
            assert page.locator(dead).count() == 0, f"{path}: a {dead} that does nothing"
        assert page.locator("tr[hidden], td[hidden], th[hidden]").count() == 0, path
    page.goto("boards/singles.html")
    ranks = page.locator("table.sortable").first.locator("tbody tr td:nth-child(2)").all_inner_texts()
    known = [int(text.split()[0]) for text in ranks if text[0].isdigit()]
    assert known == sorted(known)
    assert len(known) >= 5
    page.locator("table.sortable").first.locator("a.from").first.click()
    assert page.url.split("#")[0].startswith(f"{site.url}provenance/")
    context.close()


def test_from_a_disk_tables_sort_and_numbers_lead_to_their_rows(browser, site):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"file://{site.folder}/boards/singles.html")
    table = page.locator("table.sortable").first
    table.get_by_role("button", name="Backbone").click()
    names = [name.lower() for name in table.locator("tbody tr th a").all_inner_texts()]
    assert names == sorted(names)
    table.locator("a.from").first.click()
    page.wait_for_url("**/provenance/*.html#r-*")
    context.close()


def test_paper_shows_what_scrolls_on_a_screen(page):
    page.goto("boards/singles.html")
    page.emulate_media(media="print")
    assert page.locator("header.site nav").is_hidden()
    cut = "[...document.querySelectorAll('.scroll')].filter(e => getComputedStyle(e).overflowX !== 'visible').length"
    assert page.evaluate(cut) == 0


def test_the_keyboard_reaches_everything_and_always_shows_where_it_is(page):
    page.goto("index.html")
    expected = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex=\"0\"]')]"
        ".filter(e => e.checkVisibility()).length"
    )
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = 0
    while page.evaluate("document.activeElement !== document.body") and reached <= expected:
        reached += 1
        outline = page.evaluate(
            "(s => [s.outlineStyle, parseFloat(s.outlineWidth)])(getComputedStyle(document.activeElement))"
        )
        assert outline[0] != "none", page.evaluate("document.activeElement.outerHTML")
        assert outline[1] >= 1, page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Tab")
    assert reached == expected, "the walk ends too early, or never"


def test_the_skip_link_leads_into_the_page(page):
    page.goto("boards/fusion.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_front_page_is_light(site, page):
    weight = []
    page.on("response", lambda answer: weight.append(len(answer.body())))
    page.goto("index.html")
    assert sum(weight) < 300_000
    assert len(weight) > 8

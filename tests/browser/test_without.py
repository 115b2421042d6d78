"""Less than a desk with everything on: without JavaScript, from a disk, on paper."""

import re
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import Record
from tests.leaderboard.page import Page

CONTROLS = "main button, main input, main select, main textarea"
CLIPPED = """() => [...document.querySelectorAll(".scroll")].filter((region) => {
    const style = getComputedStyle(region);
    return region.checkVisibility() && (region.scrollHeight > region.clientHeight + 1 || style.overflowY !== "visible");
}).map((region) => region.getAttribute("aria-label"))"""


def test_without_scripts_every_page_is_whole(browser, site):
    plain = browser.new_context(base_url=site.url, java_script_enabled=False)
    record = Record(urlsplit(site.url).netloc)
    record.watch(plain)
    try:
        page = plain.new_page()
        for path in site.paths:
            page.goto(path)
            assert page.locator("main tbody tr").count() == _rows(site.folder / path), path
            if path != "sql.html":  # which says that it needs them
                assert page.locator("main [hidden]").count() == 0, path
                assert page.locator(CONTROLS).count() == 0, f"{path} has controls that do nothing"
        page.goto("boards/singles.html")
        ranks = page.locator("#singles-starter td.rank data").all_inner_texts()
        assert ranks == sorted(ranks, key=int)
        assert len(ranks) > 3
    finally:
        plain.close()
    assert record.complaints == []


def _rows(path):
    """Of the bodies of the tables in a file."""
    part, count = None, 0
    for tag, _ in Page(path).tags:
        part = tag if tag in ("thead", "tbody", "tfoot") else part
        count += tag == "tr" and part == "tbody"
    return count


def test_from_a_disk_tables_sort_and_numbers_lead_to_their_page(browser, site):
    opened = browser.new_context()
    complaints = []
    opened.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
    opened.on("weberror", lambda raised: complaints.append(str(raised.error)))
    try:
        page = opened.new_page()
        page.goto((site.folder / "boards" / "singles.html").as_uri())
        page.locator('#singles-starter th[data-column="name"] button').click()
        names = page.locator("#singles-starter tbody tr a.backbone").all_inner_texts()
        assert names == sorted(names)
        page.wait_for_url(re.compile("singles-starter.sort=name"))
        page.locator("#singles-starter a.from").first.click()
        page.wait_for_url(re.compile("/provenance/.*html#"))
        assert page.locator(":target").count() == 1
    finally:
        opened.close()
    assert complaints == []


@pytest.mark.parametrize(
    "path", ["index.html", "boards/singles.html", "datasets/breastmnist-64.html", "provenance/breastmnist-64.html"]
)
def test_on_paper_no_table_is_cut_off_and_no_control_is_left(page, path):
    page.goto(path)
    page.emulate_media(media="print")
    assert page.evaluate(CLIPPED) == []
    assert not [
        one for one in page.locator("main button:not(.sort), main input, main select, dialog").all() if one.is_visible()
    ]
    assert page.pdf().startswith(b"%PDF")


def test_on_paper_it_still_says_which_rows_are_missing(page):
    page.goto("boards/singles.html?singles-starter.filter.licence=MIT")
    page.emulate_media(media="print")
    assert page.get_by_text("4 of 8 rows shown: licence MIT").is_visible()

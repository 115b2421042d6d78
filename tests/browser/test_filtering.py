"""Search, choices and columns: what is hidden is said, can be undone, and stands in the URL."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.filled import HOSTILE
from tests.browser.trial import backbone, licence, table, trial

ROWS = 60


def shown(page, name="t"):
    return page.locator(f"#{name} tbody tr:not([hidden]) th").all_inner_texts()


def query(page):
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


@pytest.fixture
def controls(site, page):
    trial(site, page, table(rows=ROWS, columns=6, optional=(5,), spanned=True), table("other", rows=8))
    return page.get_by_role("group", name="Rows and columns of: Trial t")


def test_search_wants_every_word_and_says_what_it_hides(page, controls):
    status = controls.get_by_role("status")
    assert status.inner_text() == "61 rows; 1 of 8 columns hidden"
    controls.get_by_role("searchbox", name="Search").fill("NET-1 mit")
    found = [backbone(r) for r in range(ROWS) if backbone(r).startswith("net-1") and licence(r) == "MIT"]
    assert shown(page) == found
    assert status.inner_text() == f"{len(found)} of 61 rows shown: search ‘NET-1 mit’; 1 of 8 columns hidden"
    controls.get_by_role("searchbox").fill("no such thing")
    assert shown(page) == []
    assert status.inner_text().startswith("0 of 61 rows shown: search ‘no such thing’")


def test_search_matches_words_and_not_the_digits_of_scores(page, controls):
    controls.get_by_role("searchbox", name="Search").fill("4")
    assert shown(page) == [backbone(r) for r in range(ROWS) if "4" in backbone(r) or licence(r) == "CC BY-NC 4.0"]
    controls.get_by_role("searchbox").fill("0.5")
    assert shown(page) == []


def test_a_choice_hides_the_others_and_knows_what_is_not_known(page, controls):
    choice = controls.get_by_role("combobox", name="Licence")
    assert choice.locator("option").all_inner_texts() == ["all", "not known", "Apache-2.0", "CC BY-NC 4.0", "MIT"]
    choice.select_option("MIT")
    assert shown(page) == [*(backbone(r) for r in range(ROWS) if licence(r) == "MIT"), "spanned"]
    choice.select_option("not known")
    assert shown(page) == [backbone(r) for r in range(ROWS) if licence(r) is None]
    assert "15 of 61 rows shown: licence not known" in controls.get_by_role("status").inner_text()


def test_search_choice_and_sort_work_together(page, controls):
    controls.get_by_role("combobox", name="Licence").select_option("MIT")
    controls.get_by_role("searchbox").fill("net-4")
    page.locator('#t th[data-column="name"] button').click()
    assert shown(page) == ["net-4", "net-40", "net-44", "net-48"]
    said = "4 of 61 rows shown: search ‘net-4’, licence MIT; sorted by Backbone, ascending; 1 of 8 columns hidden"
    assert controls.get_by_role("status").inner_text() == said
    controls.get_by_role("button", name="Reset").click()
    assert shown(page) == [*map(backbone, range(ROWS)), "spanned"]
    assert controls.get_by_role("searchbox").input_value() == ""
    assert controls.get_by_role("button", name="Reset").count() == 0
    assert page.evaluate("document.activeElement !== document.body"), "focus must not be lost with the button"


def heads(page):
    return page.locator("#t thead th:visible").all_inner_texts()


def test_headings_over_several_columns_shrink_and_go(page, controls):
    groups = page.locator("#t th[scope=colgroup]")
    spans = lambda: [int(each.get_attribute("colspan")) for each in groups.all() if each.is_visible()]  # noqa: E731
    assert spans() == [2, 2, 1], "the optional column is hidden at first"
    controls.get_by_text("Columns (7 of 8)").click()
    controls.get_by_label("Group 2: AUC 5").check()
    assert spans() == [2, 2, 2]
    controls.get_by_label("Group 0: AUC 0").uncheck()
    controls.get_by_label("Group 1: AUC 2").uncheck()
    controls.get_by_label("Group 1: AUC 3").uncheck()
    assert spans() == [1, 2]
    assert [text.strip() for text in heads(page)] == [
        "Backbone",
        "Licence",
        "Group 0",
        "Group 2",
        "AUC 1",
        "AUC 4",
        "AUC 5",
    ]
    assert page.locator("#t tbody tr").first.locator(":scope > :visible").count() == 5
    assert page.locator("#t tbody tr").last.locator("td[colspan='3']").count() == 1, "so does a cell over several"
    assert page.locator("#t tfoot td[colspan='4']").count() == 1
    assert "3 of 8 columns hidden" in controls.get_by_role("status").inner_text()
    tops = page.eval_on_selector_all(
        "#t thead th", "heads => heads.filter((h) => !h.hidden).map((h) => h.getBoundingClientRect().right)"
    )
    assert len(set(map(round, tops[-3:]))) == 3, "and every heading stands over its own column"


def test_the_list_of_columns_closes_with_escape(page, controls):
    summary = controls.locator(".columns summary")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert "2 of 8 columns hidden" in controls.get_by_role("status").inner_text()
    page.keyboard.press("Escape")
    assert not controls.get_by_role("checkbox").first.is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_state_of_every_table_is_in_the_url_and_comes_back(site, page, controls):
    controls.get_by_role("searchbox").fill("net-1")
    controls.get_by_role("combobox", name="Licence").select_option("MIT")
    page.locator('#t th[data-column="c1"] button').click()
    controls.locator(".columns summary").click()
    controls.get_by_label("Group 0: AUC 0").uncheck()
    page.locator('#other th[data-column="name"] button').click()
    page.wait_for_url(re.compile("other.sort=name"))
    assert query(page) == {
        "t.q": ["net-1"],
        "t.filter.licence": ["MIT"],
        "t.sort": ["-c1"],
        "t.columns": ["licence,c1,c2,c3,c4"],
        "other.sort": ["name"],
    }
    before = [shown(page), shown(page, "other"), heads(page)]
    page.reload()
    assert [shown(page), shown(page, "other"), heads(page)] == before
    controls.get_by_role("button", name="Reset").click()
    page.wait_for_url(re.compile(r"\?other.sort=name$"))


def test_another_visitor_sees_the_same_rows(browser, site, page):
    page.goto("boards/singles.html?singles-starter.sort=name&singles-starter.filter.licence=MIT")
    assert (
        page.get_by_role("status").first.inner_text().startswith("4 of 8 rows shown: licence MIT; sorted by Backbone")
    )
    page.locator("#singles-starter tbody tr:visible").first.wait_for()
    rows = page.locator("#singles-starter tbody tr:visible").all_inner_texts()
    other = browser.new_context()
    try:
        visitor = other.new_page()
        visitor.goto(page.url)
        assert visitor.locator("#singles-starter tbody tr:visible").all_inner_texts() == rows
    finally:
        other.close()


def test_a_filter_opens_what_its_table_lies_in(page):
    page.goto("boards/fusion.html")
    assert not page.locator("#accuracy-starter").is_visible()
    page.goto("boards/fusion.html?accuracy-starter.sort=name")
    assert page.locator("#accuracy-starter").is_visible()


def test_names_that_nobody_knows_are_ignored(page, controls):
    for text in (
        "t.sort=-nothing",
        "t.columns=nothing",
        "t.filter.licence=GPL",
        "t.filter.nothing=1",
        "nobody.q=x",
        "t.sort=__proto__",
        "q=x",
    ):
        page.goto(f"trial.html?{text}")
        assert shown(page) == [*map(backbone, range(ROWS)), "spanned"], text
        assert controls.get_by_role("status").inner_text() == "61 rows; 1 of 8 columns hidden", text


def test_hostile_words_in_the_url_are_words(page, controls):
    page.goto(
        f"trial.html?{re.sub('[^a-z]', lambda found: f'%{ord(found[0]):02x}', f't.q={HOSTILE}').replace('%3d', '=', 1)}"
    )
    assert f"search ‘{HOSTILE}’" in controls.get_by_role("status").inner_text()
    assert page.locator("main script").count() == 0

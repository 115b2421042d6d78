"""Addresses of rows and tables, presets, folded columns and the glossary: by mouse, keyboard and finger."""

import re

import pytest

from tests.browser.trial import table, trial

BOARD = "boards/singles.html"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_row_has_an_address_that_leads_back_to_it_without_scripts_too(browser, site, scripts):
    context = browser.new_context(
        base_url=site.url, java_script_enabled=scripts, viewport={"width": 1440, "height": 900}
    )
    page = context.new_page()
    page.goto(BOARD)
    row = page.locator("#singles-starter tbody tr").nth(2)
    name = row.locator("a.backbone").inner_text()
    row.hover()
    row.get_by_role("link", name="Link to this row").click()
    page.wait_for_url(re.compile(rf"#singles-starter\.{name}$"))
    assert page.locator("tr:target a.backbone").inner_text() == name
    context.close()


def test_the_link_of_a_row_is_seen_when_it_has_the_focus_and_takes_no_room(page):
    page.goto(BOARD)
    link = page.locator("#singles-starter tbody .row-link").first
    opacity = "each => getComputedStyle(each).opacity"
    assert link.evaluate(opacity) == "0"
    page.locator("#singles-starter tbody a.backbone").first.focus()
    page.keyboard.press("Tab")
    assert link.evaluate("each => each === document.activeElement && getComputedStyle(each).opacity") == "1"
    heights = [page.locator("#singles-starter tbody tr").first.evaluate("each => each.offsetHeight")]
    link.evaluate("each => each.remove()")
    heights.append(page.locator("#singles-starter tbody tr").first.evaluate("each => each.offsetHeight"))
    assert heights[0] == heights[1]


def test_the_address_of_a_row_in_a_folded_part_opens_it(page):
    page.goto("boards/fusion.html")
    folded = page.locator("details:not([open]) tr[id]").last.get_attribute("id")
    page.goto(f"boards/fusion.html#{folded}")
    assert page.locator("tr:target").is_visible()


def test_a_table_and_a_row_can_be_cited(page):
    page.goto(BOARD)
    page.get_by_role("button", name="Link and cite").first.click()
    dialog = page.get_by_role("dialog", name="Link to and cite this table")
    address, entry = dialog.locator("pre").all_inner_texts()
    assert address.endswith(f"{BOARD}#singles-starter")
    assert f"url = {{{address}}}" in entry
    page.keyboard.press("Escape")
    page.goto(f"{BOARD}#singles-starter.beta")
    page.get_by_role("button", name="Link and cite").first.click()
    assert "row beta" in page.get_by_role("dialog", name="Link to and cite this row").locator("pre").last.inner_text()


@pytest.fixture
def folded(site, page):
    made = table(rows=8, columns=4, optional=(1, 3)).replace(
        'class="sortable"', 'class="sortable" data-presets="small no-overlap"'
    )
    for number in range(8):
        kept = ("", "small", "no-overlap", "small no-overlap")[number % 4]
        made = made.replace(
            f'<tr><th scope="row">net-{number}<', f'<tr data-presets="{kept}"><th scope="row">net-{number}<'
        )
    trial(site, page, made)
    return page


def test_presets_hide_rows_and_stand_in_the_address(folded):
    folded.get_by_label("Under 8 GB").check()
    folded.get_by_label("No known training overlap").check()
    shown = folded.locator("#t tbody tr:not([hidden]) th")
    assert shown.all_inner_texts() == ["net-3", "net-7"]
    assert "2 of 8 rows shown: under 8 GB, no known training overlap" in folded.get_by_role("status").first.inner_text()
    folded.wait_for_url(re.compile(r"t\.preset=small%2Cno-overlap"))
    folded.reload()
    assert shown.all_inner_texts() == ["net-3", "net-7"]


def test_a_folded_group_is_unfolded_from_its_heading(folded):
    button = folded.get_by_role("button", name="Datasets of Group 1")
    assert button.get_attribute("aria-expanded") == "false"
    assert not folded.locator('#t th[data-column="c3"]').is_visible()
    button.click()
    assert folded.locator('#t th[data-column="c3"]').is_visible()
    assert not folded.locator('#t th[data-column="c1"]').is_visible()
    button.click()
    assert not folded.locator('#t th[data-column="c3"]').is_visible()


def test_one_modality_alone_is_sorted_by_its_first_column(folded):
    folded.get_by_role("combobox", name="Modality").select_option("Group 1")
    headings = folded.locator("#t thead th[data-column]:visible").evaluate_all(
        "all => all.map((one) => one.dataset.column)"
    )
    assert headings == ["name", "licence", "c2", "c3"]
    assert folded.locator('#t th[data-column="c2"]').get_attribute("aria-sort") == "descending"
    folded.wait_for_url(re.compile("columns="))
    folded.reload()
    assert folded.get_by_role("combobox", name="Modality").input_value() == "Group 1"


def test_a_word_is_explained_on_hovering_and_on_focus_and_escape_hides_it(page):
    page.goto(BOARD)
    word = page.locator("#singles-starter thead a.term", has_text="Tier")
    word.hover()
    tip = page.get_by_role("tooltip")
    assert tip.inner_text() == word.get_attribute("data-means")
    assert word.get_attribute("aria-describedby") == tip.get_attribute("id")
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    page.mouse.move(0, 0)
    page.locator('#singles-starter th[data-column="rank"] button').focus()
    page.keyboard.press("Tab")
    assert tip.inner_text() == word.get_attribute("data-means")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("method.html#term-tier"))
    assert page.locator("dt:target").inner_text() == "Tier"


def test_the_first_tap_explains_and_the_second_follows(browser, site):
    context = browser.new_context(base_url=site.url, has_touch=True, viewport={"width": 375, "height": 812})
    page = context.new_page()
    page.goto(BOARD)
    word = page.locator("#singles-starter thead a.term", has_text="Rank").first
    word.tap()
    assert page.get_by_role("tooltip").is_visible()
    assert page.url.endswith(BOARD)
    word.tap()
    page.wait_for_url(re.compile("method.html#term-rank"))
    context.close()


def test_an_address_opens_the_folded_part_that_it_leads_to(page):
    page.goto("datasets/breastmnist-64.html#confusion-starter")
    assert page.locator(".confusion").first.is_visible()
    page.goto("datasets/breastmnist-64.html#facts")
    assert page.locator("details:has(#facts)").get_attribute("open") is not None


def test_a_dataset_is_told_in_three_screens_and_the_rest_is_folded(page):
    page.goto("datasets/breastmnist-64.html")
    assert page.evaluate("document.documentElement.scrollHeight") < 3 * 900
    assert page.locator("main table:visible").count() >= 2


@pytest.mark.parametrize("width", [320, 375])
def test_the_name_stays_while_numbers_move_on_a_phone(page, width):
    page.set_viewport_size({"width": width, "height": 812})
    page.goto(BOARD)
    region = page.locator(".scroll:has(#singles-starter)")
    region.evaluate("one => { one.scrollLeft = 200; }")
    name = page.locator("#singles-starter tbody th").first.bounding_box()
    frame = region.bounding_box()
    assert abs(name["x"] - frame["x"]) < 3
    assert name["width"] < width / 2, "numbers have room beside it"

"""Provenance: a number opens what it came from, with the keyboard too, and its files say the same as the table."""

import csv
import io


def test_a_number_opens_its_row_and_gives_the_focus_back(page):
    page.goto("boards/singles.html")
    link = page.locator("#singles-starter a.from").first
    value = link.locator("data").get_attribute("value")
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog.provenance")
    dialog.locator("dl").first.wait_for()
    told = dialog.inner_text()
    assert value in told, "the number at full precision"
    assert "fuseboard search" in told
    assert "xgboost" in told
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    assert page.evaluate("document.activeElement.className") == "from"


def test_every_number_leads_to_a_cell_that_exists(site, page):
    page.goto("datasets/breastmnist-64.html")
    links = set(page.eval_on_selector_all("a.from", "links => links.map((link) => link.href)"))
    assert len(links) > 20
    (where,) = {link.split("#")[0] for link in links}
    page.goto(where)
    ids = set(page.eval_on_selector_all("[id]", "all => all.map((one) => one.id)"))
    assert {link.split("#")[1] for link in links} <= ids


def test_a_click_with_a_key_held_opens_a_tab(context, page):
    page.goto("boards/singles.html")
    with context.expect_page() as opened:
        page.locator("#singles-starter a.from").first.click(modifiers=["ControlOrMeta"])
    assert "/provenance/" in opened.value.url
    assert page.locator("dialog[open]").count() == 0


def test_the_download_says_what_the_table_says(page):
    page.goto("boards/singles.html")
    with page.expect_download() as started:
        page.locator(".downloads").first.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(started.value.path().read_text(encoding="utf-8"))))
    table = page.locator("#singles-starter")
    shown = table.locator("tbody tr td:nth-child(4)")
    shown = shown.evaluate_all("all => all.map((cell) => cell.querySelector('data')?.value).filter(Boolean)")
    assert shown, "no mean AUC is shown"
    assert set(map(float, shown)) <= {float(row["mean_auc"]) for row in rows if row["mean_auc"]}

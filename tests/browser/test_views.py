"""Views of a table: coloured, and with its intervals drawn; each stands in the address."""

import pytest

TABLE = "singles-starter"
PAGE = "boards/singles.html"


def view(page, value):
    page.locator("label:has-text('View') select").first.select_option(value)


def place_of_mean(page):
    """Which cell of a row has its mean; the name is the first one."""
    heads = page.locator(f"#{TABLE} thead tr").first.locator("th")
    return heads.evaluate_all("(heads) => heads.map((head) => head.dataset.column)").index("mean")


def test_colours_follow_the_numbers_of_a_column(page):
    page.goto(f"{PAGE}?{TABLE}.view=heat")
    shades = page.evaluate(
        """(id) => {
            const table = document.getElementById(id);
            const at = [...table.rows[0].cells].findIndex((cell) => cell.dataset.column === "mean");
            const cells = [...table.tBodies[0].rows].map((row) => row.cells[at]);
            return cells.filter((cell) => cell.querySelector("data")).map((cell) => [
                Number(cell.querySelector("data").value), Number(cell.className.match(/shade-(\\d+)/)[1]),
            ]);
        }""",
        TABLE,
    )
    assert [shade for _, shade in sorted(shades)] == sorted(shade for _, shade in shades)
    assert {min(shade for _, shade in shades), max(shade for _, shade in shades)} == {0, 10}
    view(page, "")
    assert page.locator("[class*=shade-]").count() == 0


def test_intervals_are_drawn_in_the_order_of_the_table(page):
    page.goto(PAGE)
    view(page, "intervals:mean")
    page.wait_for_url(f"**{TABLE}.view=intervals%3Amean")
    drawing = page.locator("figure.drawing svg.plot").first
    named = "a:has(text)"

    def names():
        return drawing.locator(named).evaluate_all("(links) => links.map((each) => each.dataset.said.split(':')[0])")

    shown = page.locator(f"#{TABLE} tbody tr:not([hidden]) th .backbone").all_inner_texts()
    before = names()
    assert before == [name for name in shown if name in before]
    page.locator(f"#{TABLE} button.sort").first.click()
    assert names() == sorted(before)
    page.get_by_label("Search").first.fill("alpha")
    page.wait_for_function("document.querySelectorAll('figure.drawing svg.plot a').length === 1")


def test_a_drawing_says_what_the_table_says(page):
    page.goto(f"{PAGE}?{TABLE}.view=intervals%3Amean")
    row = page.locator(f"#{TABLE} tbody tr").first
    name = row.locator(".backbone").inner_text()
    cell = row.locator("td").nth(place_of_mean(page) - 1).inner_text().split("\n")
    said = page.locator("figure.drawing svg [data-said]").first.get_attribute("data-said")
    assert said == f"{name}: {cell[0]}, 95 % interval {cell[1]}"


def test_a_drawing_of_the_page_is_downloaded(page, tmp_path):
    page.goto(f"{PAGE}?{TABLE}.view=intervals%3Amean")
    for kind in ("CSV", "SVG", "PNG"):
        with page.expect_download() as waiting:
            page.locator("figure.drawing").first.get_by_role("button", name=kind).click()
        waiting.value.save_as(tmp_path / kind)
    lines = (tmp_path / "CSV").read_text().splitlines()
    assert lines[0].startswith("# Source: ")
    assert lines[1] == "name,value,low,high,tied_with_best"
    assert len(lines) == 2 + page.locator(f"#{TABLE} tbody td:nth-of-type({place_of_mean(page)}) > data").count()


@pytest.mark.parametrize("value", ["intervals:nothing", "<script>", "heat:x", "intervals:"])
def test_a_view_that_there_is_not_is_the_table(page, value):
    page.goto(f"{PAGE}?{TABLE}.view={value}")
    assert page.locator("figure.drawing").count() == 0
    assert page.locator("[class*=shade-]").count() == 0


def test_without_scripts_the_table_stands(browser, site):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{PAGE}?{TABLE}.view=intervals%3Amean")
    assert page.locator(f"#{TABLE} tbody tr").count() > 5
    assert page.locator("select").count() == 0
    context.close()

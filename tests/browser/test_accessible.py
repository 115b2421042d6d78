"""Accessibility: axe-core finds nothing against WCAG 2.2 AA, nor against its best practices."""

from pathlib import Path

import pytest

from tests.browser.test_pages import KINDS

AXE = Path(__file__).parents[2] / "leaderboard" / "sql" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OTHERS = (
    "boards/contribution.html",
    "boards/transfer.html",
    "explorer.html",
    "quality.html",
    "changes.html",
    "sql.html",
)
RUN = """rules => axe.run({ runOnly: rules }).then((found) =>
  found.violations.map((v) => `${v.id}: ${v.nodes.length} x ${v.nodes[0].html} ${v.nodes[0].failureSummary}`))"""


@pytest.fixture(scope="module")
def axe():
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci --prefix leaderboard/sql")
    return AXE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 320)])
def test_nothing_is_found(browser, site, axe, scheme, width):
    # Only here is the policy of the pages set aside, because axe comes in as a script of the test's own.
    viewport = {"width": width, "height": 900}
    context = browser.new_context(base_url=site.url, bypass_csp=True, color_scheme=scheme, viewport=viewport)
    page = context.new_page()
    found = {}
    for path in (*KINDS, *OTHERS):
        page.goto(path)
        page.evaluate(axe)
        if violations := page.evaluate(RUN, RULES):
            found[path] = violations
    context.close()
    assert found == {}


def test_the_dialog_and_used_controls_are_clean_too(browser, site, axe):
    context = browser.new_context(base_url=site.url, bypass_csp=True)
    page = context.new_page()
    page.goto("boards/singles.html?singles-starter.q=a")
    page.locator("details.columns summary").first.click()
    page.locator("a.from").first.click()
    page.locator("dialog dl").first.wait_for()
    page.evaluate(axe)
    assert page.evaluate(RUN, RULES) == []
    context.close()

"""For everybody: with a keyboard alone, in the dark, and by the rules of WCAG 2.2 AA as axe-core checks them."""

from pathlib import Path

import pytest

from fuseboard import leaderboard
from tests.browser.conftest import FROZEN

AXE = Path(leaderboard.__file__).parent / "sql" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
KINDS = (
    *(
        "index.html",
        "choose.html",
        "datasets.html",
        "backbones.html",
        "coverage.html",
        "method.html",
        "quality.html",
        "reported.html",
        "submissions.html",
        "runtime.html",
        "changes.html",
        "releases.html",
        "sql.html",
    ),
    *(f"boards/{name}.html" for name in ("singles", "fusion", "contribution", "classifiers", "few-labels")),
    *(
        f"boards/{name}.html"
        for name in ("robustness", "groups", "transfer", "efficiency", "timeline", "demo", "sizes")
    ),
    *("backbones/alpha.html", "backbones/eta.html", "datasets/breastmnist-64.html", "datasets/imagenet-1k.html"),
    *(
        "explorer.html",
        "compare.html",
        "explorer/breastmnist-64.html",
        "provenance/dermamnist-64.html",
        "robustness/breastmnist-64-c.html",
    ),
    *sorted(FROZEN),
    *("boards/accuracy.html", "runtime/breastmnist-64.html"),
    *("submissions/epsilon.html", "submissions/broken.html"),
)
"""One page of each kind, the one with most on it."""
RUN = """async (only) => {
    const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
    const told = ({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary.slice(0, 300)}`;
    return found.violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${told(nodes[0])}`);
}"""


def test_every_kind_of_page_is_checked(site):
    kinds = {path.partition("/")[0] for path in site.paths}
    assert kinds == {path.partition("/")[0] for path in KINDS}
    assert {path for path in site.paths if path.startswith("boards/")} <= set(KINDS)


@pytest.fixture(scope="module")
def examined(browser, site):
    """The one page without the policy, which would not let axe-core in."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci --prefix leaderboard/sql")
    context = browser.new_context(base_url=site.url, bypass_csp=True, reduced_motion="reduce")
    context.add_init_script(path=AXE)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", KINDS)
def test_axe_finds_nothing(examined, path):
    """All that can be opened is open; the dark differs in colours only."""
    examined.emulate_media(color_scheme="light")
    examined.goto(path)
    examined.evaluate(
        "() => document.querySelectorAll('details:not(.columns)').forEach((each) => { each.open = true; })"
    )
    light = examined.evaluate(RUN, {"type": "tag", "values": TAGS})
    examined.emulate_media(color_scheme="dark")
    dark = examined.evaluate(RUN, {"type": "rule", "values": ["color-contrast"]})
    assert (light, dark) == ([], [])


def test_axe_would_find_something(examined):
    examined.emulate_media(color_scheme="light")
    examined.goto("index.html")
    examined.evaluate(
        """() => {
            const bad = Object.assign(document.createElement("p"), { textContent: "hardly to be read" });
            bad.style.color = "#ddd";
            document.querySelector("main").append(bad, document.createElement("img"));
        }"""
    )
    found = {said.split()[0] for said in examined.evaluate(RUN, {"type": "tag", "values": TAGS})}
    assert {"color-contrast", "image-alt"} <= found


def test_axe_finds_nothing_in_what_scripts_open(examined):
    examined.goto("boards/singles.html?singles-starter.q=a&singles-starter.filter.licence=MIT")
    for scheme in ("light", "dark"):
        examined.emulate_media(color_scheme=scheme)
        examined.locator("details.columns summary").first.click()
        assert examined.evaluate(RUN, {"type": "tag", "values": TAGS}) == []
        examined.keyboard.press("Escape")
        examined.locator("#singles-starter tr:not([hidden]) a.from").first.click()
        examined.locator("dialog dl").first.wait_for()
        assert examined.evaluate(RUN, {"type": "tag", "values": TAGS}) == []
        examined.keyboard.press("Escape")


@pytest.mark.parametrize("view", ["heat", "intervals%3Amean"])
def test_axe_finds_nothing_in_a_view_and_in_what_is_pinned(examined, view):
    for scheme in ("light", "dark"):
        examined.emulate_media(color_scheme=scheme)
        examined.goto(f"boards/singles.html?singles-starter.view={view}&pins=starter.B.alpha+starter.M.chosen")
        examined.get_by_role("link", name="Compare 2 rows").wait_for()
        assert examined.evaluate(RUN, {"type": "tag", "values": TAGS}) == []


def test_axe_finds_nothing_in_a_comparison(examined):
    for scheme in ("light", "dark"):
        examined.emulate_media(color_scheme=scheme)
        examined.goto("compare.html?pins=starter.B.alpha+starter.B.beta+starter.M.chosen")
        examined.locator("#cost").wait_for()
        assert examined.evaluate(RUN, {"type": "tag", "values": TAGS}) == []


def test_the_dark_is_dark(page):
    page.goto("index.html")
    ground = "() => getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).slice(0, 3).map(Number)"
    page.emulate_media(color_scheme="light")
    assert min(page.evaluate(ground)) > 200
    page.emulate_media(color_scheme="dark")
    assert max(page.evaluate(ground)) < 60


FOCUSED = """() => {
    // What has the focus may be covered in part, not as a whole (WCAG 2.4.11): some are wider than the screen.
    const one = document.activeElement;
    if (one === document.body) return null;
    const style = getComputedStyle(one), box = one.getClientRects()[0];
    const hit = (part) => document.elementFromPoint(box.x + part * box.width, box.y + box.height / 2);
    const parts = [0.1, 0.3, 0.5, 0.7, 0.9].map(hit);
    return {
        name: one.outerHTML.slice(0, 90),
        last: Boolean(one.closest("footer")),
        seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        covered: !parts.some((at) => at && (one.contains(at) || at.contains(one))),
    };
}"""


@pytest.mark.parametrize(("width", "path"), [(1440, "index.html"), (320, "index.html"), (1440, "boards/singles.html")])
def test_a_walk_with_the_keyboard_alone(page, width, path):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    # As if there were more rows than the screen has room for.
    page.evaluate("for (const region of document.querySelectorAll('.scroll')) region.style.maxHeight = '16rem';")
    there = []
    for _ in range(400):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        there.append(focused)
    else:
        pytest.fail(f"400 presses did not lead through the page: {there[-1]}")
    assert "skip" in there[0]["name"]
    assert there[-1]["last"], "the walk ends in the footer"
    for focused in there:
        assert focused["seen"], f"nobody sees where he is: {focused}"
        assert focused["inside"], f"out of sight: {focused}"
        assert not focused["covered"], f"covered: {focused}"
    back = 0
    for _ in range(len(there)):
        page.keyboard.press("Shift+Tab")
        focused = page.evaluate(FOCUSED)
        assert focused is None or not focused["covered"], f"covered on the way back: {focused}"
        back += focused is not None
    assert back >= len(there) - 1


def test_the_skip_link_skips(page):
    page.goto("index.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")

"""Pinning rows and comparing them: the numbers are those of the statistics, the pins stand in the address."""

from dataclasses import replace

import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.site.build import build
from fuseboard.store.statistics import estimates
from fuseboard.store.store import Store
from tests.browser.conftest import visitor
from tests.browser.filled import POOL
from tests.leaderboard import large

PINS = "starter.B.alpha starter.B.beta starter.B.gamma"
URL = f"compare.html?pins={PINS.replace(' ', '+')}"


@pytest.fixture(scope="module")
def resampled(tmp_path_factory):
    """A site of three datasets on which every backbone alone kept its predictions."""
    place = tmp_path_factory.mktemp("resampled")
    store = Store(large.fill(place / "store", backbones=4, datasets=3, pool=2, images=90))
    return build(store, place / "site").parent


@pytest.fixture
def compared(browser, resampled):
    """The page of three of them, opened as a file."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    names = "+".join(f"starter.B.backbone-{number:02}" for number in range(3))
    page.goto(f"file://{resampled}/compare.html?pins={names}")
    page.locator("#differences").wait_for()
    yield page
    context.close()


@pytest.fixture(scope="module")
def uncertainties(resampled):
    return take(Store(resampled.parent / "store"))


def replicates(snapshot, name, dataset):
    """What the statistics say of a backbone alone."""
    board = next(board for board in snapshot.boards if board.dataset == dataset)
    key = next(entry.test_key for entry in board.entries if entry.subset == (name,))
    return snapshot.board_uncertainties[dataset, "starter"].measured[key].auc


def mean(parts):
    """The mean over datasets, whose draws are independent of one another."""
    return estimates.mean([replace(part, digest="together") for part in parts])


def cells(page, table):
    """Name of a row -> the numbers of each of its cells, at full precision."""
    return page.evaluate(
        """(id) => Object.fromEntries([...document.querySelectorAll(`#${id} tbody tr`)].map((row) => [
            row.cells[0].textContent,
            [...row.cells].slice(1).map((cell) => [...cell.querySelectorAll("data")].map((each) => Number(each.value))),
        ]))""",
        table,
    )


def heads(page, table):
    return page.locator(f"#{table} thead th").all_inner_texts()


def test_differences_are_those_of_the_statistics(compared, uncertainties):
    found, columns = cells(compared, "differences"), heads(compared, "differences")
    assert list(found) == ["backbone-01", "backbone-02"]
    datasets = columns[3:]
    assert set(datasets) == {"pathmnist", "chestmnist", "dermamnist"}
    for name, row in found.items():
        pairs = [[replicates(uncertainties, one, each) for one in (name, "backbone-00")] for each in datasets]
        for (one, other), own in zip(pairs, row[2:], strict=True):
            expected = one.minus(other)
            assert own == pytest.approx([expected.value, expected.low, expected.high, expected.p], abs=2e-9)
        expected = mean([one for one, _ in pairs]).minus(mean([other for _, other in pairs]))
        assert row[0] == pytest.approx([expected.value, expected.low, expected.high, expected.p], abs=2e-9)


def test_scores_have_their_own_intervals(compared, uncertainties):
    columns = heads(compared, "scores")
    at = columns.index("pathmnist") - 1
    own = replicates(uncertainties, "backbone-00", "pathmnist").interval()
    assert cells(compared, "scores")["backbone-00"][at] == pytest.approx([own.value])
    shown = compared.locator("#scores tbody tr").first.locator("td").nth(at).inner_text()
    assert f"{own.low:.3f}".removeprefix("0") in shown
    assert f"{own.high:.3f}".removeprefix("0") in shown


def test_wins_ties_and_losses_are_those_of_the_datasets(compared):
    for row in compared.locator("#differences tbody tr").all():
        tally = [int(each) for each in row.locator("td").nth(1).inner_text().split(" · ")]
        of_datasets = row.locator("td:nth-child(n + 4)")
        marked = of_datasets.evaluate_all("(cells) => cells.map((cell) => cell.classList[1])")
        assert tally == [marked.count(kind) for kind in ("win", "tie", "loss")]
        assert sum(tally) == 3


def test_the_sentence_says_what_the_mean_says(compared):
    for row, said in zip(
        compared.locator("#differences tbody tr").all(),
        compared.locator("ul.answers li").all_inner_texts(),
        strict=True,
    ):
        kind = row.locator("td").first.evaluate("(cell) => cell.classList[1]")
        assert {"win": "scores more than", "tie": "cannot be told from", "loss": "scores less than"}[kind] in said


def test_a_comparison_is_light(resampled):
    """Five rows of twelve datasets, the page and its scripts included."""
    rows = [path.stat().st_size for path in (resampled / "data" / "compare").glob("*.B.*.js")]
    static = [resampled / "static" / f"{name}.js" for name in ("compare", "paired", "forest", "numbers")]
    page = (resampled / "compare.html").stat().st_size + sum(path.stat().st_size for path in static)
    assert page < 60_000
    assert 5 * max(rows) * 12 / 3 < 400_000


@pytest.mark.parametrize("protocol", ["http", "file"])
def test_rows_of_several_boards_are_pinned_and_compared(browser, site, protocol):
    context = visitor(browser, site)
    page = context.new_page()
    root = site.url if protocol == "http" else f"file://{site.folder}/"
    page.goto(f"{root}boards/singles.html")
    page.locator("#singles-starter").get_by_role("checkbox", name="Pin alpha").check()
    assert "pins=starter.B.alpha" in page.url
    page.get_by_role("link", name="Fusion", exact=True).first.click()
    page.wait_for_url("**/boards/fusion.html?pins=starter.B.alpha")
    page.locator("#fusion-starter input.pin").first.check()
    page.get_by_role("link", name="Compare 2 rows").click()
    page.locator("#differences").wait_for()
    assert page.locator("#differences tbody tr").count() == 1
    assert page.locator("ol.rows li").count() == 2
    page.reload()
    page.locator("#differences").wait_for()
    context.close()


def test_five_rows_at_most(page):
    page.goto("boards/singles.html")
    table = page.locator("#singles-starter")
    for _ in range(5):
        table.locator("input.pin:not(:checked)").first.check()
    assert table.locator("input.pin:not(:checked):not(:disabled)").count() == 0
    page.get_by_role("region", name="Rows to compare").get_by_role("button").first.click()
    assert table.locator("input.pin:not(:checked):not(:disabled)").count() > 0


def test_subsets_are_pinned_in_the_explorer(page):
    page.goto("explorer/breastmnist-64.html")
    row = page.locator("table.subsets tr[data-pin*='.S.']").first
    row.locator("input.pin").check()
    page.get_by_role("link", name="Compare with").click()
    page.locator("#add").select_option(label="alpha")
    page.locator("#differences").wait_for()
    assert " + " in page.locator("ol.rows li strong").first.inner_text()


def test_another_row_is_the_one_that_others_are_held_against(page):
    page.goto(URL)
    page.get_by_role("button", name="Hold others against it: gamma").click()
    page.locator("#differences caption", has_text="gamma").wait_for()
    assert page.url.endswith("pins=starter.B.gamma+starter.B.alpha+starter.B.beta")


@pytest.mark.parametrize("pins", ["starter.B.nobody", "../../x", "javascript:alert(1)", "%3Cimg%20src=x%3E"])
def test_what_stands_in_an_address_and_is_no_row_is_said_or_ignored(browser, site, pins):
    context = visitor(browser, site)
    page = context.new_page()
    page.goto(f"compare.html?pins=starter.B.alpha+{pins}")
    page.locator("#comparison p").first.wait_for()
    said = page.locator("#comparison").inner_text()
    assert "One more row" in said
    assert ("not on this site" in said) == (pins == "starter.B.nobody")
    context.close()


def test_without_rows_and_without_scripts_the_page_says_what_it_is(browser, site, page):
    page.goto("compare.html")
    assert "Nothing is pinned yet" in page.locator("#comparison").inner_text()
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    still = context.new_page()
    still.goto("compare.html")
    assert still.get_by_role("link", name="fusion", exact=True).first.get_attribute("href") == "boards/fusion.html"
    context.close()


def test_similarity_and_cost_are_shown_where_they_are_known(page):
    page.goto(URL)
    page.locator("#cost").wait_for()
    assert page.locator("#cost tbody tr").count() == 3
    assert {f"{one} and {other}" for one in POOL for other in POOL if one < other} >= {
        row.split("\t")[0] for row in page.locator("#similarity tbody tr th").all_inner_texts()
    }


def test_differences_are_downloaded_with_their_source(page, tmp_path):
    page.goto(URL)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    waiting.value.save_as(tmp_path / "x.csv")
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert lines[0].startswith("# Source: ")
    assert lines[2].startswith("beta,alpha,mean,")
    assert len(lines) == 2 + page.locator("#differences tbody td > data").count()


def test_names_that_a_stranger_wrote_stay_text(page, site):
    """Protocols and names of the store that has hostile ones wherever there may be some."""
    offered = [path.name.removesuffix(".js") for path in (site.folder / "data" / "compare").glob("x-*.js")]
    assert offered
    page.goto(f"compare.html?pins=starter.B.alpha+{offered[0]}")
    page.locator("ol.rows li").nth(1).wait_for()
    assert "<script>" in page.locator("#comparison").inner_text()
    assert page.locator("#comparison img, #comparison script").count() == 0


def test_a_narrow_page_does_not_scroll_sideways(page):
    for width in (320, 375, 768):
        page.set_viewport_size({"width": width, "height": 812})
        page.goto(URL)
        page.locator("#cost").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.goto(f"boards/singles.html?pins={PINS.replace(' ', '+')}&singles-starter.view=intervals%3Amean")
        page.locator("figure.drawing").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_mean_is_over_one_size_of_the_same_images_and_one_pool(page):
    page.goto("compare.html")
    counted = page.evaluate(
        """() => {
            const row = (pools) => {
                const held = Object.entries(pools).map(([name, pool]) => [name, { auc: 0.9, pool }]);
                return new window.fuseboard.paired.Scores({ held: Object.fromEntries(held) }, 1);
            };
            const told = [["a-28", "a", 28], ["a-64", "a", 64], ["b", "b", 28], ["c", "c", 28], ["digits", "d", 28]];
            const datasets = told.map(([name, source, pixels]) => (
                { name, source, size: [true, pixels, name], medical: name !== "digits" }));
            const names = datasets.map(({ name }) => name);
            const alone = row(Object.fromEntries(names.map((name) => [name, undefined])));
            const method = row({ "a-28": [2, "x"], "a-64": [2, "x"], b: [3, "y"], c: [3, "y"], digits: [3, "y"] });
            const { counted } = window.fuseboard.paired;
            return [[alone], [alone, method]].map((rows) => counted(rows, datasets));
        }"""
    )
    assert counted == [["a-64", "b", "c"], ["b", "c"]]

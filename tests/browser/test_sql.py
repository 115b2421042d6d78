"""The SQL page: DuckDB in a worker of the browser, which asks no other host for anything."""

import csv
import io
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from fuseboard.leaderboard.feeds.columns import MEANINGS
from fuseboard.leaderboard.output import duckdb_wasm
from fuseboard.leaderboard.pages.sql import EXAMPLES
from tests.browser.conftest import Record, visitor

pytestmark = pytest.mark.skipif(
    not duckdb_wasm.files(), reason=f"the SQL page's files are not there: {duckdb_wasm.COMMAND}"
)
START_MS = 60_000
AWAY = "This page asks no other host"


class Sql:
    """The page as somebody uses it who only has a keyboard."""

    def __init__(self, page):
        self.page, self.requests = page, []
        page.context.on("request", lambda request: self.requests.append(request.url))
        page.goto("sql.html")

    def started(self):
        """The same page once its database runs."""
        self.ask("SELECT 1")
        return self

    def ask(self, query):
        """What is said, what went wrong, and the cells of the answer."""
        self.page.locator("#sql-query").fill(query)
        self.page.locator("#sql-query").press("Control+Enter")
        return self.answer()

    def answer(self):
        self.page.locator("#sql-run:not([aria-disabled])").wait_for(timeout=START_MS)
        rows = self.page.locator("#sql-answer tbody tr").all()
        cells = [row.locator("td").all_inner_texts() for row in rows[:5]]
        return self.page.locator("#sql-said").inner_text(), self.page.locator("#sql-wrong").text_content(), cells

    def asked(self):
        """Paths of the site that were asked for."""
        return {urlsplit(url).path.lstrip("/") for url in self.requests}


@pytest.fixture
def fresh(page):
    """A page whose database has not been started."""
    return Sql(page)


@pytest.fixture(scope="module")
def visit(browser, site):
    """One visitor whose database is started once, and what went wrong on their page."""
    kept, opened = Record(urlsplit(site.url).netloc), visitor(browser, site)
    kept.watch(opened)
    yield Sql(opened.new_page()).started(), kept
    opened.close()


@pytest.fixture
def sql(visit):
    """The page of that visitor, of whom no query changes the database: what follows is this test's own."""
    page, kept = visit
    page.requests.clear()
    kept.complaints.clear()
    yield page
    assert kept.complaints == []


def test_nothing_large_is_loaded_before_somebody_asks(fresh):
    assert not {"static/sql/worker.js", "static/sql/duckdb.wasm", "data/results.arrow"} & fresh.asked()
    fresh.page.get_by_role("button", name="Start the database").click()
    said, wrong, _ = fresh.answer()
    assert "ms" in said, wrong
    assert {"static/sql/worker.js", "static/sql/duckdb.wasm", "data/results.arrow"} <= fresh.asked()


def test_the_rows_are_the_published_ones_to_the_last_digit(sql, site):
    rows = pl.read_parquet(site.folder / "data/results.parquet").sort("key")
    _, wrong, cells = sql.ask(
        "SELECT key, auc, array_to_string(subset, '/'), created FROM results ORDER BY key LIMIT 5"
    )
    assert wrong == ""
    for shown, row in zip(cells, rows.head(5).to_dicts(), strict=True):
        assert shown[:3] == [row["key"], "null" if row["auc"] is None else shown[1], "/".join(row["subset"])]
        assert row["auc"] is None or float(shown[1]) == row["auc"]
        assert shown[3] == f"{row['created']:%Y-%m-%dT%H:%M:%S.000Z}"
    assert sql.ask("SELECT count(*) FROM results")[2] == [[str(rows.height)]]


def test_every_example_runs(sql):
    for button in sql.page.locator("[data-query]").all():
        said, wrong, _ = sql.ask(button.get_attribute("data-query"))
        assert (wrong, "row" in said) == ("", True)


def test_an_example_is_taken_with_the_keyboard_and_run_once_the_database_is_there(fresh):
    title, query = EXAMPLES[1]
    summary = fresh.page.locator("summary", has_text=title)
    summary.focus()
    fresh.page.keyboard.press("Enter")
    fresh.page.keyboard.press("Tab")
    fresh.page.keyboard.press("Enter")
    assert fresh.page.locator("#sql-query").input_value() == query
    assert fresh.page.evaluate("document.activeElement.id") == "sql-query"
    fresh.page.keyboard.press("Control+Enter")
    assert "row" in fresh.answer()[0]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT libraries->>'$.numpy' FROM results",
        "LOAD httpfs",
        "LOAD 'https://example.org/x.duckdb_extension.wasm'",
        "SET autoload_known_extensions = true",
        "SET custom_extension_repository = 'https://example.org'",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "FROM 'https://example.org/x.csv'",
        "ATTACH 'https://example.org/x.db'",
        "COPY results TO 'https://example.org/x.csv'",
    ],
)
def test_nothing_leaves_the_site_and_the_error_says_why(sql, site, query):
    said, wrong, cells = sql.ask(query)
    assert (said, cells) == ("", [])
    assert wrong.startswith(AWAY)
    assert len(wrong) > len(AWAY) + 80, "DuckDB's own words stand beneath"
    assert {urlsplit(url).netloc for url in sql.requests} <= {urlsplit(site.url).netloc}


def test_the_worker_itself_refuses_other_hosts(sql):
    sql.ask("SELECT 1")
    (worker,) = sql.page.workers
    for attempt in (
        "fetch('https://example.org/x')",
        "fetch(new Request('https://example.org/x'))",
        "new XMLHttpRequest().open('GET', '//example.org/x')",
        "importScripts('https://example.org/x.js')",
    ):
        said = worker.evaluate(
            f"(async () => {{ try {{ await {attempt}; return '' }} catch (e) {{ return e.message }} }})()"
        )
        assert said == "example.org: this page asks no other host", attempt
    assert worker.evaluate("[typeof WebSocket, typeof EventSource]") == ["undefined", "undefined"]


def test_errors_are_words_and_the_next_query_runs(sql):
    said, wrong, cells = sql.ask("SELEC 1")
    assert (said, cells) == ("", [])
    assert wrong.startswith('Parser Error: syntax error at or near "SELEC"')
    assert sql.page.locator("#sql-wrong").get_attribute("role") == "alert"
    assert sql.ask("SELECT 1 AS one")[1:] == ("", [["1"]])


def test_foreign_text_is_text(sql):
    hostile = "<img src=x onerror=alert(1)>"
    _, _, cells = sql.ask(f"SELECT '{hostile}' AS \"{hostile}\"")
    assert cells == [[hostile]]
    assert sql.page.locator("#sql-answer th").inner_text() == hostile
    assert sql.page.locator("#sql-answer img").count() == 0


def test_long_answers_say_what_is_not_shown(sql):
    assert "5,000 rows in" in (said := sql.ask("FROM range(5000)")[0])
    assert said.endswith("; the first 1,000 are shown")
    assert sql.page.locator("#sql-answer tbody tr").count() == 1_000
    assert sql.page.locator("#sql-answer caption").inner_text() == said
    assert sql.ask("FROM range(200000)")[0].startswith("More than 100,000 rows")
    assert sql.ask("SELECT 1 WHERE false")[0].startswith("0 rows in")


def test_an_answer_is_downloaded_as_csv_whole(sql):
    sql.ask("SELECT range AS n, 'a,\"b\"' AS t, CASE WHEN range > 0 THEN [1, 2] END AS l, NULL AS x FROM range(1500)")
    with sql.page.expect_download() as download:
        sql.page.get_by_role("button", name="Download the answer").click()
    text = download.value.path().read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[:3] == [["n", "t", "l", "x"], ["0", 'a,"b"', "", ""], ["1", 'a,"b"', "1+2", ""]]
    assert len(rows) == 1_501


def test_the_address_holds_the_query(fresh, site):
    query = "SELECT 'ä & + % #' AS t"
    fresh.ask(query)
    assert parse_qs(urlsplit(fresh.page.url).query) == {"q": [query]}
    fresh.page.reload()
    assert fresh.page.locator("#sql-query").input_value() == query
    assert fresh.page.locator("#sql-answer table").count() == 0, "a link from elsewhere runs nothing by itself"


def test_a_database_that_cannot_start_says_so_and_can_be_tried_again(fresh, record):
    fresh.page.context.route("**/results.arrow", lambda route: route.fulfill(status=404))
    _, wrong, _ = fresh.ask("SELECT 1")
    assert "results.arrow: 404" in wrong
    assert "404" in record.complaints.pop()
    fresh.page.context.unroute("**/results.arrow")
    assert fresh.ask("SELECT 1")[2] == [["1"]]


def test_from_a_file_it_says_that_it_must_be_served(browser, site):
    page = browser.new_page()
    page.goto((site.folder / "sql.html").as_uri())
    assert page.get_by_text("fuseboard leaderboard serve").is_visible()
    assert not page.locator("#sql-query").is_visible()
    page.close()


def test_without_javascript_it_says_so_and_shows_examples_and_columns(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}sql.html")
    assert page.get_by_text("This page needs JavaScript").is_visible()
    assert not page.locator("#sql-query").is_visible()
    page.locator("summary", has_text=EXAMPLES[0][0]).click()
    assert page.locator("pre", has_text="FROM results").first.is_visible()
    assert not page.get_by_role("button", name="Take this query").first.is_visible()
    assert page.locator("#columns tbody tr").count() == len(MEANINGS)
    context.close()


@pytest.mark.parametrize("width", [320, 768, 1440])
def test_the_page_never_scrolls_sideways(sql, width):
    sql.page.set_viewport_size({"width": width, "height": 800})
    sql.ask("SELECT *, repeat('x', 300) FROM results")
    assert sql.page.evaluate("document.documentElement.scrollWidth") <= width

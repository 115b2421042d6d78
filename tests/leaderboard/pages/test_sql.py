"""The SQL page without a browser: its examples, its policy, and how its files are made."""

import json
from pathlib import Path

import duckdb
import pytest

from fuseboard.leaderboard.feeds.columns import MEANINGS
from fuseboard.leaderboard.output import duckdb_wasm
from fuseboard.leaderboard.output.server import TYPES
from fuseboard.leaderboard.pages import sql
from fuseboard.leaderboard.site import build
from tests.leaderboard.page import Page

NPM = Path(__file__).parents[3] / "leaderboard" / "sql"


@pytest.fixture
def dist(tmp_path, monkeypatch):
    """Files as npm would make them, where nobody ran it."""
    folder = tmp_path / "dist"
    folder.mkdir()
    for name in ("sql.js", "worker.js", "duckdb.wasm", "LICENSES.txt"):
        (folder / name).write_bytes(b"x" * 600_000)
    monkeypatch.setattr(duckdb_wasm, "DIST", folder)
    return folder


@pytest.fixture(scope="module")
def rows(searched_site):
    connection = duckdb.connect()
    table = f"{searched_site}/data/results.parquet"
    connection.sql(f"CREATE TABLE results AS SELECT * REPLACE (created::TIMESTAMP AS created) FROM '{table}'")
    return connection


@pytest.mark.parametrize("query", [query for _, query in sql.EXAMPLES])
def test_examples_run_on_the_published_columns(rows, query):
    rows.sql(query).fetchall()


def test_the_examples_choose_what_the_boards_choose(rows):
    queries = dict(sql.EXAMPLES)
    ((*_, chosen, val, test, optimism),) = rows.sql(
        queries["What validation chooses, and what test says of it"]
    ).fetchall()
    assert (chosen, val, test) == (["alpha", "beta"], 0.80, 0.78)
    assert optimism == pytest.approx(2)
    ((_, _, oracle, *_),) = rows.sql(queries["The best test ACC: what looking at test would have chosen"]).fetchall()
    assert oracle == ["beta", "gamma"]


def test_columns_are_explained_with_the_types_that_duckdb_gives_them(rows, searched_site):
    kinds = {name: kind for name, kind, *_ in rows.sql("DESCRIBE results").fetchall()}
    assert list(kinds) == list(MEANINGS)
    page = Page(searched_site / "sql.html")
    for name, kind in kinds.items():
        assert f"{name}{kind}{MEANINGS[name]}" in page.words


def test_the_database_is_named_only_here_and_starts_only_when_asked(dist, searched, tmp_path):
    out = build.build(searched.opened, tmp_path / "site").parent
    for path in out.rglob("*.html"):
        text = path.read_text()
        assert ("wasm-unsafe-eval" in text) == (path.name == "sql.html"), path
        assert ("static/sql/" in text) == (path.name == "sql.html"), path
    page = Page(out / "sql.html")
    (policy,) = [a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert {"script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "connect-src 'self'"} <= set(
        policy.split("; ")
    )
    assert "Start the database (2 MB)" in page.words
    assert (out / "static/sql/duckdb.wasm").stat().st_size == 600_000
    assert (out / "data/results.arrow").is_file()


def test_without_its_files_the_page_says_what_to_run(searched, tmp_path, monkeypatch):
    monkeypatch.setattr(duckdb_wasm, "DIST", tmp_path / "none")
    out = build.build(searched.opened, tmp_path / "site").parent
    assert f"Run {duckdb_wasm.COMMAND} and build the site again" in Page(out / "sql.html").words
    assert not (out / "static/sql").exists()
    assert not (out / "data/results.arrow").exists()


def test_the_command_is_that_of_the_documentation():
    assert duckdb_wasm.COMMAND in (NPM.parents[1] / "docs" / "leaderboard.md").read_text()


def test_npm_installs_pinned_versions_and_the_lock_names_no_host():
    package = json.loads((NPM / "package.json").read_text())
    wanted = {**package["dependencies"], **package["devDependencies"]}
    lock = (NPM / "package-lock.json").read_text()
    # npm writes "funding" with addresses of some packages; take those out after a change.
    assert "resolved" not in lock
    assert "://" not in lock
    held = json.loads(lock)["packages"]
    assert {name: held[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("integrity" in entry for path, entry in held.items() if path)


def test_wasm_is_served_as_what_browsers_want():
    assert TYPES[".wasm"] == "application/wasm"
    assert TYPES[".js"] == "text/javascript"

import csv
import io
import json
import re

import pytest

from fuseboard.leaderboard.pages import demo, navigation
from fuseboard.leaderboard.published import tables
from fuseboard.leaderboard.site import build as site
from fuseboard.store.errors import FuseboardError
from tests.leaderboard.conftest import TinyStore
from tests.leaderboard.page import Page

HOSTILE = "<script>alert('x')</script>&\""


@pytest.fixture
def out(tmp_path):
    return tmp_path / "site"


def build(store, out):
    assert site.build(store.opened, out) == out / "index.html"
    return read(out)


def read(out):
    return {path.relative_to(out).as_posix(): Page(path) for path in out.rglob("*.html")}


@pytest.fixture(scope="module")
def pages(searched_site):
    """Path -> page of the site of `searched`."""
    return read(searched_site)


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pages_of_a_searched_store(pages):
    assert set(pages) == (navigation.every_path() - {demo.PATH}) | {
        "index.html",
        "backbones/alpha.html",
        "backbones/beta.html",
        "backbones/gamma.html",
        "datasets/tiny.html",
        "explorer/tiny.html",
        "provenance/tiny.html",
        "boards/accuracy.html",
        "runtime/tiny.html",
    }
    assert "3 frozen image models on 1 medical dataset" in pages["index.html"].words
    assert "alpha + beta" in pages["boards/fusion.html"].words
    board = pages["datasets/tiny.html"].words
    assert "2 subsets tie for the best validation ACC" in board
    assert "found by looking at test and cannot be chosen" in board


def test_the_oracle_is_marked_on_its_row(searched_site):
    text = (searched_site / "datasets/tiny.html").read_text()
    row = text[text.index('<tr class="oracle"') :].split("</tr>")[0]
    assert 'class="badge best-test-AUC"' in row
    assert "+12.0" in row


def test_the_same_store_gives_the_same_bytes(searched_site, out):
    store = TinyStore(searched_site.parent / "store").opened
    site.build(store, out)
    assert files(out) == files(searched_site)
    site.build(store, out)
    assert files(out) == files(searched_site)


def test_an_empty_store_says_so_and_how_to_mend_it(store, out):
    pages = build(store, out)
    assert "Nothing has been measured yet" in pages["index.html"].words
    assert "fuseboard extract BACKBONE" in pages["index.html"].words
    assert "reported.html" in pages


def test_embeddings_without_results_are_told_apart_from_an_empty_store(store, out):
    store.embed("alpha")
    assert "embeddings of alpha, but no search" in build(store, out)["index.html"].words


def test_text_of_cards_and_results_is_escaped(store, out):
    store.embed("alpha", title=HOSTILE, source=HOSTILE, licence=HOSTILE, pretraining=(HOSTILE,))
    store.measure(
        ("alpha",),
        (0.5, 0.5),
        (None, 0.5),
        protocol=HOSTILE,
        hardware=HOSTILE,
        device=HOSTILE,
        reason=HOSTILE,
        libraries={HOSTILE: HOSTILE},
        classifier=HOSTILE,
    )
    pages = build(store, out)
    for name, page in pages.items():
        assert all(set(script) <= {"src", "defer"} for script in page.all("script")), name
    for name in ("datasets/tiny.html", "backbones/alpha.html", "provenance/tiny.html", "runtime.html"):
        assert HOSTILE in pages[name].text, name


def test_a_dataset_name_cannot_leave_the_site(store, out):
    store.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), dataset="A b..")
    pages = build(store, out)
    assert "A b.." in pages["boards/demo.html"].text
    assert {path.parent for path in out.parent.rglob("*.html")} <= {out, *(p for p in out.iterdir() if p.is_dir())}


def test_nothing_is_loaded_from_another_host_and_nothing_foreign_runs(searched_site, pages):
    for name, page in pages.items():
        policy = [a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
        assert policy[0].startswith("default-src 'none'; script-src 'self'"), name
        assert "unsafe-inline" not in policy[0], name
        assert "unsafe-eval" not in policy[0].replace("'wasm-unsafe-eval'", "") or name == "sql.html"
        for tag, attributes in page.tags:
            assert tag not in {"iframe", "object", "embed", "style", "base", "form"}, name
            assert tag != "script" or attributes.get("src"), name
            assert not any(key.startswith("on") or key == "style" for key in attributes), (name, tag, attributes)
            loaded = [attributes.get(key) for key in ("src", "srcset", "data", "poster")]
            told = tag == "link" and attributes["rel"] in {"canonical", "alternate"}
            loaded += [attributes.get("href")] if tag == "link" and not told else []
            for target in filter(None, loaded):
                assert ((searched_site / name).parent / target).is_file(), f"{name}: {tag} loads {target}"
    for sheet in (searched_site / "static").rglob("*.css"):
        assert "url(" not in sheet.read_text(), sheet
        assert "@import" not in sheet.read_text(), sheet


def test_links_between_pages_lead_somewhere(searched_site, pages):
    out = searched_site
    ids = {
        name: {attributes["id"] for _, attributes in page.tags if "id" in attributes} for name, page in pages.items()
    }
    for name, page in pages.items():
        for href in (a["href"] for a in page.all("a")):
            if href.startswith("https://"):
                continue
            path, _, fragment = href.partition("#")
            path = path.partition("?")[0]  # what follows is for scripts
            target = (out / name).parent / path if path else out / name
            assert target.is_file(), f"{name}: {href}"
            if fragment:
                assert fragment in ids[target.resolve().relative_to(out.resolve()).as_posix()], f"{name}: {href}"


def test_ids_are_unique_on_a_page(pages):
    for name, page in pages.items():
        found = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(found) == len(set(found)), name


def test_tables_are_named_and_their_headings_have_a_scope(pages):
    for name, page in pages.items():
        assert len(page.all("caption")) == len(page.all("table")), name
        assert all("scope" in attributes for attributes in page.all("th")), name
        assert len(page.all("h1")) == 1, name


def test_every_table_scrolls_by_itself_and_by_keyboard(pages):
    for name, page in pages.items():
        regions = [a for a in page.all("div") if "scroll" in a.get("class", "").split()]
        assert len(regions) == len(page.all("table")), name
        assert all(a["tabindex"] == "0" and a["role"] == "group" and a["aria-label"] for a in regions)


def test_reported_numbers_are_set_apart_and_downloadable(searched_site, pages):
    assert "Nothing on this page was measured here" in pages["reported.html"].words
    assert "DINOv2-giant" in pages["reported.html"].words
    assert "CheXagent" not in pages["index.html"].words + pages["datasets/tiny.html"].words
    for name in tables.TABLES:
        assert (searched_site / "data" / "reported" / name).read_bytes() == tables.path_of(name).read_bytes()


def test_exports_have_full_precision(store, out):
    store.measure(("alpha",), (1 / 3, 2 / 3), (1 / 7, 0.1 + 0.2))
    build(store, out)
    board = json.loads((out / "data" / "results.json").read_text())["boards"][0]
    assert board["entries"][0]["test"]["auc"] == 1 / 7
    rows = list(csv.DictReader(io.StringIO((out / "data" / "results.csv").read_text())))
    assert {float(row["acc"]) for row in rows} == {2 / 3, 0.1 + 0.2}


def test_superseded_rows_are_said_on_the_page_and_marked_in_the_export(searched, out):
    searched.measure(("alpha",), (0.99, 0.99), (0.99, 0.99), revisions={"alpha": 2}, day=-1)
    pages = build(searched, out)
    assert "2 rows of another version of a backbone" in pages["datasets/tiny.html"].words
    assert "superseded: 2 rows of another version of a backbone" in pages["coverage.html"].words
    rows = list(csv.DictReader(io.StringIO((out / "data" / "results.csv").read_text())))
    assert [row["superseded"] for row in rows].count("another version of a backbone") == 2


def test_what_is_missing_is_said_with_the_reason(searched, out):
    searched.embed("delta")
    searched.measure(("delta",), (0.5, 0.5), (None, None), protocol="biofuse-2026")
    words = build(searched, out)["coverage.html"].words
    assert "no metric for 1 of 1 subsets: nobody knows" in words
    assert "best test ACC is missing: no subset has a acc on test (nobody knows)" in words


def test_scores_are_written_in_one_style(searched_site):
    found, others = 0, ("robustness", "efficiency")  # multiples and hours may be above 1 and keep their 0
    for folder in ("boards", "datasets", "explorer", "backbones"):
        for path in (one for one in (searched_site / folder).glob("*.html") if one.stem not in others):
            words = re.sub(r"<svg.*?</svg>|<[^>]*>", " ", path.read_text(), flags=re.DOTALL)  # of axes
            assert not re.findall(r"(?<![\d.\w])0\.\d{3,}", words), path
            found += len(re.findall(r"(?<!\S)\.\d{3}\b", words))
    assert found > 50


def test_unsearched_embeddings_are_named(searched, out):
    searched.embed("delta")
    assert "embedded but not searched: delta" in build(searched, out)["coverage.html"].words


def test_runtime_counts_a_fit_once(searched_site):
    (search,) = json.loads((searched_site / "data" / "results.json").read_text())["searches"]
    assert search["fits"] == 7
    assert search["fit_s"] == pytest.approx(1.25 * (3 * 1 + 3 * 2 + 3))


def test_a_folder_that_is_not_a_site_is_left_alone(searched, out):
    out.mkdir()
    (out / "thesis.txt").write_text("ten years of work")
    with pytest.raises(FuseboardError, match="not a site built by fuseboard"):
        site.build(searched.opened, out)
    assert files(out.parent / "site") == {(out / "thesis.txt").relative_to(out): b"ten years of work"}


def test_a_failed_build_leaves_the_old_site_and_nothing_else(searched, out, monkeypatch):
    build(searched, out)
    before, beside = files(out), set(out.parent.iterdir())
    searched.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), dataset="other")  # else there would be nothing to build
    monkeypatch.setattr(tables, "FOLDER", out / "absent")  # fails in the middle of writing
    with pytest.raises(FileNotFoundError):
        site.build(searched.opened, out)
    assert files(out) == before
    assert set(out.parent.iterdir()) == beside


def test_a_file_in_the_way_is_an_error(searched, out):
    out.write_text("")
    with pytest.raises(FuseboardError, match="is not a folder"):
        site.build(searched.opened, out)

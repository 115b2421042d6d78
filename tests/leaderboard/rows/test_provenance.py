"""Provenance pages: every row of the store is on one, exactly, with its versions and its command."""

import html
import json
import re

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.providers import Definition, Providers, no_providers
from fuseboard.leaderboard.pages import address, provenance
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results import rows as results
from tests.leaderboard.built import built
from tests.leaderboard.conftest import TinyStore, row
from tests.leaderboard.large import fill

HOSTILE = "<script>alert('x')</script>&\""


def plain_text(cell):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", cell)).split())


def line(text, identity):
    """The line that holds a cell, and in it what each cell is called."""
    inside = next(part for part in text.split("<tr") if f'id="{identity}"' in part)
    cells = re.findall(r"<t[hd][^>]* data-label=(?:\"([^\"]*)\"|([^ >]*))[^>]*>(.*?)</t[hd]>", inside, re.DOTALL)
    return {
        quoted or plain: " ".join(html.unescape(re.sub(r"<[^>]*>", " ", cell)).split()) for quoted, plain, cell in cells
    }


def test_every_row_has_a_cell_with_its_metrics_at_full_precision(searched):
    searched.measure(("alpha",), (1 / 3, 2 / 3), (1 / 7, 0.1 + 0.2), dataset="other")
    pages = built(searched, "provenance")
    rows = take(searched.opened).rows
    assert set(pages) == {"provenance/tiny.html", "provenance/other.html"}
    for one in rows.iter_rows(named=True):
        shown = pages[address.provenance(one["dataset"])].cell(address.row_id(one["key"]))
        assert shown == f"AUC {one['auc']!r} ACC {one['acc']!r}"


def test_a_line_leads_to_its_versions_definition_and_environment(searched):
    text = built(searched, "provenance")["provenance/tiny.html"].html
    key = next(k for k, s in take(searched.opened).rows.select("key", "subset").iter_rows() if s == ["alpha", "gamma"])
    inside = next(part for part in text.split("<tr") if f'id="{address.row_id(key)}"' in part)
    ids = re.findall(r'href="#(\w+)"', inside)
    assert [one[0] for one in ids] == ["v", "v", "d", "e"]
    marked = {one: text.split(f'<tr id="{one}"')[1].split("</tr>")[0] for one in ids}
    assert fingerprint({"backbone": "alpha", "revision": 1}) in marked[ids[0]]
    assert fingerprint({"backbone": "gamma", "revision": 1}) in marked[ids[1]]
    assert "d1" in marked[ids[2]]
    assert "a machine" in marked[ids[3]]


def test_the_cells_say_what_they_are_for_scripts(searched):
    text = built(searched, "provenance")["provenance/tiny.html"].html
    key = take(searched.opened).rows["key"][0]
    message = line(text, address.row_id(key))
    assert list(message) == ["Subset", "Definition", "Validation", "Test", "Machine", "Made", "Command"]
    assert message["Command"].startswith("fuseboard search tiny --strategy all --backbones ")
    assert message["Made"] == "2026-01-01 00:00Z"


def test_splits_of_two_fits_are_two_lines(store):
    store.measure(("alpha",), (0.5, 0.5), (0.6, 0.6))
    store.measure(("alpha",), (0.7, 0.7), (0.8, 0.8), seed=7)
    [page] = built(store, "provenance").values()
    assert "2 fits, all of them starter, concat, xgboost; subsets lead" in page.words
    first, second = (line(page.html, address.row_id(key)) for key in _tests(store))
    assert {first["Definition"].split()[-1], second["Definition"].split()[-1]} == {"42", "7"}
    assert "AUC 0.5" in (first if first["Definition"].endswith("42") else second)["Validation"]


def _tests(store):
    rows = take(store.opened).rows
    return [row["key"] for row in rows.iter_rows(named=True) if row["split"] == "test"]


def test_conditions_are_a_table_that_names_its_line(store):
    made = [
        row(("alpha",), split, 0.5, number / 10, "tiny-c", {}, evaluation="corruption")
        for number, split in enumerate(("clean", "blur-1", "blur-2", "noise-1", "noise-2"))
    ]
    results.keep(store.root, made)
    page = built(store, "provenance")["provenance/tiny-c.html"]
    tables = [table for table in page.all("table") if table.get("class") == "exposed"]
    assert [table["data-line"] for table in tables] == ["l1"]
    for number, one in enumerate(made):
        assert page.cell(address.row_id(one.inputs.key)) == f"AUC 0.5 ACC {number / 10!r}"
    clean = line(page.html, address.row_id(made[0].inputs.key))
    assert (clean["Clean"], clean["Conditions"]) == ("AUC 0.5 ACC 0.0", "4")
    assert clean["Command"] == "fuseboard evaluate corruption tiny --backbones alpha --protocol starter --device cpu"


def test_what_is_superseded_or_missing_says_why(searched):
    searched.measure(("alpha",), (0.9, 0.9), (None, 0.9), revisions={"alpha": 2}, day=-1)
    searched.measure(("beta",), (0.9, 0.9), (0.9, 0.9), protocol_digest="d0", day=-1)
    page = built(searched, "provenance")["provenance/tiny.html"]
    assert "nobody knows" in page.words
    assert "superseded another version of a backbone" in page.words
    old = fingerprint({"backbone": "alpha", "revision": 2})
    assert f"--backbones alpha@{old[:10]} " in page.words
    assert "this version is not in the store any more" in page.words
    assert "made by another definition of the protocol: the same command measures another row today" in page.words


def test_a_known_protocol_is_named_by_its_title(searched):
    known = {"starter": Definition("starter", "d1", "For two cores", "", {})}
    sources = Providers(lambda: known, lambda _: {})
    assert "For two cores" in built(searched, "provenance", sources=sources)["provenance/tiny.html"].words
    assert "For two cores" not in built(searched, "provenance")["provenance/tiny.html"].words


def test_hostile_text_is_text(store):
    def make(text):
        store.measure(
            ("alpha",), (0.5, 0.5), (None, 0.5), dataset="tiny", protocol=text, hardware=text, device=text, reason=text,
            classifier=text, fusion=text, protocol_digest=text, libraries={text: text}, source_md5=text,
            metric_set=text,
        )  # fmt: skip
        [page] = built(store, "provenance").values()
        return page

    harmless = make("harmless text").tags
    for path in (store.root / "results").rglob("*.parquet"):
        path.unlink()
    hostile = make(HOSTILE)
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in harmless]
    assert hostile.text.count(HOSTILE) >= 10


def test_ids_are_unique(searched):
    for page in built(searched, "provenance").values():
        found = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(found) == len(set(found))


def test_a_large_dataset_is_told_on_pages_that_one_can_open(tmp_path):
    store = TinyStore(fill(tmp_path / "store", backbones=9, datasets=1))
    pages = built(store, "provenance")
    assert max(len(page.html) for page in pages.values()) < 400_000
    assert max(len(page.words.split()) for page in pages.values()) < 8_000
    every = [one for page in pages.values() for one in re.findall(r' id="(r-[^"]+)"', page.html)]
    assert len(every) == len(set(every)) == 2 * (511 + 5 * 9)
    for path, page in pages.items():
        ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
        inside = {a["href"][1:] for a in page.all("a") if a.get("href", "").startswith("#")}
        assert inside - {"main"} <= ids, f"{path}: its fits lead to lines of its own"
    overview = pages["provenance/pathmnist.html"]
    linked = {a["href"].removeprefix("../") for a in overview.all("a") if a["href"].startswith("../provenance/p")}
    assert linked == set(pages) - {"provenance/pathmnist.html"}


def test_a_row_of_a_large_dataset_is_where_its_address_says(tmp_path):
    store = TinyStore(fill(tmp_path / "store", backbones=9, datasets=1))
    context = SiteContext(take(store.opened), (), no_providers(), "http://localhost/")
    made = {page.path: page for page in provenance.pages(context)}
    moved = json.loads(next(page.files for page in made.values() if page.files)["provenance/pathmnist/rows.json"])
    for key in context.snapshot.rows["key"]:
        path, _, identity = address.row("pathmnist", key, context.parts_of_rows).partition("#")
        shown = [cell.id for s in made[path].context["sections"] for fit in s.fits for cell in fit.cells if cell]
        assert identity in shown
        assert identity in moved[path]

"""Bad rows and files: each is left out and named, and the pages stand."""

import json
import math
from collections import Counter
from datetime import UTC, datetime

import polars as pl
import pytest

from fuseboard.leaderboard.context.providers import Definition, Providers
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.rows.validation import valid_rows
from fuseboard.leaderboard.site import build
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.damage import DamagedFileWarning
from fuseboard.store.results import rows as results
from tests.leaderboard.page import Page


@pytest.fixture
def out(tmp_path):
    return tmp_path / "site"


def missing(store, out, sources=None):
    """The words of the page of what is missing."""
    build.build(store.opened, out, sources=sources)
    return Page(out / "coverage.html").words


def file_of(store):
    return sorted(results.folder_of(store.root, "fusion", "tiny").glob("*.parquet"))[0]


BAD = (
    ({"fingerprints": ("1", "2")}, "another number of fingerprints than of backbones"),
    ({"subset": ()}, "an empty subset"),
    ({"subset": ("beta", "beta"), "fingerprints": ("1", "2")}, "a backbone that stands twice in its subset"),
    ({"selection": ()}, "a selection that is not known"),
    ({"selection": ("beauty",)}, "a selection that is not known"),
    ({"selection": ("acc", "beauty")}, "a selection that is not known"),
    ({"created": datetime(9998, 1, 1, tzinfo=UTC)}, "a date that cannot be meant"),
    ({"rows": -1}, "a negative count"),
    ({"hardware": None}, "no hardware"),
    ({"fit_s": math.inf}, "an impossible fit_s"),
    ({"right": [1] * 11}, "its answers per image are not those of its ACC"),
    ({"right": [7] + [0] * 11}, "its answers per image are not those of its ACC"),
    ({"protocol": "p" * 301}, "a name too long to show"),
    ({"split": ""}, "an empty name"),
    *(
        ({metric: value}, f"an impossible {metric.upper()}")
        for metric in ("auc", "acc")
        for value in (math.nan, math.inf, -math.inf, 1.5, -0.1)
    ),
)


def test_bad_rows_are_left_out_and_named(searched, out):
    for seed, (changes, _) in enumerate(BAD):
        own = {"subset": ("alpha",), "split": "test", "auc": 0.999, "acc": 0.5, "seed": seed, **changes}
        searched.keep(**own)
    words = missing(searched, out)
    for reason, count in Counter(reason for _, reason in BAD).items():
        assert f"{count} row{'s'[: count - 1]} of fusion left out: {reason}" in words, reason
    assert "14 result rows" in words
    assert ".999" not in Page(out / "datasets/tiny.html").words


def test_libraries_that_are_no_json_are_left_out(searched, out):
    path = file_of(searched)
    pl.read_parquet(path).with_columns(libraries=pl.lit("{")).write_parquet(path)
    assert "left out: libraries that are no JSON of versions" in missing(searched, out)


def test_good_rows_are_all_sound(searched, predicted):
    for store in (searched, predicted):
        rows = results.read(store.root)
        good, invalid_rows = valid_rows(rows)
        assert (good.equals(rows), invalid_rows) == (True, ())


def test_answers_for_several_labels_are_sound(searched):
    searched.keep(("alpha",), "val", 0.5, 18 / 36, right=[2, 1] * 6, rows=12, seed=3)  # three labels per image
    searched.keep(("alpha",), "val", 0.5, 19.9 / 36, right=[2, 1] * 6, rows=12, seed=4)
    good, invalid_rows = valid_rows(results.read(searched.root))
    assert (set(good["seed"]), [one.rows for one in invalid_rows]) == ({3, 42}, [1])


def test_a_file_of_an_older_schema_is_named_and_the_others_are_shown(searched, out):
    path = file_of(searched)
    held = pl.read_parquet(path)
    held.drop("hardware", "jobs").write_parquet(path)
    name = path.relative_to(searched.root).as_posix()
    words = missing(searched, out)
    assert name in words
    assert "the file is left out: of another schema: it lacks the columns jobs, hardware" in words
    assert "12 result rows" in words
    with pytest.raises(FuseboardError, match="lacks the columns jobs, hardware; delete it and run"):
        results.read_whole(searched.root, "tiny")


def test_a_column_of_another_type_is_an_older_schema(searched, out):
    path = file_of(searched)
    pl.read_parquet(path).with_columns(pl.col("seed").cast(pl.String)).write_parquet(path)
    assert "its column seed is of the type String" in missing(searched, out)


def test_narrower_numbers_and_unknown_columns_are_read(searched):
    path, before = file_of(searched), results.read(searched.root)
    held = pl.read_parquet(path).with_columns(pl.col("seed").cast(pl.Int8), newer=pl.lit("who knows"))
    held.with_columns(pl.col("created").cast(pl.Datetime("ms", "UTC"))).write_parquet(path)
    assert results.read(searched.root).equals(before)


def test_a_damaged_file_costs_its_own_rows_and_is_named(searched, out):
    path = file_of(searched)
    path.write_bytes(b"PAR1")
    with pytest.warns(DamagedFileWarning, match="not a readable results file"):
        words = missing(searched, out)
    assert path.relative_to(searched.root).as_posix() in words


def test_one_key_with_two_metrics_is_told(searched, out):
    path = file_of(searched)
    twice = pl.read_parquet(path).with_columns(auc=pl.lit(0.123))
    twice.write_parquet(path.with_name("zz.parquet"))
    words = missing(searched, out)
    assert "keys stand in the store twice with different metrics" in words
    assert twice["key"][0] in words


def test_a_protocol_that_nobody_knows_is_told(searched, out):
    def known(digest):
        own = Definition("starter", digest, "Starter", "small", {})
        return Providers(protocols=lambda: {"starter": own}, examples=lambda _: {})

    assert "unknown protocol" not in missing(searched, out / "one", known("d1"))
    words = missing(searched, out / "two", known("d2"))
    assert "unknown protocol: Some of its rows were measured under another definition" in words
    searched.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), protocol="nobody's")
    words = missing(searched, out / "three", known("d1"))
    assert "unknown protocol: This project has no protocol of this name" in words


LONG = ("n" * 200, "m" * 200, "p" * 200)


def test_names_of_200_letters_have_pages(store, out):
    names = (LONG[0], LONG[1])
    store.search(
        {(n,): ((0.8, 0.7), (0.8, 0.7)) for n in names} | {names: ((0.9, 0.8), (0.9, 0.8))},
        dataset="tiny",
        protocol=LONG[2],
    )
    store.keep((LONG[0],), "test", 0.7, 0.7, dataset="tiny", seed=9)
    words = missing(store, out)
    assert LONG[2] in words or LONG[2] in Page(out / "index.html").words
    assert all(len(path.name) < 60 for path in out.rglob("*.html"))
    linked = {a["href"].partition("#")[0] for a in Page(out / "backbones.html").all("a") if ":" not in a["href"]} - {""}
    own = [href for href in linked if "/" in href and not href.startswith("boards/")]
    assert own
    assert [href for href in own if not (out / href).is_file()] == []


DATASETS = ("../../x", "d" * 200, "<b>", "con", "x-" + "0" * 32, "a/b", "*", "..", ".", "A", "\\x", "a\nb")


def test_datasets_of_any_name_stay_in_the_site(store, out):
    for number, dataset in enumerate(DATASETS):
        for subset in (("alpha",), ("alpha", "beta"), ("beta",)):
            store.measure(subset, (0.8, 0.7), (0.8, 0.7), dataset=f"d{number}")
        for path in results.folder_of(store.root, "fusion", f"d{number}").iterdir():
            pl.read_parquet(path).with_columns(dataset=pl.lit(dataset)).write_parquet(path)
    beside, inside = set(out.parent.iterdir()), set(store.root.rglob("*"))
    build.build(store.opened, out)
    assert set(out.parent.iterdir()) - beside == {out}
    assert {path.parent for path in set(store.root.rglob("*")) - inside} <= {store.root, store.root / "intervals"}
    text = Page(out / "datasets.html").text
    for dataset in DATASETS:
        assert dataset in text
        assert (out / address.dataset(dataset)).is_file()
    assert len(json.loads((out / "data/results.json").read_text())["boards"]) == len(DATASETS)


def test_no_two_names_share_a_file():
    hostile = "Not A Name"
    names = ["tiny", hostile, address.slug(hostile), address.slug(address.slug(hostile)), "con", "con.x", "a.", "x-"]
    assert len({address.slug(name) for name in names}) == len(names)

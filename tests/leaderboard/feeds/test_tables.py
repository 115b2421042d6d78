"""Tables as files, read back by others than the one that wrote them."""

import io
import json
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fuseboard.leaderboard.context.providers import no_providers
from fuseboard.leaderboard.feeds import results, tables
from fuseboard.leaderboard.feeds.columns import MEANINGS
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.site import build
from fuseboard.leaderboard.site import write as writing
from fuseboard.store.errors import FuseboardError
from tests.leaderboard.site.test_build import HOSTILE, files

FRAME = pl.DataFrame(
    {
        "name": ["plain", HOSTILE, "a,b\n\"c\"", None],
        "auc": [1 / 3, 0.1 + 0.2, None, 5e-324],
        "rows": [1, 2**53 + 1, None, -1],
        "is_chosen": [True, False, None, True],
        "subset": [["a", "b"], ["a"], [], None],
        "created": [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, 60, UTC), None, None],
        "kind": pl.Series(["x", "y", "x", None], dtype=pl.Categorical),
    }
)  # fmt: skip
RECORDS = FRAME.to_dicts()


def said(moment):
    return moment and moment.isoformat().replace("+00:00", "Z")


@pytest.fixture
def parquet(tmp_path):
    path = tmp_path / "frame.parquet"
    path.write_bytes(tables.as_parquet(FRAME))
    return path


def test_parquet_is_read_by_pyarrow_polars_and_duckdb(parquet):
    assert pq.read_table(parquet).to_pylist() == RECORDS
    assert pl.read_parquet(parquet).to_dicts() == RECORDS
    found = duckdb.sql(f"SELECT * REPLACE (epoch_us(created) AS created) FROM '{parquet}'")
    expected = [{**r, "created": r["created"] and round(r["created"].timestamp() * 1e6)} for r in RECORDS]
    assert [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()] == expected


def test_parquet_is_read_by_datasets(parquet, tmp_path):
    datasets = pytest.importorskip("datasets")
    loaded = datasets.Dataset.from_parquet(str(parquet), cache_dir=str(tmp_path / "cache"))
    assert loaded["auc"][:] == FRAME["auc"].to_list()
    assert loaded["subset"][:] == FRAME["subset"].to_list()


def test_types_in_parquet_and_arrow_are_plain(parquet):
    with pa.ipc.open_stream(tables.as_arrow(FRAME)) as stream:
        arrow = stream.schema
    for schema in (pq.read_schema(parquet), arrow):
        assert [str(field.type).replace("element", "item") for field in schema if field.name != "created"] == [
            *("string", "double", "int64", "bool", "list<item: string>", "string")
        ]
    assert arrow.field("created").type == pa.timestamp("us")


def test_arrow_holds_the_same_rows_in_utc():
    naive = [{**r, "created": r["created"] and r["created"].replace(tzinfo=None)} for r in RECORDS]
    assert pa.ipc.open_stream(tables.as_arrow(FRAME)).read_all().to_pylist() == naive


def test_json_has_every_digit_and_null():
    expected = [{**record, "created": said(record["created"])} for record in RECORDS]
    assert json.loads(tables.as_json(FRAME)) == expected


def test_csv_joins_lists_and_says_moments_in_utc():
    rows = pl.read_csv(io.BytesIO(tables.as_csv(FRAME)))
    assert rows["auc"].to_list() == FRAME["auc"].to_list()
    assert rows["name"].to_list() == FRAME["name"].to_list()
    assert rows["subset"].to_list()[:2] == ["a+b", "a"]
    assert rows["created"].to_list()[:2] == ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000060Z"]


def test_equal_rows_give_equal_bytes():
    other = pl.concat([FRAME[:2], FRAME[2:]], rechunk=False)
    for write in (tables.as_csv, tables.as_json, tables.as_parquet, tables.as_arrow):
        assert write(FRAME) == write(other)


@pytest.mark.parametrize("frame", [FRAME[:0], pl.DataFrame({"only": [None, None]})])
def test_frames_of_nothing_are_files_too(frame):
    assert json.loads(tables.as_json(frame)) == frame.to_dicts()
    assert pq.read_table(pa.BufferReader(tables.as_parquet(frame))).num_rows == frame.height
    assert tables.as_csv(frame).decode().splitlines()[0] == ",".join(frame.columns)


def test_results_are_the_same_rows_in_every_format(searched, tmp_path):
    searched.measure(("alpha",), (0.99, 0.99), (None, None), revisions={"alpha": 2}, day=-1)
    data = build.build(searched.opened, tmp_path / "site").parent / "data"
    rows = pl.read_parquet(data / "results.parquet")
    assert tuple(rows.columns) == results.COLUMNS == tuple(MEANINGS)
    assert rows.height == 16
    assert rows["superseded"].count() == 2
    assert pl.read_csv(data / "results.csv")["auc"].to_list() == rows["auc"].to_list()
    assert rows["reason"].drop_nulls().to_list() == ["nobody knows"]


def test_files_of_pages_are_written_and_two_of_one_name_are_an_error(store, tmp_path, monkeypatch):
    context = writing.gather(store.opened, None, no_providers(), build.URL)
    page = Page(
        "a.html", "submissions.html.j2", "A", "B", {"submitted": ()}, {"one": FRAME}, files={"images/x.png": b"x"}
    )

    def made(*pages):
        folder = tmp_path / f"of-{len(pages)}"
        folder.mkdir()
        monkeypatch.setitem(
            sys.modules, "fuseboard.leaderboard.pages.trial", SimpleNamespace(pages=lambda _: iter(pages))
        )
        writing.write(folder, ("trial",), context, tmp_path / "site")
        return {path.as_posix(): content for path, content in files(folder).items()}

    found = made(page)
    assert found["images/x.png"] == b"x"
    assert json.loads(found["data/one.json"])[0]["name"] == "plain"
    assert {"data/one.csv", "data/one.parquet"} <= set(found)
    with pytest.raises(FuseboardError, match=r"data/one\.csv: two things"):
        made(page, Page("b.html", "submissions.html.j2", "A", "B", {"submitted": ()}, {"one": FRAME}))

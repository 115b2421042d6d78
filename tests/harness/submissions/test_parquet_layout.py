"""The shape: files that are no shards, or would not stay small, are refused before anything in them is unpacked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fuseboard.harness.submissions import check as checks
from fuseboard.harness.submissions.shards import pages, parquet_layout
from fuseboard.store.embeddings import shards
from tests.harness.submissions.field import DATA
from tests.harness.submissions.stranger import DIM, Stranger, first_problem

Change = Callable[[Stranger], None]


@pytest.fixture
def stranger(small_store: Path, tmp_path: Path) -> Stranger:
    return Stranger(small_store, tmp_path)


class Money(pa.ExtensionType):
    def __init__(self) -> None:
        super().__init__(pa.uint32(), "stranger.money")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type: Any, serialized: bytes) -> "Money":
        raise SystemExit("executed")


def column(name: str, make: Callable[[Any], Any], nullable: bool = False) -> Change:
    """Replaces a column of `val`, or adds one."""

    def change(s: Stranger) -> None:
        table = s.table("val")
        values = make(table)
        field = pa.field(name, values.type, nullable)
        at = table.schema.get_field_index(name)
        made = table.append_column(field, values) if at < 0 else table.set_column(at, field, values)
        s.write("val", made, use_dictionary=[name] if pa.types.is_dictionary(values.type) else False)

    return change


def raw(data: Callable[[bytes], bytes], rows: int = 120) -> Change:
    """Replaces the bytes of the file of `val`."""

    def change(s: Stranger) -> None:
        s.path("val").write_bytes(data(s.path("val").read_bytes()))
        s.list_again("val", rows)

    return change


def floats(table: Any) -> Any:
    return table["embedding"].combine_chunks().flatten()


def ragged(table: Any) -> Any:
    offsets = np.arange(121) * DIM
    offsets[5] -= 1
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), floats(table))


def long_text(table: Any) -> Any:
    """A gigabyte and more when it is unpacked: 120 rows of one text of 10 MB."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(120, np.int32)), pa.array(["x" * 10_000_000]))


def deep(table: Any) -> Any:
    made = table["id"].combine_chunks()
    for _ in range(60):
        made = pa.StructArray.from_arrays([made], ["a"])
    return made


def footer(elements: list[bytes], rows: int = 0) -> bytes:
    """A Parquet file of nothing but a footer, in Thrift's compact protocol."""
    schema = b"\x19\xfc" + _varint(len(elements)) + b"".join(elements)
    body = b"\x15\x02" + schema + b"\x16" + _varint(2 * rows) + b"\x19\x0c\x00"
    return b"PAR1" + body + len(body).to_bytes(4, "little") + b"PAR1"


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


NEST = b"\x35\x00\x18\x01a\x15\x02\x00"
LEAF = b"\x15\x02\x25\x00\x18\x01x\x00"


def bomb(s: Stranger) -> None:
    """20,000 images of zeros: 72 MB from some kilobytes."""
    form = shards.schema(DIM, "float32", multi_label=False)
    rows = 20_000
    zeros = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(rows * DIM, np.float32)), type=form[2].type)
    ids = pa.array(np.arange(rows), pa.uint32())
    made = pa.Table.from_arrays([ids, pa.array(np.zeros(rows), pa.uint16()), zeros], schema=form)
    s.write("val", made, row_group_size=10_000)


def large_groups(s: Stranger) -> None:
    rng = np.random.default_rng(0)
    s.embed("val", np.tile(rng.standard_normal((120, DIM), np.float32), (160, 1)), ids=np.arange(19_200),
            labels=np.zeros(19_200))  # fmt: skip


def dictionary(s: Stranger) -> None:
    matrix = np.broadcast_to(np.float32(0.5), (120, DIM)).copy()
    matrix[::2] = 0.25
    s.embed("val", matrix)
    s.write("val", s.table("val"), use_dictionary=True)


def lying_page(s: Stranger) -> None:
    """The header of the page of vectors says that it unpacks to more than the footer does."""
    path = s.path("val")
    chunk = pq.read_metadata(path).row_group(0).column(2)
    data = bytearray(path.read_bytes())
    at = chunk.data_page_offset
    header = pages._Header(bytes(data[at : at + 1000])).struct()
    old, new = _varint(2 * header[2]), _varint(2 * 1_000_000)
    assert len(old) == len(new)
    place = data.index(old, at)
    data[place : place + len(old)] = new
    path.write_bytes(bytes(data))
    s.list_again("val")


def groups(s: Stranger) -> None:
    s.write("val", s.table("val"), row_group_size=1)


def note(s: Stranger) -> None:
    s.write("val", s.table("val").replace_schema_metadata({"about": "x" * 100_000}))


BROKEN: dict[str, tuple[Change, str]] = {
    "a text file": (raw(lambda data: b"<html>a page</html>"), "not a Parquet file"),
    "an empty name": (raw(lambda data: b"PAR1"), "not a Parquet file"),
    "a zip file": (raw(lambda data: b"PK\x03\x04" + bytes(100)), "not a Parquet file"),
    "a footer cut off": (raw(lambda data: data[:40] + data[-8:]), "not readable as Parquet"),
    "a footer of gigabytes": (raw(lambda data: data[:-8] + b"\xff\xff\xff\x7fPAR1"), "a footer of 2,147,483,647 bytes"),
    "an encrypted footer": (raw(lambda data: data[:-4] + b"PARE"), "not a Parquet file"),
    "a footer of noise": (raw(lambda data: data[:-2000] + bytes(1992) + data[-8:]), "not readable as Parquet"),
    "nesting of 100,000": (raw(lambda _: footer([NEST] * 100_000 + [LEAF])), "not readable as Parquet"),
    "nesting of 5,000": (raw(lambda _: footer([NEST] * 5_000 + [LEAF])), "too deeply nested"),
    "no column": (raw(lambda _: footer([b"\x48\x01a\x15\x00\x00"])), "val"),
    "rows promised": (raw(lambda data: data, rows=119), "120 rows, the manifest says 119"),
    "a huge row count": (raw(lambda _: footer([NEST, LEAF], 2**40)), "val"),
    "a column more": (column("score", lambda t: t["label"]), "the column 'score' does not belong here"),
    "a text of a gigabyte": (column("text", long_text), "the column 'text' does not belong here"),
    "a gigabyte as label": (column("label", long_text), "the column label is dictionary"),
    "an extension type": (column("id", lambda t: pa.ExtensionArray.from_storage(Money(), t["id"].combine_chunks())),
                          "the column id is an extension type"),
    "a struct": (column("label", lambda t: pa.StructArray.from_arrays([t["label"].combine_chunks()], ["a"])),
                 "the column label is struct"),
    "a struct 60 deep": (column("label", deep), "the column label is struct<a: struct<a: "),
    "float64": (column("embedding", lambda t: pa.FixedSizeListArray.from_arrays(floats(t).cast(pa.float64()), DIM)),
                "the column embedding is fixed_size_list<element: double>[900], not"),
    "float16 unannounced": (
        column("embedding", lambda t: pa.FixedSizeListArray.from_arrays(floats(t).cast(pa.float16()), DIM)),
        "the column embedding is fixed_size_list<element: halffloat>[900]"),
    "ragged lists": (column("embedding", ragged), "the column embedding is list<element: float>"),
    "another width": (column("embedding", lambda t: pa.FixedSizeListArray.from_arrays(floats(t)[: 120 * 450], 450)),
                      "the column embedding is fixed_size_list<element: float>[450]"),
    "vectors as text": (column("embedding", lambda t: pa.array(["1 2 3"] * 120)), "the column embedding is string"),
    "ids of 64 bits": (column("id", lambda t: t["id"].cast(pa.int64())), "the column id is int64, not uint32"),
    "labels as numbers with a point": (column("label", lambda t: t["label"].cast(pa.float32())), "label is float"),
    "ids that may be null": (column("id", lambda t: t["id"], nullable=True), "the column id may hold nulls"),
    "no label": (lambda s: s.write("val", s.table("val").drop(["label"])), "the column label is not there"),
    "a column twice": (lambda s: s.write("val", s.table("val").append_column("id", s.table("val")["id"])), "twice"),
    "1,000 columns": (
        lambda s: s.write("val", pa.table({f"c{n}": s.table("val")["id"] for n in range(1_000)})), "1,000 columns"),
    "a bomb of zeros": (bomb, "a bomb"),
    "a row group of 69 MB": (large_groups, "unpacks to more than 64 MiB"),
    "vectors from a dictionary": (dictionary, "bytes for 120 rows of 3,600"),
    "a page that lies": (lying_page, "pages of embedding.list.element unpack to 1,0"),
    "a note of 100 kB": (note, "has more than 65,536 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_shard_is_named(case: str, stranger: Stranger) -> None:
    change, message = BROKEN[case]
    change(stranger)
    problem = first_problem(list(parquet_layout.findings(stranger.version)))
    assert problem.startswith(f"schema: {DATA}/val-00000-of-00001.parquet: ")
    assert message in problem


def test_nothing_is_read_of_what_has_the_wrong_shape(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "split_statistics", lambda *_: pytest.fail("read"))
    BROKEN["a text of a gigabyte"][0](stranger)
    assert "the column 'text' does not belong here" in stranger.problem()


def test_too_many_row_groups(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_layout, "MAX_GROUPS", 100)
    groups(stranger)
    assert "schema: " in first_problem(list(parquet_layout.findings(stranger.version)))


def test_one_file_under_two_names(stranger: Stranger) -> None:
    stranger.path("test").write_bytes(stranger.path("val").read_bytes())
    stranger.list_again("test")
    assert stranger.problem() == (
        "shards: digits-first120/val-00000-of-00001.parquet and digits-first120/test-00000-of-00001.parquet are the "
        "same file"
    )


def test_more_rows_than_any_dataset_has(stranger: Stranger) -> None:
    stranger.list_again("val", rows=30_000_000)
    assert "30,000,000 rows in val, 20,000,000 are the limit" in first_problem(
        list(parquet_layout.findings(stranger.version))
    )


def test_more_numbers_than_any_backbone_makes(stranger: Stranger) -> None:
    stranger.say(lambda said: said.update(dim=10**9))
    assert "1000000000 numbers per image" in first_problem(list(parquet_layout.findings(stranger.version)))


def test_more_classes_than_sums_fit(stranger: Stranger) -> None:
    stranger.say(lambda said: said["datasets"][DATA].update(n_classes=10**9))
    assert "1,000,000,000 classes" in first_problem(list(parquet_layout.findings(stranger.version)))


def test_shards_of_other_writers_are_welcome(stranger: Stranger) -> None:
    """Other page sizes, codecs, encodings and page versions are nobody's fault."""
    stranger.write("train", stranger.table("train"), compression="snappy", data_page_size=4096)
    stranger.write("val", stranger.table("val"), compression="none", data_page_version="2.0", row_group_size=7)
    stranger.write("test", stranger.table("test"), use_dictionary=["id", "label"], write_statistics=False)
    assert [f.status for f in parquet_layout.findings(stranger.version)] == ["ok"]

"""Tables are written as CSV, JSON, Parquet and Arrow with full precision, the same bytes for the same rows."""

from collections.abc import Callable, Mapping

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

MOMENT = "%Y-%m-%dT%H:%M:%S%.fZ"
"""ISO 8601 in UTC, with as many decimals of a second as there are."""


def as_csv(frame: pl.DataFrame) -> bytes:
    """Return CSV with a header; lists are joined with +, moments are ISO 8601, what is missing is empty."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    joined = pl.col(lists).cast(pl.List(pl.String)).list.join("+")
    return _moments_as_text(frame.with_columns(joined) if lists else frame).write_csv().encode()


def as_json(frame: pl.DataFrame) -> bytes:
    """Return a list of records; what is missing is null."""
    return _moments_as_text(frame).write_json().encode() + b"\n"


def as_parquet(frame: pl.DataFrame) -> bytes:
    """Return Parquet of plain types, which every reader knows."""
    sink = pa.BufferOutputStream()
    pq.write_table(_plain(frame), sink, compression="zstd")
    return bytes(sink.getvalue())


WRITERS: Mapping[str, Callable[[pl.DataFrame], bytes]] = {"csv": as_csv, "json": as_json, "parquet": as_parquet}
"""End of a file's name -> what writes it."""


def as_arrow(frame: pl.DataFrame) -> bytes:
    """Return an IPC stream for DuckDB in a browser: neither compressed nor with views, dictionaries or time zones, none
    of which all of its parts read. Moments are in UTC."""
    zoned = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    table = _plain(frame.with_columns(pl.col(zoned).dt.replace_time_zone(None)) if zoned else frame)
    sink = pa.BufferOutputStream()
    # Made anew from its values: an array may hold anything where a value is missing, and Arrow writes that as well.
    columns = [pa.array(column.to_pylist(), column.type) for column in table.columns]
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(pa.table(columns, schema=table.schema))
    return bytes(sink.getvalue())


def _moments_as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Format moments as text."""
    moments = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    return frame.with_columns(pl.col(moments).dt.strftime(MOMENT)) if moments else frame


def _plain(frame: pl.DataFrame) -> pa.Table:
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    return table.cast(pa.schema([field.with_type(_plain_type(field.type)) for field in table.schema]))


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of a column without the offsets of 64 bits and the dictionaries that Polars writes."""
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_large_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_null(kind) else kind

"""The SQL views over a store: `versions`, `shards`, `embeddings`, `images`, `metadata` and `results`."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from fuseboard.store.arrays import is_multi_label
from fuseboard.store.embeddings import image_table, metadata
from fuseboard.store.embeddings.transform_file import coding_of
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import UsageError
from fuseboard.store.files import literal_path
from fuseboard.store.files.literal_path import quoted
from fuseboard.store.results import rows as results

NO_EMBEDDINGS = (
    "SELECT NULL::VARCHAR AS backbone, NULL::VARCHAR AS fingerprint, NULL::VARCHAR AS dataset, NULL::VARCHAR AS split, "
    "NULL::VARCHAR AS row_order, NULL::VARCHAR AS source_md5, NULL::UINTEGER AS id, NULL::USMALLINT AS label, "
    "NULL::UTINYINT[] AS labels, NULL::FLOAT[] AS embedding WHERE false"
)


def select(root: Path, versions: Sequence[Version], query: str) -> duckdb.DuckDBPyRelation:
    """Runs one SELECT over the views of a store; it can read the store's own files and change nothing.

    Args:
        root: the store's folder.
        versions: all of the store.
        query: one SELECT statement.

    Raises:
        UsageError: the query is no SELECT, or DuckDB refuses it.
    """
    connection = duckdb.connect()
    try:
        statements = connection.extract_statements(query)
    except duckdb.Error as error:
        raise UsageError(f"SQL: {str(error).splitlines()[0]}") from error
    # DuckDB 1.x takes some PRAGMAs for a SELECT.
    is_pragma = query.lstrip().lower().startswith("pragma")
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT or is_pragma:
        raise UsageError("SQL: one SELECT statement is expected; the catalog is read-only")
    _create(connection, root, versions)
    folders = ", ".join(map(quoted, literal_path.duckdb_folders(connection, root)))
    connection.execute(f"SET allowed_directories = [{folders}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    try:
        return connection.sql(query)
    except duckdb.Error as error:
        raise UsageError(f"SQL: {' '.join(str(error).split())}") from error


def _create(connection: duckdb.DuckDBPyConnection, root: Path, versions: Sequence[Version]) -> None:
    """Makes the views; result rows are read now, shards are read by the queries."""
    facts = [
        {
            "backbone": v.manifest.backbone,
            "fingerprint": v.manifest.fingerprint,
            "dim": v.manifest.dim,
            "dtype": v.manifest.dtype,
            "created": v.manifest.created,
            "licence": v.manifest.about.licence,
        }
        for v in versions
    ]
    connection.register("_versions", pl.DataFrame(facts, schema=VERSIONS).to_arrow())
    connection.execute("CREATE VIEW versions AS SELECT * FROM _versions")
    connection.register("_shards", pl.DataFrame([s for v in versions for s in _shards(v)], schema=SHARDS).to_arrow())
    connection.execute("CREATE VIEW shards AS SELECT * FROM _shards")
    parts = [
        _part(connection, version, dataset, split)
        for version in versions
        for dataset, entry in version.manifest.datasets.items()
        for split in entry.splits
    ]
    connection.execute(f"CREATE VIEW embeddings AS {' UNION ALL '.join(parts) or NO_EMBEDDINGS}")
    tables = [_images(name, table) for name in image_table.datasets(root) for table in image_table.every(root, name)]
    connection.register("_images", pl.concat([pl.DataFrame(schema=IMAGES), *tables]).to_arrow())
    connection.execute("CREATE VIEW images AS SELECT * FROM _images")
    said = [table.select(pl.lit(name).alias("dataset"), "*") for name, table in metadata.every(root).items()]
    connection.register("_metadata", pl.concat([pl.DataFrame(schema=METADATA), *said]).to_arrow())
    connection.execute("CREATE VIEW metadata AS SELECT * FROM _metadata")
    connection.register("_results", results.read(root).to_arrow())
    connection.execute("CREATE VIEW results AS SELECT * FROM _results")


VERSIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "backbone": pl.String,
    "fingerprint": pl.String,
    "dim": pl.Int64,
    "dtype": pl.String,
    "created": pl.Datetime("us", "UTC"),
    "licence": pl.String,
}
IMAGES: dict[str, pl.DataType | type[pl.DataType]] = {
    "dataset": pl.String,
    "source_md5": pl.String,
    "split": pl.String,
    "id": pl.UInt32,
    "path": pl.String,
    "label_name": pl.String,
    "group": pl.String,
    "md5": pl.String,
}
"""`source_md5` tells the present images from earlier ones, as it does in `results`; a label is a name here."""
METADATA: dict[str, pl.DataType | type[pl.DataType]] = {"dataset": pl.String, **metadata.SCHEMA}
SHARDS: dict[str, pl.DataType | type[pl.DataType]] = {
    "backbone": pl.String,
    "fingerprint": pl.String,
    "dataset": pl.String,
    "split": pl.String,
    "file": pl.String,
    "rows": pl.Int64,
    "bytes": pl.Int64,
    "sha256": pl.String,
}


def _images(dataset: str, table: pl.DataFrame) -> pl.DataFrame:
    named = table.with_columns(dataset=pl.lit(dataset)).rename({"label": "label_name"})
    lacking = [pl.lit(None, kind).alias(name) for name, kind in IMAGES.items() if name not in named.columns]
    return named.with_columns(lacking).select(pl.col(name).cast(kind) for name, kind in IMAGES.items())


def _shards(version: Version) -> list[dict[str, object]]:
    return [
        {
            "backbone": version.manifest.backbone,
            "fingerprint": version.manifest.fingerprint,
            "dataset": dataset,
            "split": split,
            "file": shard.file,
            "rows": shard.rows,
            "bytes": shard.bytes,
            "sha256": shard.sha256,
        }
        for dataset, split, shard in version.manifest.shards()
    ]


def _part(connection: duckdb.DuckDBPyConnection, version: Version, dataset: str, split: str) -> str:
    """Returns the SELECT over one split; `label` and `labels` are two columns because a class is not a set of findings.

    Where `row_order` is unknown, `id` is the row's place in the file it was imported from and names no image.
    """
    rows = literal_path.duckdb_parquet(connection, version.shards(dataset, split))
    order = "official" if version.manifest.entry(dataset, split).numbering == "official" else "unknown"
    multi_label = is_multi_label(version.manifest.datasets[dataset].task)
    label, labels = ("NULL::USMALLINT", "label::UTINYINT[]") if multi_label else ("label", "NULL::UTINYINT[]")
    return (
        f"SELECT {quoted(version.manifest.backbone)} AS backbone, "
        f"{quoted(version.manifest.fingerprint)} AS fingerprint, "
        f"{quoted(dataset)} AS dataset, {quoted(split)} AS split, {quoted(order)} AS row_order, "
        f"{quoted(version.manifest.datasets[dataset].source_md5)} AS source_md5, "
        f"id, {label} AS label, {labels} AS labels, "
        f"{coding_of(version).sql()} AS embedding FROM {rows}"
    )

"""Results offer the same facts as the pages, at full precision, for programs."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.feeds import tables
from fuseboard.leaderboard.output import duckdb_wasm
from fuseboard.leaderboard.published.verdicts.groups import compact
from fuseboard.store.results.schema import SCHEMA

ROWS = "data/results.parquet"
"""Every row, by whose hash the pages name what they were made of."""
COLUMNS = (*(name for name in SCHEMA if name not in {"right", "scores"}), "superseded", "origin")
"""A published row has all columns of a result but its answers per image, whether a newer row is in its place, and who
measured it."""


def files(site: SiteContext) -> Mapping[str, bytes]:
    """Map each path on the site to its content; a release has the rows alone, of which the rest was computed."""
    rows = published(site.snapshot.rows, site.snapshot.referenced)
    if site.release:
        return {ROWS: tables.as_parquet(rows)}
    found = {
        "data/results.json": as_json(site).encode(),
        "data/results.csv": tables.as_csv(rows),
        ROWS: tables.as_parquet(rows),
    }
    return found | ({"data/results.arrow": tables.as_arrow(rows)} if duckdb_wasm.files() else {})


def published(rows: pl.DataFrame, referenced: Collection[str] = ()) -> pl.DataFrame:
    """Return every result row without its answers per image, superseded ones too and marked as such, by key.

    Args:
        rows: of the snapshot.
        referenced: keys of those that came with fuseboard.
    """
    origin = pl.when(pl.col("key").is_in(list(referenced))).then(pl.lit("project")).otherwise(pl.lit("store"))
    return rows.with_columns(origin.alias("origin")).select(COLUMNS).sort("key")


def as_json(site: SiteContext) -> str:
    """Return boards, costs, missing results, verdicts on published figures and submissions; `format` changes when a
    reader must."""
    snapshot = site.snapshot
    content: dict[str, Any] = {
        "format": 2,
        "newest": snapshot.newest.isoformat() if snapshot.newest else None,
        "boards": [board.model_dump(mode="json") for board in snapshot.boards],
        "uncertainties": [board_uncertainty.as_json() for board_uncertainty in snapshot.board_uncertainties.values()],
        "extractions": [
            {**vars(extraction), "profile": extraction.profile.model_dump(mode="json")}
            for extraction in site.extractions
        ],
        "totals": [asdict(total) for total in site.totals],
        "searches": [asdict(search) for search in site.searches],
        "runtimes": [asdict(runtime) for runtime in site.runtimes],
        "similarities": [{"key": row.key, **row.model_dump(mode="json")} for row in snapshot.similarities],
        "missing_results": [asdict(missing_result) for missing_result in site.missing_results],
        "verdicts": compact(site.verdicts),
        "submissions": [one.as_json() for one in site.submissions],
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"

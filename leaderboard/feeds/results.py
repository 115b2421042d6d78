"""Results: the same facts as the pages, at full precision, for programs."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from leaderboard import bundle
from leaderboard.feeds import tables
from leaderboard.material import Material
from leaderboard.verdicts.lines import compact
from store.results import SCHEMA

COLUMNS = (*(name for name in SCHEMA if name not in {"right", "scores"}), "superseded")
"""Of a published row: all of a result's but its answers per image, and whether a newer row is in its place."""


def files(material: Material) -> Mapping[str, bytes]:
    """Path on the site -> content."""
    rows = published(material.snapshot.rows)
    found = {
        "data/results.json": as_json(material).encode(),
        "data/results.csv": tables.as_csv(rows),
        "data/results.parquet": tables.as_parquet(rows),
    }
    return found | ({"data/results.arrow": tables.as_arrow(rows)} if bundle.files() else {})


def published(rows: pl.DataFrame) -> pl.DataFrame:
    """Every result row without its answers per image, superseded ones too and marked as such, by key."""
    return rows.select(COLUMNS).sort("key")


def as_json(material: Material) -> str:
    """Boards, costs, gaps, the verdicts on published figures and submissions. `format` changes when a reader must."""
    snapshot = material.snapshot
    content: dict[str, Any] = {
        "format": 1,
        "newest": snapshot.newest.isoformat() if snapshot.newest else None,
        "boards": [board.model_dump(mode="json") for board in snapshot.boards],
        "chances": [chance.as_json() for chance in snapshot.chances.values()],
        "extractions": [
            {**vars(extraction), "profile": extraction.profile.model_dump(mode="json")}
            for extraction in material.extractions
        ],
        "totals": [asdict(total) for total in material.totals],
        "searches": [asdict(search) for search in material.searches],
        "runtimes": [asdict(runtime) for runtime in material.runtimes],
        "similarities": [{"key": row.key, **row.model_dump(mode="json")} for row in snapshot.similarities],
        "gaps": [asdict(gap) for gap in material.gaps],
        "verdicts": compact(material.verdicts),
        "submissions": [one.as_json() for one in material.submitted],
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"

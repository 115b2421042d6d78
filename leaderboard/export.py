"""Exports: the same facts as the pages, at full precision, for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from leaderboard.boards.costs import extractions, searches, totals
from leaderboard.boards.gaps import gaps
from leaderboard.boards.runtime import runtimes
from leaderboard.boards.snapshot import Snapshot
from leaderboard.submissions import Submitted
from leaderboard.verdicts.judgement import Verdict
from leaderboard.verdicts.lines import compact


def as_json(snapshot: Snapshot, verdicts: Sequence[Verdict], submitted: Sequence[Submitted] = ()) -> str:
    """Boards, costs, gaps, the verdicts on published figures and submissions. `format` changes when a reader must."""
    measured, fitted = extractions(snapshot.manifests), searches(snapshot.rows)
    content: dict[str, Any] = {
        "format": 1,
        "newest": snapshot.newest.isoformat() if snapshot.newest else None,
        "boards": [board.model_dump(mode="json") for board in snapshot.boards],
        "chances": [chance.as_json() for chance in snapshot.chances.values()],
        "extractions": [
            {**vars(extraction), "profile": extraction.profile.model_dump(mode="json")} for extraction in measured
        ],
        "totals": [asdict(total) for total in totals(measured)],
        "searches": [asdict(search) for search in fitted],
        "runtimes": [asdict(runtime) for runtime in runtimes(snapshot.manifests, measured, fitted)],
        "similarities": [{"key": row.key, **row.model_dump(mode="json")} for row in snapshot.similarities],
        "gaps": [asdict(gap) for gap in gaps(snapshot)],
        "verdicts": compact(verdicts),
        "submissions": [one.as_json() for one in submitted],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(snapshot: Snapshot) -> str:
    """Every result row without its answers per image, superseded ones too and marked as such; lists joined with +."""
    lists = [name for name, kind in snapshot.rows.schema.items() if kind == pl.List(pl.String)]
    flat = snapshot.rows.drop("right").sort("key").with_columns(pl.col(lists).list.join("+"))
    return flat.write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ")

"""Runtime and memory: what extraction, search and tuning took."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

import polars as pl

from leaderboard.boards.costs import Extraction, Search, Total
from leaderboard.boards.runtime import Phase, Runtime
from leaderboard.material import Material
from leaderboard.pages.page import Page
from leaderboard.plots.phases import phases
from store.manifest import Profile

_KINDS: dict[Any, Any] = {
    str: pl.String,
    int: pl.Int64,
    float: pl.Float64,
    int | None: pl.Int64,
    str | None: pl.String,
    float | None: pl.Float64,
    tuple[str, ...]: pl.List(pl.String),
    tuple[int, ...]: pl.List(pl.String),
}
"""Type of a field -> that of its column; a page's tables hold lists of text alone."""


def pages(material: Material) -> Iterator[Page]:
    """One."""
    yield Page(
        path="runtime.html",
        template="runtime.html.j2",
        title="Runtime and memory",
        description="What computing the embeddings and searching over them took, on which machines.",
        context={
            "extractions": material.extractions,
            "totals": material.totals,
            "searches": material.searches,
            "runtimes": material.runtimes,
            "drawing": phases(material.runtimes),
        },
        tables={
            "runtime-totals": pl.DataFrame([asdict(total) for total in material.totals], schema=_kinds(Total)),
            "runtime-fits": _fits(material.searches),
            "runtime-extractions": _extractions(material.extractions),
            "runtime-phases": _phases(material.runtimes),
        },
    )


def _kinds(of: type) -> dict[str, Any]:
    return {field.name: _KINDS[field.type] for field in fields(of)}


def _fits(found: Sequence[Search]) -> pl.DataFrame:
    rows = [{**asdict(search), "jobs": [str(jobs) for jobs in search.jobs]} for search in found]
    return pl.DataFrame(rows, schema=_kinds(Search))


def _extractions(found: Sequence[Extraction]) -> pl.DataFrame:
    own = {field.name: _KINDS[field.type] for field in fields(Extraction) if field.name != "profile"}
    profile = {name: _KINDS[field.annotation] for name, field in Profile.model_fields.items()}
    rows = [{**{name: getattr(one, name) for name in own}, **one.profile.model_dump()} for one in found]
    return pl.DataFrame(rows, schema=own | profile)


def _phases(found: Sequence[Runtime]) -> pl.DataFrame:
    rows = [
        {"dataset": runtime.dataset, "protocol": runtime.protocol, "phase": name, **asdict(phase)}
        for runtime in found
        for name, phase in runtime.phases.items()
    ]
    return pl.DataFrame(rows, schema={**dict.fromkeys(("dataset", "protocol", "phase"), pl.String), **_kinds(Phase)})

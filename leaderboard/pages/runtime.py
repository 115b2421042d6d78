"""The page of runtime and memory shows what extraction, search and tuning took; a page per dataset has its splits."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.costs.costs import Extraction, Search
from fuseboard.leaderboard.costs.runtime import Phase, Runtime
from fuseboard.leaderboard.costs.totals import Total
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.plots.figure import Figure
from fuseboard.leaderboard.plots.runtime import phases
from fuseboard.store.embeddings.manifest import Profile

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


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the page of runtime and memory, and one page per dataset that was embedded."""
    drawing = phases(site.runtimes)
    figure = Figure("runtime-phases", drawing, _phases(site.runtimes)) if drawing else None
    yield Page(
        path="runtime.html",
        template="runtime.html.j2",
        title="Runtime and memory",
        description="What computing the embeddings and searching over them took, on which machines.",
        context={
            "extractions": site.extractions,
            "totals": site.totals,
            "searches": site.searches,
            "runtimes": site.runtimes,
            "drawing": figure,
        },
        figures=[figure] if figure else [],
        tables={
            "runtime-totals": pl.DataFrame([asdict(total) for total in site.totals], schema=_kinds(Total)),
            "runtime-fits": _fits(site.searches),
            "runtime-extractions": _extractions(site.extractions),
            "runtime-phases": _phases(site.runtimes),
        },
    )
    for dataset in sorted({one.dataset for one in site.extractions}):
        yield Page(
            path=address.runtime(dataset),
            template="runtime_splits.html.j2",
            title=f"What embedding {dataset} took",
            description=f"Speed, time and memory of every backbone on every split of {dataset}.",
            context={
                "dataset": dataset,
                "extractions": [one for one in site.extractions if one.dataset == dataset],
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

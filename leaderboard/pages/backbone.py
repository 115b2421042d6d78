"""A backbone page shows its facts, scores, contribution and costs, and how to load its embeddings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address, figures
from fuseboard.leaderboard.pages import backbone_profile as boards
from fuseboard.leaderboard.pages.backbone_profile import Results
from fuseboard.leaderboard.pages.loading_snippets import Loading, loading
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.plots.figure import Figure
from fuseboard.leaderboard.plots.intervals import Estimate, intervals
from fuseboard.leaderboard.published.verdicts.verdicts import Verdict
from fuseboard.leaderboard.rows.version_files import VersionFiles
from fuseboard.store.embeddings.manifest import SPLITS, Manifest

WEB = re.compile(r"https://[A-Za-z0-9.-]+\.[a-z]{2,}(/[A-Za-z0-9._~/?=&%+:@#()-]*)?")
CANARY = 5
"""Numbers of a canary's vector that are shown."""
ORIGIN = {
    "extracted": "extracted on",
    "imported": "imported from",
    "pulled": "pulled from",
    "derived": "derived from",
}
PUT = {"pushed": "pushed to", "drafted": "drafted at", "published": "published at"}


@dataclass(frozen=True)
class Version:
    """It is one version that the store holds."""

    manifest: Manifest
    version_files: VersionFiles
    came: tuple[str, ...]
    """Where it came from and where it was put, each once."""
    doubts: tuple[str, ...]
    """What is known to be unsure about it."""


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield one page per backbone that has embeddings or a result row."""
    snapshot = site.snapshot
    published = boards.published(site.verdicts)
    for name in boards.names(snapshot):
        yield _page(name, site, published.get(name, ()))


def web(text: str | None) -> str | None:
    """Return the text where it is a plain address on the web, else None: everything else is not linked."""
    return text if text and WEB.fullmatch(text) else None


def _page(name: str, site: SiteContext, published: Sequence[Verdict]) -> Page:
    snapshot = site.snapshot
    own = [_version(manifest, site) for manifest in boards.versions(name, snapshot)]
    current = own[0] if own else None
    results = tuple(boards.results(name, site.singles, site.apart_singles, snapshot.boards))
    slug = address.slug(name)
    drawn = {one.protocol: _figure(name, one) for one in results}
    return Page(
        path=address.backbone(name),
        template="backbone.html.j2",
        title=name,
        description=f"{name}: what its frozen embeddings score alone, what they add to others, and how to load them.",
        context={
            "name": name,
            "current": current,
            "versions": own,
            "results": results,
            "drawings": drawn,
            "pool_contributions": list(boards.pool_contributions(name, snapshot.boards)),
            "similar_backbones": list(boards.similar_backbones(name, site.comparisons.grids)),
            "extractions": [one for one in site.extractions if one.backbone == name],
            "published": published,
            "loading": _loading(current),
            "preprocessing": _choices(current.manifest.identity) if current else (),
            "web": web,
            "canary": CANARY,
            "numbers": {one.manifest.fingerprint: number for number, one in enumerate(own, 1)},
        },
        figures=list(filter(None, drawn.values())),
        tables={f"backbone-{slug}": _frame(results)} if any(one.alone for one in results) else {},
    )


def _version(manifest: Manifest, site: SiteContext) -> Version:
    version_files = site.snapshot.version_files[manifest.backbone, manifest.fingerprint]
    labels = {**ORIGIN, **PUT}
    came = [
        f"{labels[event.what]} {event.where}" + (f" ({event.doi})" if event.doi else "")
        for event in version_files.events
    ]
    return Version(manifest, version_files, tuple(dict.fromkeys(came)), tuple(_doubts(manifest, version_files)))


def _doubts(manifest: Manifest, version_files: VersionFiles) -> Iterator[str]:
    if version_files.unverified:
        yield f"nobody has confirmed what its card says of {', '.join(version_files.unverified)}"
    if not manifest.canary:
        yield "it has no canary: nobody could compute one"
    for dataset, entry in manifest.datasets.items():
        for split in SPLITS:
            part = entry.splits.get(split)
            if part is not None and part.imported is not None:
                order = "" if part.imported.order == "official" else "the order of its rows is unknown: "
                yield f"{dataset} {split} was imported from {part.imported.source}; {order}{part.imported.proof}"


def _loading(current: Version | None) -> Loading | None:
    return loading(current.manifest, current.version_files.events) if current else None


def _choices(identity: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """Return everything that decides the vectors, one line per choice, as it was resolved."""
    found: list[tuple[str, str]] = []
    for name, value in identity.items():
        if isinstance(value, dict):
            found += _choices(value, f"{above}{name}.") if value else []
        elif value is not None:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            found.append((f"{above}{name}", text))
    return found


def _figure(name: str, results: Results) -> Figure | None:
    rows = []
    for score in (one.score for one in results.alone):
        if score.auc is not None:
            low, high = score.interval or (None, None)
            rows.append(Estimate(score.dataset, score.auc, low, high, f"../{address.dataset(score.dataset)}"))
    title = f"Test AUC of {name} alone under {results.protocol}, with 95 % intervals"
    drawing = intervals(rows, title)
    slug = f"{address.slug(name)}-{address.slug(results.protocol)}"
    return Figure(f"alone-{slug}", drawing, figures.estimates(rows)) if drawing else None


def _frame(results: Sequence[Results]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "protocol": part.protocol,
                "dataset": one.score.dataset,
                "auc": one.score.auc,
                "auc_low": one.score.interval[0] if one.score.interval else None,
                "auc_high": one.score.interval[1] if one.score.interval else None,
                "acc": one.score.acc,
                "acc_low": one.score.acc_interval[0] if one.score.acc_interval else None,
                "acc_high": one.score.acc_interval[1] if one.score.acc_interval else None,
                "rank": one.rank,
                "of": one.of,
                "reason": one.score.reason,
                "key": one.score.key,
            }
            for part in results
            for one in part.alone
        ],
        schema={
            **dict.fromkeys(("protocol", "dataset"), pl.String),
            **dict.fromkeys(("auc", "auc_low", "auc_high", "acc", "acc_low", "acc_high"), pl.Float64),
            **dict.fromkeys(("rank", "of"), pl.Int64),
            **dict.fromkeys(("reason", "key"), pl.String),
        },
    )

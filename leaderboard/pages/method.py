"""The method page shows every formula of the site and its source, the protocols, and how to cite."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.providers import Definition
from fuseboard.leaderboard.output.base_url import is_public
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.releases import citation


@dataclass(frozen=True)
class Use:
    """It is what the rows of one evaluation say of a protocol."""

    evaluation: str
    rows: int
    datasets: int
    classifiers: tuple[str, ...]
    selection: tuple[str, ...]
    """The metric that chooses, then the tie-breaks."""
    seeds: tuple[int, ...]
    definitions: int
    """Different ones under this name; evaluations with settings have one each."""


@dataclass(frozen=True)
class Protocol:
    """It is one protocol as this project defines it, and as rows use it."""

    name: str
    definition: Definition | None
    choices: tuple[tuple[str, str], ...]
    uses: tuple[Use, ...]
    warning: str | None
    """What rows and definition disagree on."""


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the method page."""
    newest = site.snapshot.newest
    yield Page(
        path="method.html",
        template="method.html.j2",
        title="Method",
        description="Every metric, interval, test and ranking of this site with its formula and source; how to cite.",
        context={
            "protocols": _protocols(site),
            "version": version("fuseboard"),
            "year": newest.year if newest else None,
            "title": citation.TITLE,
            "citation": citation.bibtex(site.release) if site.release else None,
            "public": is_public(site.url),
        },
    )


def _protocols(site: SiteContext) -> tuple[Protocol, ...]:
    """Return those that have a board first, then those that are defined, then whatever else rows name."""
    known, rows = site.sources.protocols(), site.snapshot.rows
    names = dict.fromkeys([*site.protocols, *sorted(known), *rows["protocol"].unique().sort()])
    return tuple(
        Protocol(
            name=name,
            definition=known.get(name),
            choices=tuple(_flat(known[name].choices)) if name in known else (),
            uses=_uses(rows.filter(pl.col("protocol") == name)),
            warning=_warning(name, known, site.unknown_protocols),
        )
        for name in names
    )


def _warning(name: str, known: Mapping[str, Definition], unknown: Mapping[str, str]) -> str | None:
    if name in unknown:
        return unknown[name]
    return None if name in known else "This project defines no protocol of that name; below is what its rows say."


def _uses(rows: pl.DataFrame) -> tuple[Use, ...]:
    found = []
    for group in rows.partition_by("evaluation", maintain_order=True):
        classifiers = group["classifier"].str.split(" ").list.first().unique().sort()
        found.append(
            Use(
                evaluation=group["evaluation"][0],
                rows=len(group),
                datasets=group["dataset"].n_unique(),
                classifiers=tuple(classifiers),
                selection=tuple(group["selection"][0]),
                seeds=tuple(group["seed"].unique().sort()),
                definitions=group["protocol_digest"].n_unique(),
            )
        )
    return tuple(found)


def _flat(choices: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in choices.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield f"{before}{name}", ", ".join(str(part) for part in value)
        elif value is not None:
            yield f"{before}{name}", str(value)

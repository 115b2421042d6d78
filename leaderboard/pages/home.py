"""The front page answers: which backbone to use, whether fusing pays, and what to do next."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fuseboard.leaderboard.answers.choices import DatasetChoices
from fuseboard.leaderboard.answers.needs import LICENCES, MEMORIES
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address, figures
from fuseboard.leaderboard.pages.examples import Example, examples
from fuseboard.leaderboard.pages.loading_snippets import loading
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.plots.figure import Figure
from fuseboard.leaderboard.rankings.table import Score


@dataclass(frozen=True)
class BestMethod:
    """It is the method that scores most on one dataset, what was found on test left out."""

    name: str
    score: Score
    methods: int
    """That were measured there."""
    tied: int
    """That cannot be told from it, itself among them."""


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the front page."""
    first = next(iter(site.answers.distinct), None)
    best = site.answers.choices[first].answer.best[0] if first else None
    manifest = site.snapshot.current.get(best) if best else None
    beside = site.snapshot.version_files.get((manifest.backbone, manifest.fingerprint)) if manifest else None
    choices = site.answers.choices
    cards = [(choices[d].answer, thumbnail(site, d), best_method(site, d)) for d in site.answers.distinct]
    drawn = list(drawings(site))
    yield Page(
        path="index.html",
        template="index.html.j2",
        title=headline(site),
        description="Which frozen image model to use for medical images, and whether combining several pays, with "
        "the uncertainty of every number.",
        context={
            "first": choices[first] if first else None,
            "cards": cards,
            "groups": site.snapshot.domains.groups(choices),
            "licences": LICENCES,
            "memories": MEMORIES,
            "asked": as_json(choices),
            "loading": loading(manifest, beside.events if beside else ()) if manifest else None,
            "best": best,
            "figures": drawn,
        },
        figures=[figure for figure, _ in drawn],
    )


def headline(site: SiteContext) -> str:
    """Return what is ranked, in one line."""
    if not site.answers.distinct:
        return "Which frozen image models to use on medical images, and whether combining them pays"
    models, count = len(site.answers.models), len(site.answers.distinct)
    return (
        f"{models} frozen image models on {count} medical dataset{'s'[: count != 1]}: which to use, and whether "
        "combining them pays"
    )


def drawings(site: SiteContext) -> Iterator[tuple[Figure, str]]:
    """Yield the figures of the front page with their captions: the first backbones, and what they cost."""
    if not site.singles or not site.answers.distinct:
        return
    table, costs = site.singles[0], site.efficiencies[0]
    over = ", ".join(table.counted)
    if first := figures.standings(table, "first-backbones", ""):
        told = "shaded are those that cannot be told from the best"
        yield first, f"Mean test AUC over {over} under {table.protocol}, with 95 % intervals; {told}."
    for figure in figures.fronts(costs, None, ("parameters",), ""):
        told = "no backbone scores more with fewer than one that is named"
        yield replace(figure, name="auc-against-parameters"), f"The same against parameters; {told}."
    place = max(costs.places, key=lambda one: len(costs.at(one)), default=None)
    if place is not None:
        memory = figures.memory_of(costs, place)
        kind = "memory of the GPU" if memory == "peak_vram_mb" else "memory of the whole process"
        for figure in figures.fronts(costs, place, (memory,), ""):
            yield replace(figure, name="auc-against-memory"), f"The same against {kind} on {', '.join(place)}."


def best_method(site: SiteContext, dataset: str) -> BestMethod | None:
    """Return the method with the highest test AUC on a dataset, under the protocol of its answer; None without one."""
    protocol = site.answers.choices[dataset].answer.protocol
    table = next((one for one in site.fusions if one.protocol == protocol), None)
    on = table.on.get(dataset) if table else None
    if table is None or on is None or not on.best:
        return None
    row = next(row for row in table.rows if row.name == on.best[0])
    return BestMethod(table.title(row.name, dataset), row.scores[dataset], len(on.places), len(on.best) + len(on.tied))


def thumbnail(site: SiteContext, dataset: str) -> Example | None:
    """Return one training image of a dataset; None where none may be shown."""
    return next(iter(examples(dataset, site.sources.examples(dataset))), None)


def as_json(choices: Mapping[str, DatasetChoices]) -> str:
    """Return what the picker looks answers up in."""
    told: dict[str, Any] = {
        dataset: {
            "page": address.dataset(dataset),
            "protocol": own.answer.protocol,
            "answers": [one.sentences for one in own.choices],
            "limits": {
                f"{limits.memory_gb or ''} {limits.licence}": number
                for number, one in enumerate(own.choices)
                for limits in one.limits
            },
            "few": [[images, sentence] for images, sentence in own.few.items()],
        }
        for dataset, own in choices.items()
    }
    return json.dumps(told, ensure_ascii=False, allow_nan=False)

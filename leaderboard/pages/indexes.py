"""The indexes list every dataset and every backbone, each with what is best there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.dataset_facts import facts
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages.home import thumbnail
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.rankings.table import Score
from fuseboard.store.embeddings import random_weights
from fuseboard.store.embeddings.manifest import Manifest


@dataclass(frozen=True)
class Spread:
    """It says what the backbones score alone on one dataset: the differences that choosing one can make."""

    protocol: str
    best: tuple[str, Score]
    median: float
    worst: float
    backbones: int


@dataclass(frozen=True)
class IndexedBackbone:
    """It is one backbone with where it stands under the first protocol that has it."""

    name: str
    manifest: Manifest | None
    best_on: Mapping[str, Score]
    """Dataset on which none scores more alone -> what it scores there."""
    tied_on: tuple[str, ...]
    """Datasets on which it cannot be told from the best."""
    measured_on: tuple[str, ...]


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the index of datasets and that of backbones."""
    boards: dict[str, list[Board]] = {}
    for board in site.snapshot.boards:
        boards.setdefault(board.dataset, []).append(board)
    domains = site.snapshot.domains
    datasets = domains.in_order(site.datasets)
    yield Page(
        path="datasets.html",
        template="datasets.html.j2",
        title="Datasets",
        description="Every dataset with its modality, images, best backbone and the spread between backbones.",
        context={
            "facts": {name: facts(name, site.snapshot.manifests, boards.get(name, ()), domains) for name in datasets},
            "pictures": {name: thumbnail(site, name) for name in datasets},
            "spreads": _spreads(site),
        },
    )
    yield Page(
        path="backbones.html",
        template="backbones.html.j2",
        title="Backbones",
        description="Every frozen backbone with its size, licence, and the datasets on which none is better.",
        context={"indexed": _backbones(site)},
    )


def _spreads(site: SiteContext) -> Mapping[str, Spread]:
    found = {}
    for dataset, own in site.answers.choices.items():
        aucs = [score.auc for _, score in own.answer.singles if score.auc is not None]
        found[dataset] = Spread(own.answer.protocol, own.answer.best, median(aucs), min(aucs), len(aucs))
    return found


def _backbones(site: SiteContext) -> list[IndexedBackbone]:
    """Return the backbones, those first that cannot be told from the best on most datasets; untrained copies last."""
    found = []
    for name in site.backbones:
        answers = [own.answer for own in site.answers.choices.values()]
        found.append(
            IndexedBackbone(
                name=name,
                manifest=site.snapshot.current.get(name),
                best_on={one.dataset: one.best[1] for one in answers if one.best[0] == name},
                tied_on=tuple(one.dataset for one in answers if name in one.tied),
                measured_on=tuple(one.dataset for one in answers if name in dict(one.singles)),
            )
        )
    return sorted(
        found,
        key=lambda one: (
            random_weights.trained(one.name) is not None,
            -len(one.best_on),
            -len(one.tied_on),
            one.name,
        ),
    )

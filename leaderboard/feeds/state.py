"""The state is what a site keeps beside its rows so that the next build can say what changed."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.feeds.entry import Count, Share, Text
from fuseboard.leaderboard.rankings.table import RankingTable
from fuseboard.leaderboard.rows.changed_inputs import vectors_of

Names = tuple[Text, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ranked(_Strict):
    """It is one row of a board."""

    name: Text
    rank: Count | None
    mean_auc: Share | None
    tier: Count | None


class Ranking(_Strict):
    """It is one board under one protocol."""

    protocol: Text
    board: Literal["singles", "fusion"]
    counted: Names
    """Datasets that the means are over."""
    rows: tuple[Ranked, ...]


class Chosen(_Strict):
    """It says what was chosen on one dataset."""

    dataset: Text
    protocol: Text
    subset: Names
    """Empty where nothing was."""


class Vectors(_Strict):
    """They are the embeddings of one version on one dataset."""

    backbone: Text
    fingerprint: Text
    dataset: Text
    hash: Text


class State(_Strict):
    """It is the state of one site."""

    format: Literal[1] = 1
    backbones: Names
    datasets: Names
    protocols: Names
    chosen: tuple[Chosen, ...]
    rankings: tuple[Ranking, ...]
    vectors: Annotated[tuple[Vectors, ...], Field(max_length=1_000_000)]

    def as_json(self) -> bytes:
        """Return the content of the file."""
        return (self.model_dump_json(indent=1) + "\n").encode()


def state(site: SiteContext) -> State:
    """Return the state of a site from its context."""
    snapshot = site.snapshot
    return State(
        backbones=site.backbones,
        datasets=site.datasets,
        protocols=tuple(sorted(set(snapshot.rows["protocol"]))),
        chosen=tuple(
            Chosen(
                dataset=board.dataset,
                protocol=board.protocol,
                subset=role.entry.subset if (role := board.role("chosen")) and role.entry else (),
            )
            for board in snapshot.boards
        ),
        rankings=(
            *(_ranking("singles", one) for one in site.singles),
            *(_ranking("fusion", one) for one in site.fusions),
        ),
        vectors=tuple(
            Vectors(backbone=backbone, fingerprint=fingerprint, dataset=dataset, hash=text)
            for (backbone, fingerprint, dataset), text in sorted(vectors_of(snapshot.manifests).items())
        ),
    )


def _ranking(board: Literal["singles", "fusion"], one: RankingTable) -> Ranking:
    rows = (Ranked(name=row.name, rank=row.rank, mean_auc=row.mean_auc, tier=row.tier) for row in one.rows)
    return Ranking(protocol=one.protocol, board=board, counted=one.counted, rows=tuple(rows))

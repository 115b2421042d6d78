"""Material: everything that the pages of one site are made of, each part read or computed once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from leaderboard.boards.board import Entry
from leaderboard.boards.costs import Extraction, Search, Total, extractions, searches, totals
from leaderboard.boards.fusions import fusions
from leaderboard.boards.gaps import Gap, gaps
from leaderboard.boards.robustness import Corrupted, corrupted
from leaderboard.boards.runtime import Runtime, runtimes
from leaderboard.boards.singles import singles
from leaderboard.boards.snapshot import Snapshot
from leaderboard.boards.standings import Standings
from leaderboard.boards.transfer import Transfer, transfers
from leaderboard.boards.unknown import unknown_protocols
from leaderboard.commit import builder
from leaderboard.feeds.changes import Changes, since
from leaderboard.feeds.earlier import NONE, Earlier
from leaderboard.reported_page import Section, sections
from leaderboard.sources import Sources
from leaderboard.submissions import Submitted
from leaderboard.verdicts.judgement import Verdict, judge
from store.one_vs_rest import LABELS


@dataclass(frozen=True)
class Material:
    """Of one store."""

    snapshot: Snapshot
    submitted: tuple[Submitted, ...]
    sources: Sources
    url: str
    """Where the site will stand, with a slash at the end."""
    earlier: Earlier = NONE
    """The site that this one replaces."""

    @cached_property
    def protocols(self) -> tuple[str, ...]:
        """Names of the protocols that have a board, that of the most datasets first."""
        counted = Counter(board.protocol for board in self.snapshot.boards)
        return tuple(sorted(counted, key=lambda name: (-counted[name], name)))

    @cached_property
    def unknown_protocols(self) -> Mapping[str, str]:
        """Protocol -> what this project does not know of it; nothing where nobody could be asked."""
        return unknown_protocols(self.snapshot.boards, self.sources.protocols())

    @cached_property
    def singles(self) -> tuple[Standings, ...]:
        """The backbones alone, per protocol."""
        return tuple(singles(self.snapshot, protocol) for protocol in self.protocols)

    @cached_property
    def fusions(self) -> tuple[Standings, ...]:
        """The ways to use several backbones at once, per protocol."""
        return tuple(fusions(self.snapshot, protocol) for protocol in self.protocols)

    @cached_property
    def splits(self) -> dict[str, str]:
        """Key of a row of a search -> its split."""
        rows = self.snapshot.rows.filter(pl.col("evaluation") == "fusion")
        return dict(zip(rows["key"], rows["split"], strict=True))

    def key(self, entry: Entry, split: str) -> str | None:
        """Of an entry's row on a split; None where it has none."""
        return next((key for key in entry.keys if self.splits.get(key) == split), None)

    @cached_property
    def extractions(self) -> list[Extraction]:
        """What every extraction took."""
        return extractions(self.snapshot.manifests)

    @cached_property
    def totals(self) -> list[Total]:
        """The same per backbone."""
        return totals(self.extractions)

    @cached_property
    def searches(self) -> list[Search]:
        """What fits took."""
        return searches(self.snapshot.rows)

    @cached_property
    def runtimes(self) -> tuple[Runtime, ...]:
        """What a dataset took, phase by phase."""
        return runtimes(self.snapshot.manifests, self.extractions, self.searches)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """On published figures."""
        return tuple(judge(self.snapshot.rows))

    @cached_property
    def published(self) -> list[Section]:
        """Figures of others, file by file, with the verdicts on them."""
        return sections(self.verdicts)

    @cached_property
    def changes(self) -> Changes:
        """What moved since the earlier site was built."""
        return since(self.earlier, self)

    @cached_property
    def builder(self) -> str:
        """What made the pages: fuseboard's version, and its commit where there is one."""
        return builder()

    @cached_property
    def gaps(self) -> list[Gap]:
        """What the boards leave out."""
        return gaps(self.snapshot, self.unknown_protocols)

    @cached_property
    def corrupted(self) -> tuple[Corrupted, ...]:
        """What corrupted images do, by dataset."""
        manifests = self.snapshot.manifests
        entries = {name: entry for manifest in manifests for name, entry in manifest.datasets.items()}
        # Each of several labels is a question of its own, answered yes or no.
        answers = {name: 2 if entry.task == LABELS else entry.n_classes for name, entry in entries.items()}
        return corrupted(self.snapshot.rows, self.snapshot.exposures, self.snapshot.boards, answers)

    @cached_property
    def transfers(self) -> tuple[Transfer, ...]:
        """How far embeddings carry on everyday images."""
        return transfers(self.snapshot.rows)

"""Material: everything that the pages of one site are made of, each part read or computed once."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from leaderboard.boards.costs import Extraction, Search, Total, extractions, searches, totals
from leaderboard.boards.gaps import Gap, gaps
from leaderboard.boards.runtime import Runtime, runtimes
from leaderboard.boards.snapshot import Snapshot
from leaderboard.sources import Sources
from leaderboard.submissions import Submitted
from leaderboard.verdicts.judgement import Verdict, judge


@dataclass(frozen=True)
class Material:
    """Of one store."""

    snapshot: Snapshot
    submitted: tuple[Submitted, ...]
    sources: Sources
    url: str
    """Where the site will stand, with a slash at the end."""

    @cached_property
    def protocols(self) -> tuple[str, ...]:
        """Names of the protocols that have a board, that of the most datasets first."""
        counted = Counter(board.protocol for board in self.snapshot.boards)
        return tuple(sorted(counted, key=lambda name: (-counted[name], name)))

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
    def gaps(self) -> list[Gap]:
        """What the boards leave out."""
        return gaps(self.snapshot)

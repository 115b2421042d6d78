"""The SiteContext holds everything that the pages of one site are made of, each part read or computed once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from fuseboard.leaderboard.answers.answers import Answers
from fuseboard.leaderboard.boards.board import Entry
from fuseboard.leaderboard.boards.groups import GroupTable, group_tables
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.boards.transfer import Transfer, transfers
from fuseboard.leaderboard.context.apart import Apart, apart
from fuseboard.leaderboard.context.badges import Badges
from fuseboard.leaderboard.context.comparisons import Comparisons
from fuseboard.leaderboard.context.coverage import Coverage, coverage
from fuseboard.leaderboard.context.missing_results import MissingResult, missing_results
from fuseboard.leaderboard.context.providers import Providers
from fuseboard.leaderboard.context.submissions import SubmissionEntry
from fuseboard.leaderboard.context.unknown_protocols import unknown_protocols
from fuseboard.leaderboard.costs.costs import Extraction, Search, extractions, searches
from fuseboard.leaderboard.costs.runtime import Runtime, runtimes
from fuseboard.leaderboard.costs.totals import Total, totals
from fuseboard.leaderboard.output.build_info import builder
from fuseboard.leaderboard.published.sections import Section, sections
from fuseboard.leaderboard.published.verdicts.verdicts import Verdict, judge
from fuseboard.leaderboard.rankings.classifiers import DatasetClassifiers, classifier_tables
from fuseboard.leaderboard.rankings.efficiency import Efficiency, efficiency
from fuseboard.leaderboard.rankings.fusions import fusions
from fuseboard.leaderboard.rankings.singles import singles
from fuseboard.leaderboard.rankings.table import RankingTable
from fuseboard.leaderboard.releases.facts import Release
from fuseboard.leaderboard.robustness.robustness import CorruptionBoard, corruption_boards
from fuseboard.leaderboard.rows.provenance import provenances
from fuseboard.leaderboard.rows.provenance_parts import Part, parts, parts_of_rows
from fuseboard.store.arrays import MULTI_LABEL
from fuseboard.store.results.evaluations import FUSION


@dataclass(frozen=True)
class SiteContext:
    """It belongs to one store."""

    snapshot: Snapshot
    submissions: tuple[SubmissionEntry, ...]
    sources: Providers
    url: str
    """Where the site will stand, with a slash at the end."""
    release: Release | None = None
    """What release the pages are of; None where they are of the living board."""

    @property
    def table_kinds(self) -> tuple[str, ...]:
        """Return the formats of downloads; a release keeps the one that loses nothing and is smallest."""
        return ("parquet",) if self.release else ("csv", "json", "parquet")

    @cached_property
    def backbones(self) -> tuple[str, ...]:
        """Names of all backbones that have embeddings or rows, in alphabetical order."""
        embedded = {manifest.backbone for manifest in self.snapshot.manifests}
        return tuple(sorted(embedded | set(self.snapshot.rows["subset"].explode())))

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Names of all datasets that have embeddings or rows, in alphabetical order."""
        embedded = {name for manifest in self.snapshot.manifests for name in manifest.datasets}
        return tuple(sorted(embedded | set(self.snapshot.rows["dataset"])))

    @cached_property
    def protocols(self) -> tuple[str, ...]:
        """Names of the protocols that have a board, that of the most datasets first."""
        counted = Counter(board.protocol for board in self.snapshot.boards)
        return tuple(sorted(counted, key=lambda name: (-counted[name], name)))

    @cached_property
    def unknown_protocols(self) -> Mapping[str, str]:
        """Map each protocol to what this project does not know of it; it is empty where nobody could be asked."""
        return unknown_protocols(self.snapshot.boards, self.sources.protocols())

    @cached_property
    def singles(self) -> tuple[RankingTable, ...]:
        """Return the backbones alone, per protocol."""
        return tuple(singles(self.snapshot, protocol) for protocol in self.protocols)

    @cached_property
    def efficiencies(self) -> tuple[Efficiency, ...]:
        """Return what the backbones alone cost beside what they score, per protocol."""
        known = self.snapshot.boards, self.extractions, self.snapshot.manifests
        return tuple(efficiency(table, *known) for table in self.singles)

    @cached_property
    def fusions(self) -> tuple[RankingTable, ...]:
        """Return the methods that use several backbones at once, per protocol."""
        return tuple(fusions(self.snapshot, protocol) for protocol in self.protocols)

    @cached_property
    def months(self) -> Mapping[str, str]:
        """Map each backbone to the month in which it was first public, where a card says so: the shipped one, else one
        that lies beside its embeddings."""
        beside = self.snapshot.version_files
        told = {backbone: files.published for (backbone, _), files in sorted(beside.items()) if files.published}
        return told | dict(self.sources.published())

    @cached_property
    def apart(self) -> tuple[Apart, ...]:
        """Return what was searched of sets that are not declared to be medical, which count on no other board."""
        return tuple(apart(self.snapshot, self.protocols))

    @cached_property
    def apart_singles(self) -> tuple[RankingTable, ...]:
        """Return the backbones alone on these sets."""
        return tuple(table for kind in self.apart for table in kind.singles)

    @cached_property
    def answers(self) -> Answers:
        """Return what the rows answer, dataset by dataset."""
        return Answers(self.snapshot, self.protocols, self.extractions)

    @cached_property
    def splits(self) -> dict[str, str]:
        """Map the key of each row of a search to its split."""
        rows = self.snapshot.rows.filter(pl.col("evaluation") == FUSION.name)
        return dict(zip(rows["key"], rows["split"], strict=True))

    def key(self, entry: Entry, split: str) -> str | None:
        """Return the key of an entry's row on a split; None where it has none."""
        return next((key for key in entry.keys if self.splits.get(key) == split), None)

    @cached_property
    def provenance_parts(self) -> Mapping[str, tuple[Part, ...]]:
        """Map each dataset that has a row to the parts in which its rows are shown."""
        found = self.snapshot
        return {own.dataset: parts(own) for own in provenances(found.rows, found.manifests, found.referenced)}

    @cached_property
    def parts_of_rows(self) -> Mapping[str, Part]:
        """Map the key of each row to the part of the provenance that shows it."""
        return parts_of_rows(part for own in self.provenance_parts.values() for part in own)

    @cached_property
    def badges(self) -> Badges:
        """Return what stands beside the names of backbones."""
        return Badges(self.snapshot, self.answers.needs)

    @cached_property
    def extractions(self) -> list[Extraction]:
        """Return what every extraction took."""
        return extractions(self.snapshot.manifests)

    @cached_property
    def totals(self) -> list[Total]:
        """Return what extraction took per backbone."""
        return totals(self.extractions)

    @cached_property
    def searches(self) -> list[Search]:
        """Return what fits took."""
        return searches(self.snapshot.rows)

    @cached_property
    def runtimes(self) -> tuple[Runtime, ...]:
        """Return what a dataset took, phase by phase."""
        return runtimes(self.snapshot.manifests, self.extractions, self.searches)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Return the verdicts on published figures."""
        return tuple(judge(self.snapshot.rows, self.snapshot.says))

    @cached_property
    def published(self) -> list[Section]:
        """Return the figures of others, file by file, with the verdicts on them."""
        return sections(self.verdicts)

    @cached_property
    def builder(self) -> str:
        """Return what made the pages: fuseboard's version, and its commit where there is one."""
        return builder()

    @cached_property
    def comparisons(self) -> Comparisons:
        """Return what can be held against something else."""
        return Comparisons(self.snapshot, self.protocols)

    @cached_property
    def source(self) -> str:
        """Return where a figure is from, in one line: the site, the date of its newest result, and what built it."""
        newest = self.snapshot.newest
        date = [f"{newest:%Y-%m-%d}"] if newest else []
        return ", ".join([f"Source: {self.url}", *date, self.builder])

    @cached_property
    def missing_results(self) -> list[MissingResult]:
        """Return what the boards leave out, and why."""
        return missing_results(self.snapshot, self.unknown_protocols, self.coverage)

    @cached_property
    def groups(self) -> tuple[GroupTable, ...]:
        """Return the scores by site, scanner or sex."""
        return group_tables(self.snapshot)

    @cached_property
    def classifiers(self) -> tuple[DatasetClassifiers, ...]:
        """Return the classifiers side by side, by dataset."""
        return classifier_tables(self.snapshot.ranked_rows, self.snapshot.domains)

    @cached_property
    def coverage(self) -> Coverage:
        """Return which backbone was measured on which dataset."""
        return coverage(self.snapshot, self.snapshot.says.carded)

    @cached_property
    def corruption_boards(self) -> tuple[CorruptionBoard, ...]:
        """Return the boards of corrupted images, by dataset."""
        manifests = self.snapshot.manifests
        entries = {name: entry for manifest in manifests for name, entry in manifest.datasets.items()}
        # Each of several labels is a question of its own, answered yes or no.
        answers = {name: 2 if entry.task == MULTI_LABEL else entry.n_classes for name, entry in entries.items()}
        found = self.snapshot
        return corruption_boards(found.rows, found.balanced_errors, found.boards, answers, found.says)

    @cached_property
    def transfers(self) -> tuple[Transfer, ...]:
        """Return the boards of natural images."""
        return transfers(self.snapshot.rows, self.snapshot.says)

"""The variants of an evaluation are measured on each subset, and validation selects one of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations import preconditions
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.protocols import own
from fuseboard.harness.search.fit import Outcome
from fuseboard.harness.search.result_rows import Circumstances, results_of
from fuseboard.harness.search.search import Search
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.files.progress import counting
from fuseboard.store.statistics.ties import level


@dataclass(frozen=True)
class Answer:
    """What one variant predicted for a subset."""

    variant: Variant
    outcome: Outcome
    features: int
    """The width of what the classifier saw."""
    peak_vram_mb: float | None = None
    device: str = "cpu"
    jobs: int = 1
    """Fits that shared the process."""


Answers = Callable[[Subset, Sequence[Variant]], Iterable[Answer]]
"""Fits some variants on a subset and hands out each as it is done."""


@dataclass(frozen=True)
class Selected:
    """What was selected, and what could have been."""

    rows: pl.DataFrame
    """Rows of the winners, one per subset and split, as `selection.choose` takes them."""
    winners: Mapping[Subset, Variant]
    """The best on validation by the protocol's criterion; of equals the one that was listed first."""
    oracles: Mapping[Subset, Variant]
    """The best on test by the same metric, which nobody could have chosen; none where none has it."""
    left_out: Sequence[str]
    """A line for every subset that nothing can be learned from."""

    @property
    def notes(self) -> list[str]:
        """Says what won, and what that hides."""
        return [*self.left_out, *self._winners]

    @property
    def _winners(self) -> list[str]:
        return [
            f"{'+'.join(subset)}: {winner.name} is best on validation, "
            f"{self.oracles[subset].name if subset in self.oracles else 'and none has the metric'} on test"
            for subset, winner in self.winners.items()
            if winner.name
        ]


def alone_and_together(search: Search) -> list[Subset]:
    """Returns each backbone of the pool alone, and all of them."""
    names = list(search.pool.versions)
    return list(dict.fromkeys([*((name,) for name in names), tuple(names)]))


def select(search: Search, subsets: Sequence[Subset], variants: Sequence[Variant], answers: Answers) -> Selected:
    """Measures what is not known yet, each fit kept as it comes; only the winners' predictions stay.

    Args:
        search: whose pool and protocol are meant.
        subsets: to measure every variant on.
        variants: of one evaluation, the preferred among equals first.
        answers: what fits them.

    Raises:
        FuseboardError: the data cannot be learned from, or no variant has the metric that the protocol chooses by.
    """
    pool, first = search.pool, variants[0]
    known = search.store.known_keys(first.evaluation, search.dataset)
    lacking = {s: [v for v in variants if not v.keys(pool, s) <= known] for s in subsets}
    left_out: list[str] = []
    if any(lacking.values()):
        preconditions.check(pool, first)
        subsets, left_out = preconditions.without_constant(pool, subsets)
    lacking = {subset: lacking[subset] for subset in subsets}
    if total := sum(map(len, lacking.values())):
        own.remember(search.store.root, search.protocol)
        truth: dict[str, Labels] = {split: pool.all_blocks(split).labels for split in SPLITS}
        with counting(f"{search.dataset} · {search.protocol.name} · {first.evaluation}", total) as advance:
            for answer, subset in ((a, s) for s, asked in lacking.items() if asked for a in answers(s, asked)):
                here = Circumstances(pool, answer.variant, answer.device, answer.jobs)
                seen = {"features": answer.features, "peak_vram_mb": answer.peak_vram_mb}
                rows = results_of(here, subset, answer.outcome, truth, ())
                search.store.keep([row.model_copy(update=seen) for row in rows])
                advance(1)
    selected = _selected(search, subsets, variants, left_out)
    losers = {key for s in subsets for v in variants if v is not selected.winners[s] for key in v.keys(pool, s)}
    search.store.compact(first.evaluation, search.dataset, losers)
    return selected


def _selected(
    search: Search, subsets: Sequence[Subset], variants: Sequence[Variant], left_out: Sequence[str]
) -> Selected:
    pool, criterion = search.pool, variants[0].criterion
    rows = search.store.rows(variants[0].evaluation, search.dataset)
    score_of = dict(rows.select("key", criterion.score).iter_rows())

    def best(subset: Subset, split: str) -> Variant | None:
        scores = level([score_of[v.inputs(pool, subset, split).key] for v in variants])
        able = [(score, variant) for score, variant in zip(scores, variants, strict=True) if score is not None]
        return max(able, key=lambda pair: pair[0])[1] if able else None  # the first of equals

    winners: dict[Subset, Variant] = {}
    for subset in subsets:
        if (winner := best(subset, "val")) is None:
            raise preconditions.unscored(pool, variants[0], subset)
        winners[subset] = winner
    keys = [key for subset, winner in winners.items() for key in winner.keys(pool, subset)]
    return Selected(
        rows=rows.filter(pl.col("key").is_in(keys)),
        winners=winners,
        oracles={subset: oracle for subset in subsets if (oracle := best(subset, "test"))},
        left_out=left_out,
    )

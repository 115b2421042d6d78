"""The rank: where a submission stands on every dataset that it has, from its embeddings alone."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

import polars as pl

from fuseboard.harness.datasets import known_names, registry
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.submissions.ranking.numbers import gained, measured, ranked
from fuseboard.harness.submissions.ranking.scored import Comparison
from fuseboard.harness.submissions.ranking.standing import Standing, standing
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, unknown
from fuseboard.store.files.table import unbroken
from fuseboard.store.statistics.estimates import Difference, Replicates
from fuseboard.store.store import Store


@dataclass(frozen=True)
class Ranking:
    """A report over datasets; a dataset that could not be ranked is in no mean, and has its reason."""

    submission: Submission
    version: Version
    protocol: Protocol
    standings: tuple[Standing, ...]
    left_out: dict[str, str]
    """Dataset -> why there is no standing."""

    @property
    def summary(self) -> list[str]:
        """What is to be said over all datasets, a line each."""
        status = self.submission.statement.status
        notes = [] if status == "active" else [f"its statement says {status}: nobody would see it ranked"]
        for name, ranks in (("AUC", [one.auc for one in self.standings]), ("ACC", [one.acc for one in self.standings])):
            values = [rank.value for rank in ranks if rank.value is not None]
            if values:
                notes.append(f"mean rank by {name} {fmean(values):.2f} over {len(values)} of {self._held} datasets")
            else:
                notes.append(f"no rank by {name} on any of {self._held} datasets")
        return [*notes, *(f"{dataset}: not ranked: {reason}" for dataset, reason in self.left_out.items())]

    @property
    def notes(self) -> list[str]:
        """What the numbers hide: the summary, then every dataset's own."""
        return [*self.summary, *(f"{one.dataset}: {note}" for one in self.standings for note in one.notes)]

    @cached_property
    def table(self) -> list[Facts]:
        """A row per dataset and kind, for programs: every number by itself, unrounded."""
        return [_facts(one, comparison) for one in self.standings for comparison in one.comparisons]

    @property
    def lines(self) -> list[Facts]:
        """The same rows for people: numbers with their intervals, rounded."""
        return [
            {
                "dataset": one.dataset,
                "kind": comparison.kind,
                "rank by AUC": unbroken(ranked(one.auc)) if comparison is one.comparisons[0] else "",
                "with it": "+".join(comparison.with_it.subset),
                "test AUC": unbroken(measured(comparison.with_it.auc)),
                "test ACC": unbroken(measured(comparison.with_it.acc)),
                "without it": "+".join(comparison.without.subset) if comparison.without else None,
                "AUC gained": unbroken(gained(comparison.auc)),
                "ACC gained": unbroken(gained(comparison.acc)),
            }
            for one in self.standings
            for comparison in one.comparisons
        ]

    @property
    def rows(self) -> pl.DataFrame:
        """The result rows of all comparisons."""
        return pl.concat([one.rows for one in self.standings])

    @property
    def _held(self) -> int:
        return len(self.standings) + len(self.left_out)


def rank(
    submission: Submission,
    version: Version,
    store: Store,
    protocol: Protocol,
    device: str = "cpu",
    datasets: Collection[str] = (),
) -> Ranking:
    """Ranks a checked submission. Neither images nor weights are needed.

    Args:
        submission: as it was handed in.
        version: its shards, in a store of their own, which keeps the new rows.
        store: the store whose backbones it is compared with; only read.
        protocol: classifier, parameters, selection.
        device: `cpu`, or the name of a CUDA device.
        datasets: of the submission; all when empty.

    Raises:
        FuseboardError: a dataset that the submission does not have, or none that could be ranked.
    """
    held = version.manifest.datasets
    if unknown_names := [name for name in datasets if name not in held]:
        raise unknown("dataset", unknown_names[0], held, f"the submission {version.manifest.backbone}")
    standings: list[Standing] = []
    left_out: dict[str, str] = {}
    for dataset in sorted(datasets or held):
        missing = [split for split in SPLITS if split not in held[dataset].splits]
        try:
            if missing:
                raise FuseboardError(f"it has no {' and no '.join(missing)} split")
            if known_names.base_name(dataset) not in registry.names():
                raise FuseboardError("no dataset of this name is known here, so nobody can vouch for its labels")
            standings.append(standing(store, dataset, version, protocol, device))
        except FuseboardError as error:  # one bad dataset must not cost the others theirs
            left_out[dataset] = str(error)
    if not standings:
        reasons = "; ".join(f"{dataset}: {reason}" for dataset, reason in left_out.items()) or "it holds no dataset"
        raise FuseboardError(f"{version.manifest.backbone} cannot be ranked: {reasons}")
    return Ranking(submission, version, protocol, tuple(standings), left_out)


def _facts(one: Standing, comparison: Comparison) -> Facts:
    first = comparison is one.comparisons[0]
    ties = comparison.ties or (None, None)
    return {
        "dataset": one.dataset,
        "kind": comparison.kind,
        "with_it": "+".join(comparison.with_it.subset),
        "without_it": "+".join(comparison.without.subset) if comparison.without else None,
        **_scores(
            "auc", comparison.with_it.auc, comparison.without.auc if comparison.without else None, comparison.auc
        ),
        **_scores(
            "acc", comparison.with_it.acc, comparison.without.acc if comparison.without else None, comparison.acc
        ),
        "ties_without_it": ties[0],
        "ties_with_it": ties[1],
        "auc_rank": one.auc.value if first else None,
        "auc_rank_low": one.auc.low if first else None,
        "auc_rank_high": one.auc.high if first else None,
        "auc_rank_reason": one.auc.reason if first else None,
        "acc_rank": one.acc.value if first else None,
        "acc_rank_low": one.acc.low if first else None,
        "acc_rank_high": one.acc.high if first else None,
        "acc_rank_reason": one.acc.reason if first else None,
        "ranked_among": one.auc.of,
        "test_images": one.images["test"],
    }


def _scores(name: str, own: Replicates, without: Replicates | None, gain: Difference) -> Facts:
    interval = own.interval()
    return {
        name: interval.value,
        f"{name}_low": interval.low,
        f"{name}_high": interval.high,
        f"{name}_without": without.value if without else None,
        f"{name}_gain": gain.value,
        f"{name}_gain_low": gain.low,
        f"{name}_gain_high": gain.high,
        f"{name}_p": gain.p,
        f"{name}_reason": interval.reason or gain.reason,
    }

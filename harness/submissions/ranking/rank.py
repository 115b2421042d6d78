"""The rank: where a submission stands on every dataset that it has, from its embeddings alone."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean

import polars as pl

from fuseboard.harness.datasets import registry
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.submissions.ranking.numbers import gain, measured, place
from fuseboard.harness.submissions.ranking.scored import Pair
from fuseboard.harness.submissions.ranking.standing import Standing, standing
from fuseboard.harness.submissions.submission import Submission
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, unknown
from fuseboard.store.statistics.estimates import Difference, Replicates


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
        """Over all datasets."""
        stated = self.submission.statement
        told = [] if stated.status == "active" else [f"its statement says {stated.status}: nobody would see it ranked"]
        for name, ranks in (("AUC", [one.auc for one in self.standings]), ("ACC", [one.acc for one in self.standings])):
            there = [rank.value for rank in ranks if rank.value is not None]
            if there:
                told.append(f"mean rank by {name} {fmean(there):.2f} over {len(there)} of {self._held} datasets")
            else:
                told.append(f"no rank by {name} on any of {self._held} datasets")
        return [*told, *(f"{dataset}: not ranked: {reason}" for dataset, reason in self.left_out.items())]

    @property
    def notes(self) -> list[str]:
        """What the numbers hide: the summary, then every dataset's own."""
        return [*self.summary, *(f"{one.dataset}: {note}" for one in self.standings for note in one.notes)]

    @cached_property
    def table(self) -> list[Facts]:
        """A row per dataset and kind, for programs: every number by itself, unrounded."""
        return [_facts(one, pair) for one in self.standings for pair in one.pairs]

    @property
    def lines(self) -> list[Facts]:
        """The same for people."""
        return [
            {
                "dataset": one.dataset,
                "kind": pair.kind,
                "rank by AUC": place(one.auc) if pair is one.pairs[0] else "",
                "with it": "+".join(pair.with_it.subset),
                "test AUC": measured(pair.with_it.auc),
                "test ACC": measured(pair.with_it.acc),
                "without it": "+".join(pair.without.subset) if pair.without else None,
                "AUC gained": gain(pair.auc),
                "ACC gained": gain(pair.acc),
            }
            for one in self.standings
            for pair in one.pairs
        ]

    @property
    def rows(self) -> pl.DataFrame:
        """The result rows that it speaks of."""
        return pl.concat([one.rows for one in self.standings])

    @property
    def _held(self) -> int:
        return len(self.standings) + len(self.left_out)


def rank(
    submission: Submission,
    version: Version,
    root: Path,
    protocol: Protocol,
    device: str = "cpu",
    datasets: Collection[str] = (),
) -> Ranking:
    """Ranks a checked submission. Neither images nor weights are needed.

    Args:
        submission: as it was handed in.
        version: its shards, in a store of their own, which keeps the new rows.
        root: the store whose backbones it meets; only read.
        protocol: classifier, parameters, selection.
        device: `cpu`, or the name of a CUDA device.
        datasets: of the submission; all when empty.

    Raises:
        FuseboardError: a dataset that the submission does not have, or none that could be ranked.
    """
    held = version.manifest.datasets
    if strangers := [name for name in datasets if name not in held]:
        raise unknown("dataset", strangers[0], held, f"the submission {version.manifest.backbone}")
    standings: list[Standing] = []
    left_out: dict[str, str] = {}
    for dataset in sorted(datasets or held):
        lacking = [split for split in SPLITS if split not in held[dataset].splits]
        try:
            if lacking:
                raise FuseboardError(f"it has no {' and no '.join(lacking)} split")
            if not _is_known(dataset):
                raise FuseboardError("no dataset of this name is known here, so nobody can vouch for its labels")
            standings.append(standing(root, dataset, version, protocol, device))
        except FuseboardError as error:  # one bad dataset must not cost the others theirs
            left_out[dataset] = str(error)
    if not standings:
        reasons = "; ".join(f"{dataset}: {reason}" for dataset, reason in left_out.items()) or "it holds no dataset"
        raise FuseboardError(f"{version.manifest.backbone} cannot be ranked: {reasons}")
    return Ranking(submission, version, protocol, tuple(standings), left_out)


def _is_known(dataset: str) -> bool:
    """By its name alone: no file of that name is opened."""
    limited = registry.FIRST.fullmatch(dataset)
    return (limited[1] if limited else dataset) in registry.names()


def _facts(one: Standing, pair: Pair) -> Facts:
    first = pair is one.pairs[0]
    ties = pair.ties or (None, None)
    return {
        "dataset": one.dataset,
        "kind": pair.kind,
        "with_it": "+".join(pair.with_it.subset),
        "without_it": "+".join(pair.without.subset) if pair.without else None,
        **_scores("auc", pair.with_it.auc, pair.without.auc if pair.without else None, pair.auc),
        **_scores("acc", pair.with_it.acc, pair.without.acc if pair.without else None, pair.acc),
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


def _scores(name: str, own: Replicates, without: Replicates | None, difference: Difference) -> Facts:
    interval = own.interval()
    return {
        name: interval.value,
        f"{name}_low": interval.low,
        f"{name}_high": interval.high,
        f"{name}_without": without.value if without else None,
        f"{name}_gain": difference.value,
        f"{name}_gain_low": difference.low,
        f"{name}_gain_high": difference.high,
        f"{name}_p": difference.p,
        f"{name}_reason": interval.reason or difference.reason,
    }

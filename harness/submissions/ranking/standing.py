"""The standing: where one submission stands on one dataset, beside the store's backbones."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from fuseboard.harness.classifiers.fusion import CONCAT, SOFT_VOTE, all_subsets
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search import strategies
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.search import Search
from fuseboard.harness.submissions.ranking import contribution
from fuseboard.harness.submissions.ranking.baseline_pool import BaselinePool, baseline_pool
from fuseboard.harness.submissions.ranking.contribution import Contribution
from fuseboard.harness.submissions.ranking.pool_scores import PoolScores
from fuseboard.harness.submissions.ranking.scored import NO_OTHERS, Comparison, Rank, compare, rank
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import block
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.statistics.shapley import majority_acc, shapley
from fuseboard.store.statistics.ties import level
from fuseboard.store.store import Store

RANKED = "ranked"
"""Folder inside a submission's quarantine for the rows that ranking it has made."""
KINDS = {SOFT_VOTE: "soft vote", CONCAT: "joined features"}


@dataclass(frozen=True)
class Standing:
    """One submission on one dataset."""

    backbone: str
    dataset: str
    images: dict[str, int]
    """Split -> number of images."""
    pool: BaselinePool
    auc: Rank
    acc: Rank
    """The rank of the submission alone, among the single backbones that it would stand beside."""
    comparisons: tuple[Comparison, ...]
    shapley_values: dict[str, float] | None
    """Metric -> Shapley value of the submission in the pool with it."""
    no_shapley_values: str | None
    remarks: tuple[str, ...]
    fits: tuple[int, int]
    """Fits done for this: of subsets of the store's backbones, and of subsets with the submission."""
    rows: pl.DataFrame
    """Result rows of the comparisons, validation and test."""

    @property
    def notes(self) -> list[str]:
        """What the numbers hide, one line each."""
        images = ", ".join(f"{number:,} {split}" for split, number in self.images.items())
        old, new = self.fits
        notes = [f"{images} images; {new} fits with it, {old} of the present pool", *self.remarks]
        if self.shapley_values:
            values = ", ".join(f"{value:+.4f} {metric.upper()}" for metric, value in self.shapley_values.items())
            notes.append(f"Shapley value among {len(self.pool.versions | {self.backbone: None})} backbones: {values}")
        else:
            notes.append(f"no Shapley value: {self.no_shapley_values}")
        for metric, place in (("AUC", self.auc), ("ACC", self.acc)):
            shares = ", ".join(f"{rank} in {share:.0%}" for rank, share in place.shares.items())
            notes.append(f"rank by {metric} on resampled test images: {shares or place.reason}")
        notes += [
            f"{p.kind}: the choice does not hold it" for p in self.comparisons if self.backbone not in p.with_it.subset
        ]
        lacking: dict[tuple[str, str], list[str]] = {}
        for pair in self.comparisons:
            if pair.without and pair.without.subset != pair.with_it.subset:
                for metric, gap in (("AUC", pair.auc), ("ACC", pair.acc)):
                    if gap.reason:
                        lacking.setdefault((pair.kind, gap.reason), []).append(metric)
        return [
            *notes,
            *(
                f"{kind}: no interval of the difference in {' and '.join(metrics)}: {reason}"
                for (kind, reason), metrics in lacking.items()
            ),
        ]


def standing(store: Store, dataset: str, submitted: Version, protocol: Protocol, device: str) -> Standing:
    """Fits what nobody has fitted yet, keeps it beside the submission, and compares.

    Args:
        store: the store. It is only read: new rows are kept in the quarantine of the submission.
        dataset: of the submission, with all three splits.
        submitted: the submission.
        protocol: classifier, parameters, selection.
        device: `cpu`, or the name of a CUDA device.

    Raises:
        FuseboardError: labels that disagree, or a dataset from which nothing can be learned.
    """
    pool, name = baseline_pool(store, dataset, submitted), submitted.manifest.backbone
    labels = _labels(dataset, submitted, pool)
    others = {other: version for other, version in pool.versions.items() if other != name}

    def scores(versions: dict[str, Version], rows: Store, *known: Store) -> PoolScores:
        given = Pool(dataset, dict(sorted(versions.items())))
        return PoolScores(Search(rows, dataset, protocol, device=device, given=given, known=known), labels["test"])

    # Each pool keeps rows of its own, because a search keeps the predictions of its own finalists and no others.
    folder = submitted.folder.parents[2] / RANKED
    baseline_rows, own_rows = Store(folder / "present"), Store(folder / _digest(submitted, dataset))
    without = scores(pool.versions, baseline_rows, store) if pool.versions else None
    with_it = scores({**others, name: submitted}, own_rows, store, baseline_rows)
    for one in (without, with_it):
        if one:
            one.search.run(strategies.get("singles"))
    singles = with_it.scored([(other,) for other in with_it.search.pool.versions])
    own = singles.pop((name,))
    earlier = without.scored([(name,)])[name,] if without and pool.earlier else None
    rivals = [*singles.values(), *([earlier] if earlier else [])]
    aucs = level([-1 if one.auc.value is None else one.auc.value for one in rivals])
    best = rivals[int(np.argmax(aucs))] if rivals else None
    comparisons = [compare("alone, and the present single best on test", own, best)]
    if earlier:
        comparisons.append(compare("alone, and its earlier version", own, earlier))
    rows, remarks, is_whole = [with_it.rows([(name,)])], list(pool.remarks), False
    plans: list[Contribution] = []
    if without:
        baseline = without.search.pool
        plans = [contribution.soft_votes(baseline, name), contribution.concatenated(store, protocol, baseline, name)]
    for plan in plans:
        assert without is not None
        remarks.append(plan.remark)
        try:
            made, more = _compare(plan, without, with_it)
        except FuseboardError as error:
            remarks.append(f"{KINDS[plan.fusion]}: not compared: {error}")
            continue
        comparisons += made
        rows.append(more)
        is_whole = is_whole or (plan.fusion == CONCAT and plan.is_whole)
    reason = "not all subsets were measured" if without else NO_OTHERS
    values, no_values = _shapley_values(with_it, name, labels) if is_whole else (None, reason)
    return Standing(
        backbone=name,
        dataset=dataset,
        images={split: len(own_labels) for split, own_labels in labels.items()},
        pool=pool,
        auc=rank(own.auc, [one.auc for one in singles.values()]),
        acc=rank(own.acc, [one.acc for one in singles.values()]),
        comparisons=tuple(comparisons),
        shapley_values=values,
        no_shapley_values=no_values,
        remarks=tuple(remarks),
        fits=(without.search.fits if without else 0, with_it.search.fits),
        rows=pl.concat(rows).unique("key", keep="first").sort("evaluation", "subset", "split", "key"),
    )


def _digest(submitted: Version, dataset: str) -> str:
    """Of a submission's vectors, by which its rows are kept apart.

    Rows are known by fingerprints, which are a stranger's word; vectors that were mended under an old one must not be
    given the rows of what lay there before.
    """
    splits = submitted.manifest.datasets[dataset].splits
    vectors = {split: [shard.sha256 for shard in part.shards] for split, part in splits.items()}
    return fingerprint({"version": submitted.spec, "vectors": vectors})


def _compare(plan: Contribution, without: PoolScores, with_it: PoolScores) -> tuple[list[Comparison], pl.DataFrame]:
    """The selections of both pools by the protocol's own rule, and all backbones of both."""
    old = without.search.run(plan.strategy(plan.without))
    new = with_it.search.run(plan.strategy(plan.with_it(old.chosen)))
    kind = KINDS[plan.fusion]
    pools = ((without, [old.chosen, old.all_backbones]), (with_it, [new.chosen, new.all_backbones]))
    old_scores, new_scores = (pool.scored(subsets, plan.fusion) for pool, subsets in pools)
    ties = len(old.ties), len(new.ties)
    made = [
        compare(f"{kind}, chosen on validation", new_scores[new.chosen], old_scores[old.chosen], ties),
        compare(f"{kind}, all", new_scores[new.all_backbones], old_scores[old.all_backbones]),
    ]
    return made, pl.concat([pool.rows(subsets, plan.fusion) for pool, subsets in pools])


def _shapley_values(
    with_it: PoolScores, name: str, labels: dict[str, Labels]
) -> tuple[dict[str, float] | None, str | None]:
    rows = with_it.rows(all_subsets(list(with_it.search.pool.versions))).filter(pl.col("split") == "test")
    empty = {"auc": 0.5, "acc": majority_acc(labels["train"], labels["test"])}
    try:
        tables = {metric: {tuple(s): v for s, v in rows.select("subset", metric).iter_rows()} for metric in empty}
        return {metric: shapley(tables[metric], empty[metric]).values[name] for metric in empty}, None
    except FuseboardError as error:
        return None, str(error)


def _labels(dataset: str, submitted: Version, pool: BaselinePool) -> dict[str, Labels]:
    """Split -> labels, which the submission must have in common with the store's backbones.

    Raises:
        FuseboardError: they disagree. The search would see it too, but only where it fits both together.
    """
    labels: dict[str, Labels] = {}
    for split in SPLITS:
        own = block.read(submitted, dataset, split, vectors=False)
        labels[split] = own.labels
        for version in list(pool.versions.values())[:1]:
            other = block.read(version, dataset, split, vectors=False)
            if not (np.array_equal(own.ids, other.ids) and np.array_equal(own.labels, other.labels)):
                raise FuseboardError(
                    f"{dataset} {split}: ids or labels of {submitted.spec} are not those of {version.spec}; "
                    "`fuseboard submission check` names the rows"
                )
    return labels

"""The standing: where one submission stands on one dataset, beside the backbones that are present."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from fuseboard.harness.classifiers.fusion import CONCAT, SOFT_VOTE, all_subsets
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search import strategies
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.search import Search
from fuseboard.harness.submissions.ranking import contribution
from fuseboard.harness.submissions.ranking.baseline_pool import Present, present
from fuseboard.harness.submissions.ranking.contribution import Contribution
from fuseboard.harness.submissions.ranking.pool_scores import Side
from fuseboard.harness.submissions.ranking.scored import NOBODY, Pair, Rank, compared, rank
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import block
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.statistics.shapley import majority_acc, shapley
from fuseboard.store.store import Store

RANKED = "ranked"
"""Folder of a submission's store for the rows that ranking it has made."""
KINDS = {SOFT_VOTE: "soft vote", CONCAT: "joined features"}


@dataclass(frozen=True)
class Standing:
    """Of one submission on one dataset."""

    backbone: str
    dataset: str
    images: dict[str, int]
    """Split -> number."""
    present: Present
    auc: Rank
    acc: Rank
    """Of the submission alone, among the single backbones that it would stand beside."""
    pairs: tuple[Pair, ...]
    values: dict[str, float] | None
    """Metric -> Shapley value of the submission in the pool that it has joined."""
    no_values: str | None
    remarks: tuple[str, ...]
    fits: tuple[int, int]
    """Done for this, of subsets of the present pool and of subsets with the submission."""
    rows: pl.DataFrame
    """That the pairs speak of, validation and test."""

    @property
    def notes(self) -> list[str]:
        """What the numbers hide, one line each."""
        images = ", ".join(f"{number:,} {split}" for split, number in self.images.items())
        old, new = self.fits
        told = [f"{images} images; {new} fits with it, {old} of the present pool", *self.remarks]
        if self.values:
            worth = ", ".join(f"{value:+.4f} {metric.upper()}" for metric, value in self.values.items())
            told.append(f"Shapley value among {len(self.present.versions | {self.backbone: None})} backbones: {worth}")
        else:
            told.append(f"no Shapley value: {self.no_values}")
        for metric, place in (("AUC", self.auc), ("ACC", self.acc)):
            shares = ", ".join(f"{rank} in {share:.0%}" for rank, share in place.shares.items())
            told.append(f"rank by {metric} on resampled test images: {shares or place.reason}")
        told += [f"{p.kind}: the choice does not hold it" for p in self.pairs if self.backbone not in p.with_it.subset]
        reasons = (
            f"{pair.kind}: no interval of the difference: {gap.reason}"
            for pair in self.pairs
            for gap in (pair.auc, pair.acc)
            if pair.without and pair.without.subset != pair.with_it.subset and gap.reason
        )
        return [*told, *dict.fromkeys(reasons)]


def standing(root: Path, dataset: str, submitted: Version, protocol: Protocol, device: str) -> Standing:
    """Fits what nobody has fitted yet, keeps it beside the submission, and compares.

    Args:
        root: the store. It is only read: new rows are kept in the store that the submission lies in.
        dataset: of the submission, with all three splits.
        submitted: the submission.
        protocol: classifier, parameters, selection.
        device: `cpu`, or the name of a CUDA device.

    Raises:
        FuseboardError: labels that disagree, or a dataset from which nothing can be learned.
    """
    found, name = present(root, dataset, submitted), submitted.manifest.backbone
    labels = _labels(dataset, submitted, found)
    others = {other: version for other, version in found.versions.items() if other != name}

    def side(versions: dict[str, Version], desk: Path, *known: Path) -> Side:
        pool = Pool(dataset, dict(sorted(versions.items())))
        return Side(
            Search(Store(desk), dataset, protocol, device=device, given=pool, known=tuple(map(Store, known))),
            labels["test"],
        )

    # Each side has a desk of its own, because a search keeps the predictions of its own finalists and no others.
    desk = submitted.folder.parents[2] / RANKED
    before = side(found.versions, desk / "present", root) if found.versions else None
    after = side({**others, name: submitted}, desk / _digest(submitted, dataset), root, desk / "present")
    if before:
        before.search.run(strategies.get("singles"))
    after.search.run(strategies.get("singles"))
    alone = after.scored([(other,) for other in after.search.pool.versions])
    own = alone.pop((name,))
    earlier = before.scored([(name,)])[name,] if before and found.earlier else None
    rivals = [*alone.values(), *([earlier] if earlier else [])]
    best = max(rivals, key=lambda one: -1 if one.auc.value is None else one.auc.value, default=None)
    pairs = [compared("alone, and the present single best on test", own, best)]
    if earlier:
        pairs.append(compared("alone, and its earlier version", own, earlier))
    rows, remarks, whole = [after.rows([(name,)])], list(found.remarks), False
    if before:
        plans = (
            contribution.voted(before.search.pool, name),
            contribution.joined(root, protocol, before.search.pool, name),
        )
        for plan in plans:
            remarks.append(plan.told)
            try:
                made, more = _pairs(plan, before, after)
            except FuseboardError as error:
                remarks.append(f"{KINDS[plan.fusion]}: not compared: {error}")
                continue
            pairs += made
            rows.append(more)
            whole = whole or (plan.fusion == CONCAT and plan.is_whole)
    why = "not all subsets were measured" if before else NOBODY
    values, no_values = _values(after, name, labels) if whole else (None, why)
    return Standing(
        backbone=name,
        dataset=dataset,
        images={split: len(own_labels) for split, own_labels in labels.items()},
        present=found,
        auc=rank(own.auc, [one.auc for one in alone.values()]),
        acc=rank(own.acc, [one.acc for one in alone.values()]),
        pairs=tuple(pairs),
        values=values,
        no_values=no_values,
        remarks=tuple(remarks),
        fits=(before.search.fits if before else 0, after.search.fits),
        rows=pl.concat(rows).unique("key").sort("evaluation", "subset", "split", "key"),
    )


def _digest(submitted: Version, dataset: str) -> str:
    """Of a submission's vectors, by which its rows are kept apart.

    Rows are known by fingerprints, which are a stranger's word; vectors that were mended under an old one must not be
    given the rows of what lay there before.
    """
    splits = submitted.manifest.datasets[dataset].splits
    vectors = {split: [shard.sha256 for shard in part.shards] for split, part in splits.items()}
    return fingerprint({"version": submitted.spec, "vectors": vectors})


def _pairs(plan: Contribution, before: Side, after: Side) -> tuple[list[Pair], pl.DataFrame]:
    """The choices of both sides by the protocol's own rule, and all backbones of both."""
    old = before.search.run(plan.strategy(plan.without))
    new = after.search.run(plan.strategy(plan.with_it(old.chosen)))
    kind = KINDS[plan.fusion]
    wanted = ([old.chosen, old.all_backbones], [new.chosen, new.all_backbones])
    without, with_it = (side.scored(w, plan.fusion) for side, w in zip((before, after), wanted, strict=True))
    ties = len(old.ties), len(new.ties)
    made = [
        compared(f"{kind}, chosen on validation", with_it[new.chosen], without[old.chosen], ties),
        compared(f"{kind}, all", with_it[new.all_backbones], without[old.all_backbones]),
    ]
    return made, pl.concat([side.rows(w, plan.fusion) for side, w in zip((before, after), wanted, strict=True)])


def _values(after: Side, name: str, labels: dict[str, Labels]) -> tuple[dict[str, float] | None, str | None]:
    rows = after.rows(all_subsets(list(after.search.pool.versions))).filter(pl.col("split") == "test")
    empty = {"auc": 0.5, "acc": majority_acc(labels["train"], labels["test"])}
    try:
        tables = {metric: {tuple(s): v for s, v in rows.select("subset", metric).iter_rows()} for metric in empty}
        return {metric: shapley(tables[metric], empty[metric]).values[name] for metric in empty}, None
    except FuseboardError as error:
        return None, str(error)


def _labels(dataset: str, submitted: Version, found: Present) -> dict[str, Labels]:
    """Split -> labels, which the submission must have in common with whoever is present.

    Raises:
        FuseboardError: they disagree. The engine would see it too, but only where it fits both together.
    """
    labels: dict[str, Labels] = {}
    for split in SPLITS:
        own = block.read(submitted, dataset, split, vectors=False)
        labels[split] = own.labels
        for version in list(found.versions.values())[:1]:
            other = block.read(version, dataset, split, vectors=False)
            if not (np.array_equal(own.ids, other.ids) and np.array_equal(own.labels, other.labels)):
                raise FuseboardError(
                    f"{dataset} {split}: ids or labels of {submitted.spec} are not those of {version.spec}; "
                    "`fuseboard submission check` names the rows"
                )
    return labels

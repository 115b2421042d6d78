"""What these evaluations can be asked for: refused before the first fit, in one line, rather than by a library."""

from collections.abc import Sequence

import numpy as np

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.search import preconditions
from fuseboard.harness.search.pool import Pool
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import FuseboardError, UsageError


def check(pool: Pool, variant: Variant) -> None:
    """Holds protocol, labels and vectors against what is to be learned.

    Raises:
        UsageError: a protocol that chooses by cross-validation.
        FuseboardError: labels that nothing can be learned from, or a vector that is not finite.
    """
    if variant.criterion.split == "cv":
        raise UsageError(
            f"protocol {variant.protocol.name} chooses by cross-validation, which {variant.evaluation} has none of; "
            "take one that chooses on validation"
        )
    blocks: dict[str, Blocks] = {split: pool.all_blocks(split) for split in SPLITS}
    preconditions.check(pool, variant, blocks)
    for split, part in blocks.items():
        for name, block in part.features.items():
            broken = np.flatnonzero(~np.isfinite(block).all(axis=1))
            if len(broken):
                raise FuseboardError(
                    f"{pool.dataset} {split}: {name} has a NaN or an infinity for id {part.ids[broken[0]]} "
                    f"({len(broken)} such images); extract it again"
                )


def without_constant(pool: Pool, subsets: Sequence[Subset]) -> tuple[list[Subset], list[str]]:
    """Subsets that anything can be learned from, and a line for every other one.

    A backbone that says the same of every training image costs its own row alone: beside others it changes nothing.

    Raises:
        FuseboardError: none is left.
    """
    train = pool.all_blocks("train").features
    constant = {name for name, block in train.items() if (block.min(axis=0) == block.max(axis=0)).all()}
    left_out = [
        f"{'+'.join(subset)} is left out: it has the same vector for all {len(train[subset[0]])} training images, so "
        "there is nothing to learn from it; check its card and extract it again"
        for subset in subsets
        if constant.issuperset(subset)
    ]
    if len(left_out) == len(subsets):
        raise FuseboardError(f"{pool.dataset}: {left_out[0]}")
    return [subset for subset in subsets if not constant.issuperset(subset)], left_out


def unscored(pool: Pool, variant: Variant, subset: Subset) -> FuseboardError:
    """What to raise where no variant of a subset has the metric on validation."""
    return FuseboardError(
        f"{pool.dataset}: {variant.evaluation} of {'+'.join(subset)} has no {variant.criterion.name} on "
        "validation, so none can be chosen; see the column `reason` of its rows"
    )

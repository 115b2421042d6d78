"""Training on a table of numbers: a regression, of which the test images are left for the score."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.datasets.custom import numbers
from fuseboard.harness.datasets.custom.implied import LICENCE
from fuseboard.harness.datasets.custom.numbers import Numbered
from fuseboard.harness.fusion import hold_out
from fuseboard.harness.fusion.block_card import of_networks
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.bundle.making import of_estimator
from fuseboard.harness.fusion.estimator import FusionRegressor
from fuseboard.harness.fusion.from_dataset import Recipe
from fuseboard.harness.fusion.predictions import Predictions, texts
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store

TEST, VALIDATION = 0.2, 0.15
"""Shares of all images, where the table gives no splits; those of classes are as large."""


def regress_on(
    table: Path,
    target: str,
    group: str | None,
    recipe: Recipe,
    store: Store,
    device: str | None = None,
    batch_size: int | None = None,
    trust: bool = False,
) -> Bundle:
    """Embeds the images of a table, learns the numbers of a column, and measures on test.

    Args:
        table: a CSV, TSV or Parquet file with a column path.
        target: column of the numbers.
        group: column that says what must not be on two sides.
        recipe: what is trained.
        store: keeps the vectors by the content of images.
        device: `cpu`, `cuda` or `cuda:N`; the GPU where there is one when None.
        batch_size: images per forward pass at most.
        trust: whether code of a backbone's repository may run.

    Raises:
        UsageError: the table has faults, or too few images.
        FuseboardError: an image cannot be read, a backbone is not what its card says.
    """
    found = numbers.read(table, target, group)
    sides = _sides(found, recipe.seed)
    fusion = FusionRegressor(
        list(of_networks({card.id: card for card in recipe.cards}).values()),
        strategy=recipe.strategy,
        classifier=recipe.classifier,
        protocol=recipe.protocol,
        budget=recipe.budget,
        store=store,
        device=device,
        batch_size=batch_size,
        trust=trust,
        random_state=recipe.seed,
    )
    held = _part(found, sides == "val") if (sides == "val").any() else None
    images, labels, groups = _part(found, sides == "train")
    fusion.fit(images, labels, groups, held)
    fusion.summary_ = replace(fusion.summary_, dataset=found.name, licence=LICENCE)
    test = None
    if (sides == "test").any():
        images, labels, groups = _part(found, sides == "test")
        names = tuple(path for path, side in zip(found.paths, sides, strict=True) if side == "test")
        test = Predictions("test", names, labels, fusion.predict(images)[:, None], texts(groups))
    listed = pl.DataFrame({"split": sides, "path": found.paths, target: found.numbers}).sort("split", "path")
    return replace(of_estimator(fusion, test=test), splits=listed.write_csv().encode())


def _part(found: Numbered, rows: NDArray[np.bool_]) -> tuple[list[Path], NDArray[np.float64], NDArray[np.str_] | None]:
    images = [found.root / path for path, kept in zip(found.paths, rows, strict=True) if kept]
    return images, found.numbers[rows], None if found.groups is None else found.groups[rows]


def _sides(found: Numbered, seed: int) -> NDArray[np.str_]:
    """Returns the split (N,) of every image: as given, else test and val drawn by whole groups."""
    if found.splits is not None:
        if "train" not in found.splits:
            raise UsageError(f"{found.name}: no image is given as train, so nothing can be learned from")
        return found.splits
    groups = found.groups
    sides = np.full(len(found.paths), "train", "U5")
    test = hold_out.held_out(found.numbers, TEST, seed, groups, stratify=False)
    sides[test] = "test"
    rest = np.flatnonzero(~test)
    own = None if groups is None else groups[rest]
    share = VALIDATION / (1 - TEST)
    sides[rest[hold_out.held_out(found.numbers[rest], share, seed + 1, own, stratify=False)]] = "val"
    return sides

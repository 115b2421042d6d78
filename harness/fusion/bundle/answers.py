"""The answers: one row per image, also of those that could not be read."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion.embedder import Embedded
from fuseboard.harness.fusion.model import Model
from fuseboard.store.arrays import is_multi_label
from fuseboard.store.files.names import printable

FIXED = ("path", "predicted", "unlike", "error")
"""Columns that every table has."""


def columns(classes: tuple[str, ...]) -> list[str]:
    """Returns the columns of probabilities: the classes' own names, told from the fixed columns where they meet one."""
    return [f"probability {name}" if name in FIXED else name for name in classes]


def answers(model: Model, embedded: Embedded) -> pl.DataFrame:
    """Returns columns path, predicted, one of probabilities per class, unlike and error.

    Several labels of one image are joined by a semicolon; a regression has its number in `predicted` and no further
    column. Of an image that could not be read everything but `path` and `error` is null.
    """
    sound = np.array([number for number in range(len(embedded.names)) if number not in embedded.faults], np.intp)
    blocks = {name: block[sound] for name, block in embedded.blocks.items()}
    scores = model.scores(blocks) if len(sound) else np.empty((0, max(1, len(model.classes))), np.float32)
    unlike = model.novelty.is_unlike(blocks).tolist() if len(sound) else []
    table = pl.DataFrame(
        {
            "row": pl.Series(sound, dtype=pl.UInt32),
            "predicted": _predicted(model, scores),
            **{name: scores[:, place] for place, name in enumerate(columns(model.classes))},
            "unlike": pl.Series(unlike, dtype=pl.Boolean),
        }
    )
    everyone = pl.DataFrame(
        {
            "row": pl.Series(range(len(embedded.names)), dtype=pl.UInt32),
            "path": pl.Series([printable(name) for name in embedded.names], dtype=pl.String),
            "error": pl.Series(_reasons(embedded), dtype=pl.String),
        }
    )
    joined = everyone.join(table, on="row", how="left", maintain_order="left").drop("row")
    return joined.select("path", *(name for name in joined.columns if name not in ("path", "error")), "error")


def _predicted(model: Model, scores: NDArray[np.float32]) -> pl.Series:
    if model.task == REGRESSION:
        return pl.Series(scores[:, 0], dtype=pl.Float32)
    if is_multi_label(model.task):
        named = [";".join(np.array(model.classes)[row > 0.5]) for row in scores]
    else:
        named = [model.classes[place] for place in scores.argmax(axis=1)]
    return pl.Series(named, dtype=pl.String)


def _reasons(embedded: Embedded) -> list[str | None]:
    found = (embedded.faults.get(number) for number in range(len(embedded.names)))
    return [None if reason is None else printable(reason) for reason in found]

"""Kept splits: one's own images stay in the splits in which a store has them, whatever is added, renamed or removed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.store.errors import UsageError

Names = NDArray[np.str_]


def sides(paths: Sequence[str], md5s: Sequence[str], before: pl.DataFrame) -> Names:
    """Returns the earlier split of every image (N,), empty where it is new.

    An image is known by its content; one whose content is new by its path, where what was called so is gone.

    Args:
        paths: of the images.
        md5s: of their files.
        before: table of the earlier images, with the columns path, md5 and split.
    """
    by_both = dict(zip(before.select("path", "md5").iter_rows(), before["split"], strict=True))
    by_md5 = dict(zip(reversed(before["md5"].to_list()), reversed(before["split"].to_list()), strict=True))
    gone = before.filter(~pl.col("md5").is_in(list(set(md5s))))
    by_path = dict(zip(gone["path"], gone["split"], strict=True))
    images = zip(paths, md5s, strict=True)
    found = [by_both.get(one) or by_md5.get(one[1]) or by_path.get(one[0]) or "" for one in images]
    return np.array(found, "U5")


def refuse_others(where: str, name: str, md5s: Sequence[str], before: pl.DataFrame, table: Path) -> None:
    """Raises where none of the earlier images is there: it is another dataset that is called the same.

    Its embeddings would take the place of those of the first one, whose results nobody could measure again.

    Args:
        where: the images, as errors name them.
        name: of the dataset.
        md5s: of the files of the images.
        before: table of the earlier images, with the column md5.
        table: where that lies.
    """
    if len(before) and set(before["md5"]).isdisjoint(md5s):
        raise UsageError(
            f"{where}: the store has other images called {name}, of which none is here ({table}); give these a name of "
            f"their own, by renaming the folder or table or in a TOML, or, where they replace the others, run "
            f"`fuseboard store remove -d {name}` first"
        )


def of_units(before: Names, unit_of: NDArray[np.intp], count: int) -> Names:
    """Returns the earlier split of every unit (U,): that of most of its images, of equals the first in the alphabet.

    Args:
        before: (N,) as `sides` gives them.
        unit_of: (N,) the unit of every image.
        count: of the units.
    """
    found: Names = np.full(count, "", before.dtype)
    known = np.flatnonzero(before != "")
    names, numbers = np.unique(before[known], return_inverse=True)
    if len(known):
        votes = np.zeros((count, len(names)), np.int64)
        np.add.at(votes, (unit_of[known], numbers), 1)
        most = votes.argmax(axis=1)
        found = np.where(votes.any(axis=1), names[most], found)
    return found


def changes(now: pl.DataFrame, before: pl.DataFrame) -> str:
    """Says what differs from the earlier images; empty where nothing does.

    Args:
        now: table of the images, with the columns path, md5, split and label.
        before: that of the earlier ones.
    """
    old = before.unique("md5", keep="first", maintain_order=True)
    both = now.join(old, "md5", suffix="_old")
    new = now.join(old, "md5", how="anti").group_by("split", maintain_order=True).len()
    gone = before.join(now, "md5", how="anti")
    renamed = now.join(old, "md5", how="semi").join(before, ["path", "md5"], how="anti")
    relabelled = both.filter(pl.col("label") != pl.col("label_old"))
    moved = both.filter(pl.col("split") != pl.col("split_old"))
    counts = {
        f"new ({', '.join(f'{count:,} in {split}' for split, count in new.iter_rows())})": new["len"].sum(),
        "renamed": len(renamed),
        "with another label": len(relabelled),
        "gone": len(gone),
        "moved to another split": len(moved),
    }
    said = [f"{count:,} {what}" for what, count in counts.items() if count]
    rest = [] if len(moved) else ["all others are in the split that they were in"]
    return "; ".join([*said, *rest]) if said else ""

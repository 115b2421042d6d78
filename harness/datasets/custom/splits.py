"""The splits: as given, or made so that every class is in each and no group in two."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.datasets.custom import kept, spelling, splitting
from fuseboard.harness.datasets.custom.classes import Classes
from fuseboard.harness.datasets.custom.spec import Shares, Spec
from fuseboard.harness.datasets.image_files import few
from fuseboard.store.embeddings.manifest import SPLITS, SplitName
from fuseboard.store.errors import UsageError

Names = NDArray[np.str_]


def divide(
    rows: pl.DataFrame, classes: Classes, spec: Spec, where: str, before: Names | None = None
) -> tuple[Names, tuple[str, ...]]:
    """The splits of rows with `path` and, where there are such, `split` and `group`.

    Given splits stay; `[splits]` cuts those that are missing off the given train. Of splits that are made, images stay
    in those in which they were `before` (N,), empty for new ones.

    Returns:
        (N,) names of splits; and what a person should know of them.

    Raises:
        UsageError: a group in two given splits or written in two ways, a class with too few images, nothing to cut
            from.
    """
    if "group" in rows.columns:
        spelling.refuse_variants(rows["group"], spec.group, where)
    names, remarks = _given(rows, spec, where), []
    wanted = _wanted(names, spec, where)
    if len(wanted) > 1:
        pool = np.flatnonzero((names == "") | (names == "train"))
        earlier = None if before is None else before[pool]
        names[pool] = made = _make(rows[pool], pool, classes, wanted, spec, where, earlier)
        if earlier is not None and (lost := [split for split in wanted if not (made == split).any()]):
            remarks.append(f"splits were made anew, because no image of {' and '.join(lost)} was left")
            names[pool] = made = _make(rows[pool], pool, classes, wanted, spec, where)
        reached = ", ".join(_share(split, float(np.mean(made == split)), wanted[split]) for split in wanted)
        remarks.append(f"splits made with seed {_shares(spec).seed}: {reached}")
    names[names == ""] = "train"
    if "group" in rows.columns:
        groups = rows.select("group", side=pl.Series(names)).group_by("group").agg(pl.col("side").n_unique())
        assert (groups["side"] == 1).all()
        remarks.append(f"{len(groups):,} groups ({spec.group}), none of them in two splits")
    for split in SPLITS:
        inside = np.flatnonzero(names == split)
        lacking = [name for name, count in zip(classes.names, classes.images(inside), strict=True) if not count]
        if len(inside) and lacking:
            remarks.append(f"{split} has no image of {', '.join(lacking)}")
    return names, tuple(remarks)


def rule(rows: pl.DataFrame, spec: Spec, where: str) -> str:
    """Returns how splits are made, such as `val 0.15, test 0.2, seed 2026`; empty where they are given."""
    made = {split: size for split, size in _wanted(_given(rows, spec, where), spec, where).items() if split != "train"}
    sizes = ", ".join(f"{split} {size:g}" for split, size in made.items())
    return f"{sizes}, seed {_shares(spec).seed}" if made else ""


def _share(split: str, reached: float, wanted: float) -> str:
    """How large a split became, and what was wanted where that is another number."""
    said = f"{100 * reached:.1f} %", f"{100 * wanted:.1f} %"
    return f"{split} {said[0]}" if said[0] == said[1] else f"{split} {said[0]} (wanted {said[1]})"


def _shares(spec: Spec) -> Shares:
    return spec.splits or Shares.model_validate({})


def _given(rows: pl.DataFrame, spec: Spec, where: str) -> Names:
    """The given splits, or empty texts."""
    if "split" not in rows.columns:
        return np.full(len(rows), "", "U5")
    if "group" in rows.columns:
        sides = rows.group_by("group").agg(pl.col("split").unique().sort()).filter(pl.col("split").list.len() > 1)
        if len(sides):
            group, splits = sides.sort("group").row(0)
            raise UsageError(
                f"{where}: {spec.group} {group} is in {' and '.join(splits)} ({len(sides):,} such); mend the splits, "
                "or leave them out and have them made"
            )
    return rows["split"].to_numpy().astype("U5")


def _wanted(names: Names, spec: Spec, where: str) -> dict[SplitName, float]:
    """Returns the shares to be made; train alone when the given splits are to stay."""
    shares, given = _shares(spec), set(names.tolist()) - {""}
    asked = shares.model_fields_set if given else {"val", "test"}
    if given and (twice := sorted(given & asked)):
        raise UsageError(f"{where}: {' and '.join(twice)} given, and asked for in [splits]; leave one of them out")
    sizes: dict[SplitName, float] = {"val": shares.val, "test": shares.test}
    made = {split: size for split, size in sizes.items() if split in asked and size > 0}
    if given and made and "train" not in given:
        raise UsageError(f"{where}: no images are given as train, so [splits] has nothing to cut {min(made)} from")
    return {"train": 1 - sum(made.values()), **made}


def _make(
    rows: pl.DataFrame,
    pool: NDArray[np.intp],
    classes: Classes,
    wanted: Mapping[SplitName, float],
    spec: Spec,
    where: str,
    before: Names | None = None,
) -> Names:
    """The splits of the images of a pool, which `rows` are; those that are not new stay where they were `before`."""
    _refuse_few(classes.images(pool), "images", classes, wanted, where)  # first: `counts` could be huge
    units, unit_of = np.unique(rows["group" if "group" in rows.columns else "path"].to_numpy(), return_inverse=True)
    counts = classes.units(pool, unit_of)
    _refuse_few((counts > 0).sum(axis=0), f"groups ({spec.group})", classes, wanted, where)
    fixed = None
    if before is not None:
        fixed = kept.of_units(np.where(np.isin(before, list(wanted)), before, ""), unit_of, len(units))
    return splitting.assign([str(name) for name in units], counts, wanted, _shares(spec).seed, fixed)[unit_of]


def _refuse_few(
    having: NDArray[np.int64], of: str, classes: Classes, wanted: Mapping[SplitName, float], where: str
) -> None:
    poor = [f"{n} has {count}" for n, count in zip(classes.names, having, strict=False) if count < len(wanted)]
    if poor:
        raise UsageError(
            f"{where}: too few {of} for {', '.join(wanted)}: {few(poor)}; add some, leave the class out, or give the "
            "splits"
        )

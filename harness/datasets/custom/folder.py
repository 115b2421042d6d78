"""The folder: one folder of images per class, perhaps with `train`, `val` and `test` above them."""

from pathlib import Path

import polars as pl

from fuseboard.harness.datasets import image_files
from fuseboard.harness.datasets.custom import split_names
from fuseboard.harness.datasets.image_files import ENDINGS
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import UsageError


def read(root: Path) -> tuple[pl.DataFrame, list[str]]:
    """Returns the images of a folder, and the paths of other files, which are left out.

    Returns:
        Columns path, label and, where the folders give it, split.

    Raises:
        UsageError: an image outside a class, folders of splits and of classes side by side, a class without an image;
            and as `image_files.find`.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder; `images` names it, relative to the TOML")
    images, others = image_files.find(root)
    depth = _depth_of_classes(root, images)
    parts = [path.split("/") for path in images]
    frame = pl.DataFrame(
        {"path": images, "label": [part[depth] for part in parts], "split": [part[0] for part in parts]},
        schema={"path": pl.String, "label": pl.String, "split": pl.String},
    )
    classes = {path.split("/")[depth] for path in others if path.count("/") > depth}
    if (empty := classes - set(frame["label"])) or not images:
        named = image_files.few(str(root / name) for name in sorted(empty) or [""])
        raise UsageError(f"{named}: no image there; looked for {', '.join(sorted(ENDINGS))}")
    return (frame if depth else frame.drop("split")), others


def _depth_of_classes(root: Path, images: list[str]) -> int:
    """0 where the topmost folders are classes, 1 where they are splits."""
    tops = {path.partition("/")[0] for path in images if "/" in path}
    depth = int(bool(tops & set(SPLITS)))
    asked = split_names.misspelt if depth else split_names.meant  # beside classes alone, `vals` may be one
    strange = {top: said for top in sorted(tops - set(SPLITS)) if (said := asked(top))}
    if strange and (depth or (len(strange) > 1 and set(strange) == tops)):
        renamed = ", ".join(f"{said} by {top!r}" for top, said in strange.items())
        raise UsageError(
            f"{root}: {' and '.join(map(repr, strange))} {'are no splits' if len(strange) > 1 else 'is no split'}; did "
            f"you mean {renamed}? Rename the folder: splits are {', '.join(SPLITS)}"
        )
    if depth and (others := tops - set(SPLITS)):
        named = image_files.few(map(repr, sorted(others)))
        raise UsageError(
            f"{root}: {named} beside {min(tops & set(SPLITS))!r}; make folders of splits ({', '.join(SPLITS)}) with "
            "the classes in them, or of classes alone"
        )
    if loose := [path for path in images if path.count("/") <= depth]:
        where = image_files.few(str(root / path) for path in sorted(loose))
        raise UsageError(
            f"{where}: in no folder of a class; make one folder per class, or list images and labels in a CSV"
        )
    return depth

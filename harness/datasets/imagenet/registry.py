"""Which copy of ImageNet is read: a folder of one's own, or the Hub's repository."""

import os
from pathlib import Path

from fuseboard.harness.datasets.imagenet.official import ImageNet
from fuseboard.store.errors import UsageError
from fuseboard.store.files.literal_path import has_pattern


def get() -> ImageNet:
    """From `$IMAGENET_ROOT` where it is set, else from the Hub; nothing is read or downloaded yet.

    Raises:
        UsageError: the folder has neither `train` nor Parquet files, or Parquet files under a name that is a pattern.
    """
    from fuseboard.harness.datasets.imagenet.image_folder import Tree
    from fuseboard.harness.datasets.imagenet.parquet import REPOSITORY, REVISION, Parquet

    value = os.environ.get("IMAGENET_ROOT")
    if not value:
        return Parquet(REPOSITORY, REVISION)
    root = Path(value).expanduser()
    for place in (root, root / "ILSVRC" / "Data" / "CLS-LOC"):
        if (place / "train").is_dir():
            return Tree(place, root)
    if any(root.glob("**/*.parquet")):
        if has_pattern(root.resolve()):
            raise UsageError(
                f"IMAGENET_ROOT={root}: `datasets`, which reads these Parquet files, takes * ? [ in a path for a "
                "pattern; rename the folder"
            )
        return Parquet(str(root), None)
    raise UsageError(
        f"IMAGENET_ROOT={root}: neither train/ nor Parquet files are there; have train/n01440764/….JPEG and val/, or a "
        "download of the Hub's repository"
    )

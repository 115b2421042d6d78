"""Where the store is on this machine."""

import os
from pathlib import Path

import platformdirs

from fuseboard.store.errors import UsageError
from fuseboard.store.files.names import refuse_other_than_utf8

INSIDE = ("embeddings", "results", "similarity", "intervals", "images", "splits", "locks", "incoming", "studies")
"""Folders of a store in which no other store can be meant."""


def store_root(option: Path | None = None) -> Path:
    """Returns the store's folder: the option, else `$FUSEBOARD_STORE`, else the user's cache directory.

    Raises:
        UsageError: its path is not UTF-8, is no folder's, or leads into a store instead of to it.
    """
    named = option or os.environ.get("FUSEBOARD_STORE")
    try:
        root = Path(named).expanduser().absolute() if named else Path(platformdirs.user_cache_dir("fuseboard"))
    except RuntimeError as error:
        raise UsageError(f"{named}: no home folder of that name; write the path of the store out") from error
    refuse_other_than_utf8(root)
    for place in (root, *root.parents):
        if place.exists() and not place.is_dir():
            what = "it" if place == root else root
            raise UsageError(
                f"{place} is no folder, so {what} is no store; give the folder of one, or of one to be made"
            )
    for place in (real := root.resolve(), *real.parents):
        if place.name in INSIDE and next(place.parent.glob("embeddings/*/*/manifest.json"), None):
            raise UsageError(f"{root} lies in a store; give the store itself: {place.parent}")
    return root

"""Where the store is on this machine."""

import os
from pathlib import Path

import platformdirs

from fuseboard.store.errors import UsageError
from fuseboard.store.files.names import refuse_other_than_utf8


def store_root(option: Path | None = None) -> Path:
    """Returns the store's folder: the option, else `$FUSEBOARD_STORE`, else the user's cache directory.

    Raises:
        UsageError: its path is not UTF-8, is no folder's, or leads into a store instead of to it.
    """
    named = option or os.environ.get("FUSEBOARD_STORE")
    root = Path(named).expanduser().absolute() if named else Path(platformdirs.user_cache_dir("fuseboard"))
    refuse_other_than_utf8(root)
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is no folder, so it is no store; give the folder of one, or of one to be made")
    if root.name == "embeddings" and next(root.glob("*/*/manifest.json"), None):
        raise UsageError(f"{root} lies in a store; give the store itself: {root.parent}")
    return root

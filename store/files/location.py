"""Where the store is on this machine."""

import os
from pathlib import Path

import platformdirs

from fuseboard.store.files.names import refuse_other_than_utf8


def store_root(option: Path | None = None) -> Path:
    """Returns the store's folder: the option, else `$FUSEBOARD_STORE`, else the user's cache directory.

    Raises:
        UsageError: its path is not UTF-8.
    """
    named = option or os.environ.get("FUSEBOARD_STORE")
    root = Path(named).expanduser().absolute() if named else Path(platformdirs.user_cache_dir("fuseboard"))
    refuse_other_than_utf8(root)
    return root

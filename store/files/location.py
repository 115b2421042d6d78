"""Where the store is on this machine."""

import os
from pathlib import Path

import platformdirs


def store_root(option: Path | None = None) -> Path:
    """Returns the store's folder: the option, else `$FUSEBOARD_STORE`, else the user's cache directory."""
    if option is not None:
        return option.expanduser().absolute()
    if named := os.environ.get("FUSEBOARD_STORE"):
        return Path(named).expanduser().absolute()
    return Path(platformdirs.user_cache_dir("fuseboard"))

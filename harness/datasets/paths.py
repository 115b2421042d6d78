"""The place of downloaded images on this machine; a file of its own, for who asks for nothing else."""

import os
from pathlib import Path


def root() -> Path:
    """Returns `$MEDMNIST_ROOT`, else the default folder of the package `medmnist`."""
    return Path(os.environ.get("MEDMNIST_ROOT") or "~/.medmnist").expanduser()

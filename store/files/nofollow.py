"""A plain file of somebody else: opened so that no link is followed, and no pipe or device waited for."""

import os
from pathlib import Path
from typing import BinaryIO

FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def opened(path: Path) -> BinaryIO:
    """Returns the file, whose kind is still to be judged by what was opened; raises OSError where it is a link."""
    return open(os.open(path, FLAGS), "rb")

"""Children: processes that this one starts afresh, since CUDA and threads do not survive a fork."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def starting() -> Iterator[None]:
    """Has children that start meanwhile import nothing of the working directory, as with `python -P`, nor the script.

    Python would run a script once more in every child, whatever stands in it outside of `if __name__ == "__main__"`.
    """
    before, main = os.environ.get("PYTHONSAFEPATH"), sys.modules["__main__"]
    os.environ["PYTHONSAFEPATH"] = "1"
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        del os.environ["PYTHONSAFEPATH"]
        if before is not None:
            os.environ["PYTHONSAFEPATH"] = before

"""What only a GPU can tell, held against the same library on the same card. `run.sh` runs it all and prints a table.

`FUSEBOARD_TEST_DEVICE=cpu` has the very same tests run on the processor: they are written, and mended, without a card.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.harness.conftest import small_store as small_store


@pytest.fixture
def store(small_store: Path, tmp_path: Path) -> Path:
    """A copy of the small store to write to."""
    return Path(shutil.copytree(small_store, tmp_path / "store"))


@pytest.fixture(scope="session")
def device() -> str:
    """The device that the tests are about."""
    found = os.environ.get("FUSEBOARD_TEST_DEVICE", "cuda")
    torch = pytest.importorskip("torch")
    if found != "cpu" and not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    return found

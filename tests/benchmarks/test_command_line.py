"""The command line starts in a small multiple of Python's own start."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "share"), [(["--help"], 0.05), (["store", "list"], 0.03)], ids=["help", "store list"]
)
def test_start(arguments: list[str], share: float, tmp_path: Path, ratio: Callable[..., float]) -> None:
    def run(*command: str) -> None:
        subprocess.run([sys.executable, *command], cwd=REPOSITORY, capture_output=True, check=True)

    store = ["--store", str(tmp_path)] if arguments[0] == "store" else []
    found = ratio(ours=lambda: run("-m", "fuseboard", *arguments, *store), peer=lambda: run("-c", "import typer"))
    assert found > share

"""`fuseboard store import`: what it prints, and how it fails."""

from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from fuseboard.store.cli import commands
from fuseboard.store.errors import FuseboardError
from tests.store.vectors.people import Card, Images, vectors

CLI = commands(lambda name: Images(), dict, lambda name: "own", lambda name: Card())  # type: ignore[arg-type]


def run(tmp_path: Path, *more: str) -> Any:
    asked = ["import", str(tmp_path / "beta.npz"), "--card", "beta", "-d", "lesions", "--store", str(tmp_path / "s")]
    return CliRunner().invoke(CLI, [*asked, *more])


def test_it_says_what_was_joined_and_how(tmp_path: Path) -> None:
    np.savez(tmp_path / "beta.npz", features=vectors("val"), paths=Images().paths("val"))
    done = run(tmp_path)
    assert done.exit_code == 0
    assert done.stdout.startswith("beta@")
    assert done.stdout.endswith(": lesions val\n")
    assert "val: 10 rows; rows joined by path" in done.stderr
    assert run(tmp_path).stdout.endswith(": lesions val, nothing new\n")


def test_it_fails_with_a_line(tmp_path: Path) -> None:
    np.savez(tmp_path / "beta.npz", cls=vectors("val"), path=Images().paths("val"))
    done = run(tmp_path, "--vectors", "mean")
    assert isinstance(done.exception, FuseboardError)
    assert "unknown array 'mean'" in str(done.exception)
    assert run(tmp_path, "--split", "holdout").exit_code == 2

"""A cluster that loses a worker goes on; one that loses its scheduler ends in one line."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from fuseboard.harness.runtime import executor
from fuseboard.store.errors import FuseboardError
from tests.harness.dask_cluster import dask_cluster

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


def total(array: np.ndarray, marker: str, number: int) -> float:
    """The sum; the first call of all kills its process, as the system does when memory runs out."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return float(array.sum()) + number
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def slow(number: int) -> int:
    time.sleep(0.3)
    return number


def test_a_killed_worker_loses_neither_blocks_nor_jobs(tmp_path: Path) -> None:
    blocks = [np.full(1000, float(value)) for value in range(4)]
    jobs = [(block, str(tmp_path / "killed"), number) for number, block in enumerate(blocks * 2)]
    with dask_cluster(tmp_path) as (address, _):
        answers = dict(executor.run(total, jobs, None, address))
    assert (tmp_path / "killed").exists()
    assert answers == {number: 1000.0 * (number % 4) + number for number in range(8)}


def test_a_scheduler_that_goes_away_is_named(tmp_path: Path) -> None:
    with dask_cluster(tmp_path) as (address, process):
        answers = executor.run(slow, [(number,) for number in range(40)], None, address)
        next(answers)
        process.kill()
        with pytest.raises(FuseboardError, match="went away: start it again"):
            list(answers)

"""A cluster that loses a worker goes on; one that loses its scheduler ends in one line."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import cluster
from store.errors import FuseboardError

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@pytest.fixture
def local() -> Iterator[Any]:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as started:
        yield started


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


def test_a_killed_worker_loses_neither_blocks_nor_jobs(local: Any, tmp_path: Path) -> None:
    blocks = [np.full(1000, float(value)) for value in range(4)]
    jobs = [(block, str(tmp_path / "killed"), number) for number, block in enumerate(blocks * 2)]
    answers = dict(cluster.run(total, jobs, None, local.scheduler_address))
    assert (tmp_path / "killed").exists()
    assert answers == {number: 1000.0 * (number % 4) + number for number in range(8)}


def test_a_scheduler_that_goes_away_is_named(local: Any) -> None:
    answers = cluster.run(slow, [(number,) for number in range(40)], None, local.scheduler_address)
    next(answers)
    local.close()
    with pytest.raises(FuseboardError, match="went away: start it again"):
        list(answers)
